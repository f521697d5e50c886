//! The gRPC protocol between agents, coordinators and the command line, package `epmesh.v1`.
//!
//! Everything here is generated at build time from `epmesh/v1/*.proto` by protox, so no `protoc`
//! is needed. These types stop at the gRPC edge; `epmesh_common::wire` turns them into the
//! vocabulary the rest of the code speaks.

/// Package `epmesh.v1`.
#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated code; the .proto files carry the documentation"
)]
pub mod v1 {
    tonic::include_proto!("epmesh.v1");
}
