//! A Windows domain controller.
//!
//! What is made of registry values, command output, event XML and files is a function over them, in
//! a file of its own, built and tested on every system. Only `Windows` and the calls into Windows
//! below it are built for Windows alone.

pub mod cached;
pub mod dfsr_config;
pub mod event_log;
pub mod event_watch;
pub mod event_xml;
#[cfg(windows)]
mod ffi;
pub mod filters;
pub mod host;
pub mod keys;
#[cfg(windows)]
mod live;
pub mod local_map;
pub mod names;
pub mod near_miss;
pub mod net_setting;
pub mod netlogon_dns;
pub mod netsh;
pub mod own_directory;
pub mod processes;
pub mod reading_cache;
#[cfg(test)]
pub mod reg_export;
pub mod registry;
pub mod rpc_settings;
pub mod services;
#[cfg(test)]
mod tests;
pub mod typed;
pub mod watched_events;

#[cfg(windows)]
pub use self::live::{Windows, WindowsSettings};
