//! What verdicts say: remedies, ruled-out causes, and the names they use.

mod directory;
mod further;
pub(super) mod join;
mod names;
mod network;
mod ports;
mod records;
mod remedy;
mod ruled_out;
mod service;
mod settings;

use std::borrow::Cow;

use epmesh_rpc::{InterfaceId, names as known, windows_error as errors};

use super::WindowsError;

pub(super) use self::{remedy::remedy, ruled_out::ruled_out};

/// The name of an interface, or its UUID and version.
pub(super) fn interface_name(interface: InterfaceId) -> Cow<'static, str> {
    known::label(interface)
}

/// The symbolic name of a Windows error.
pub(super) fn windows_error(code: i64) -> WindowsError {
    WindowsError { code, name: errors::symbol(code).unwrap_or("").into() }
}
