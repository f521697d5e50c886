//! epmesh coordinator.

pub mod alert;
pub mod clock;
pub mod config;
pub mod fleet;
pub mod ingest;
pub mod pki;
pub mod plan;
pub mod serve;
pub mod store;
