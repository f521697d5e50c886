//! The entry of the service control manager into the program.

use std::{ffi::OsString, io, sync::OnceLock};

use windows_service::{define_windows_service, service_dispatcher};

/// What the service control manager enters: it hands over no argument of ours.
static ENTERED: OnceLock<fn()> = OnceLock::new();

define_windows_service!(ffi_service_main, entered);

fn entered(_arguments: Vec<OsString>) {
    if let Some(service_main) = ENTERED.get() {
        service_main();
    }
}

/// Hands this thread to the service control manager until the service `name` has stopped. `service_main` is
/// called on a thread of its own.
///
/// # Errors
/// When this process was not started by the service control manager.
pub fn dispatch(name: &str, service_main: fn()) -> io::Result<()> {
    ENTERED.get_or_init(|| service_main);
    service_dispatcher::start(name, ffi_service_main).map_err(|error| match error {
        windows_service::Error::Winapi(error) => error,
        other => io::Error::other(other),
    })
}
