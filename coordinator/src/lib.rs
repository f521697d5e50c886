//! The epmesh coordinator and the operator's command line.

pub mod alert;
pub mod cli;
pub mod clock;
pub mod fleet;
pub mod plan;
pub mod query;
pub mod store;
