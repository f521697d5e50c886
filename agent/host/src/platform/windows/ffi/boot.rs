//! The time since this host was started, and the mode in which it was.

use std::time::Duration;

use windows_sys::Win32::{
    System::SystemInformation::GetTickCount64,
    UI::WindowsAndMessaging::{GetSystemMetrics, SM_CLEANBOOT},
};

/// The time since this host was started.
pub(in super::super) fn uptime() -> Duration {
    // SAFETY: the call takes nothing and cannot fail.
    Duration::from_millis(unsafe { GetTickCount64() })
}

/// The way this host was started (`SM_CLEANBOOT`): 0 normal, 1 fail-safe, 2 fail-safe with network.
pub(in super::super) fn clean_boot() -> i32 {
    // SAFETY: the call takes a number alone and cannot fail for this one.
    unsafe { GetSystemMetrics(SM_CLEANBOOT) }
}
