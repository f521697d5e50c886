//! epmesh-agent.
fn main() {}
