//! The epmesh coordinator and the operator's command line.

pub mod alert;
pub mod cli;
pub mod clock;
pub mod config;
mod crypto;
pub mod fleet;
pub mod incident;
pub mod ingest;
pub mod pki;
pub mod plan;
pub mod query;
pub mod serve;
pub mod store;
