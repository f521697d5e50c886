//! epmesh coordinator.

pub mod clock;
pub mod fleet;
pub mod plan;
pub mod store;
