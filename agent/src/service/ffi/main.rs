//! Where the service control manager enters the program.

use std::{ffi::OsString, io};

use windows_service::{define_windows_service, service_dispatcher};

use crate::service::{NAME, run::service_main};

define_windows_service!(ffi_service_main, entered);

fn entered(_arguments: Vec<OsString>) {
    service_main();
}

/// Hands this thread to the service control manager until the service has stopped.
///
/// # Errors
/// When this process was not started by the service control manager.
pub(in crate::service) fn dispatch() -> io::Result<()> {
    service_dispatcher::start(NAME, ffi_service_main).map_err(|error| match error {
        windows_service::Error::Winapi(error) => error,
        other => io::Error::other(other),
    })
}
