//! epmesh coordinator.

pub mod pki;
pub mod store;
