//! The own host behind one trait; each platform is a folder.

pub mod contract;
pub mod directory;
pub mod name_cache;
pub mod not_readable;
pub mod port_use;
#[cfg(target_os = "linux")]
pub mod samba;
pub mod sections;
pub mod windows;

pub use self::{
    contract::{AGENT_VERSION, Platform, SECTION_TIMEOUT, unnamed, unreadable},
    name_cache::NameCache,
    sections::read_all,
};
