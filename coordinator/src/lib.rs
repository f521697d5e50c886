//! epmesh coordinator.

pub mod alert;
pub mod clock;
pub mod store;
