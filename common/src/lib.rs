//! The judgement of epmesh on facts: the diagnosis of one link, and the incidents of a fleet.
//!
//! Nothing in this crate opens a socket, reads a clock or asks which platform it runs on. Time
//! comes in as an argument and bytes come in as slices.
//!
//! The crates below this one stand in folders beside `src`, and are given out under these names too.

pub mod diagnosis;
pub mod incident;

pub use epmesh_config as config;
pub use epmesh_facts::{self as facts, error, shared};
pub use epmesh_identity as identity;
pub use epmesh_reports as reports;
pub use epmesh_rpc as rpc;
pub use epmesh_windows as windows;
pub use epmesh_wire as wire;
