//! DCE/RPC over a stream: a conversation with a server, and the walk through an endpoint map.

pub mod association;
pub mod endpoint_map;
pub mod errors;
pub mod read_into;
