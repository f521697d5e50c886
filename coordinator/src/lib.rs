//! epmesh coordinator.

pub mod store;
