//! What epmesh knows, apart from how it gets it: the DCE/RPC endpoint-mapper codec, the identity
//! codecs, the domain model and the diagnosis.
//!
//! Nothing in this crate opens a socket, reads a clock or asks which platform it runs on. Time
//! comes in as an argument and bytes come in as slices.

pub mod config;
pub mod diagnosis;
pub mod error;
pub mod facts;
pub mod identity;
pub mod incident;
pub mod reports;
pub mod rpc;
pub mod scenario;
pub mod shared;
pub mod windows;
pub mod wire;
