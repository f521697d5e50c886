//! A domain controller's own copy of the directory, as far as it tells of this domain controller
//! and its forest: the same questions on every platform, over whichever connection to the directory
//! the platform has.

pub mod ask;
pub mod dn;
mod objects;
mod own;
pub mod repsfrom;
mod section;

pub use self::{
    ask::{Ask, DirectoryError, Entry},
    objects::{Settings, Whoami, neighbours, settings, whoami},
    own::{Own, own},
    section::section,
};
