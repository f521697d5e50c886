//! The calls into Windows that a service needs: the event log, the service's own configuration. Everything that `windows-service` does not wrap.

#![expect(unsafe_code, reason = "these functions have no safe wrapper in windows-sys")]

pub(super) mod eventlog;
pub(super) mod main;
pub(super) mod privileges;
