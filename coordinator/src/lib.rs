//! epmesh coordinator.

pub mod alert;
pub mod clock;
pub mod fleet;
pub mod ingest;
pub mod pki;
pub mod plan;
pub mod store;
