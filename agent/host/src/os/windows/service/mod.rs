//! Calls into Windows that a service needs and that `windows-service` does not wrap: the event log, the service's
//! own configuration, where the service control manager enters.

pub mod entry;
pub mod eventlog;
pub mod privileges;
