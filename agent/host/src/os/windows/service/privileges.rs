//! The privileges that the service control manager leaves in the service's token.

use std::io;

use windows_service::service::Service;
use windows_sys::Win32::System::Services::{
    ChangeServiceConfig2W, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
    SERVICE_REQUIRED_PRIVILEGES_INFOW,
};

use super::super::text::wide;

/// Leaves the service these privileges and takes all others out of its token, from its next start
/// on (`SERVICE_REQUIRED_PRIVILEGES_INFO`).
///
/// # Errors
/// What the system says.
pub fn require(service: &Service, privileges: &[&str]) -> io::Result<()> {
    let mut list: Vec<u16> = privileges.iter().flat_map(wide).collect();
    list.push(0);
    let info = SERVICE_REQUIRED_PRIVILEGES_INFOW { pmszRequiredPrivileges: list.as_mut_ptr() };
    // SAFETY: the handle is open for as long as `service` lives; `info` is of the type that this
    // level asks for, and its list, which outlives the call, ends with two zeros.
    let done = unsafe {
        ChangeServiceConfig2W(
            service.raw_handle(),
            SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
            (&raw const info).cast(),
        )
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
