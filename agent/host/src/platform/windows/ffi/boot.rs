//! How long this host has been up, and how it was started.

use std::time::Duration;

use windows_sys::Win32::{
    System::SystemInformation::GetTickCount64,
    UI::WindowsAndMessaging::{GetSystemMetrics, SM_CLEANBOOT},
};

/// How long this host has been up.
pub(in super::super) fn uptime() -> Duration {
    // SAFETY: the call takes nothing and cannot fail.
    Duration::from_millis(unsafe { GetTickCount64() })
}

/// How it was started (`SM_CLEANBOOT`): 0 normal, 1 fail-safe, 2 fail-safe with network.
pub(in super::super) fn clean_boot() -> i32 {
    // SAFETY: the call takes a number alone and cannot fail for this one.
    unsafe { GetSystemMetrics(SM_CLEANBOOT) }
}
