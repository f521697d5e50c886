//! A domain controller's own copy of the directory, as far as it tells of this domain controller
//! and its forest: the same questions on every platform, over whichever connection to the directory
//! the platform has.

mod accounts;
pub mod ask;
pub mod dn;
mod objects;
mod origins;
mod own;
pub mod repsfrom;
mod section;
mod wanted;
mod zones;

pub use self::{
    ask::{Ask, DirectoryError, Entry},
    objects::{Settings, Whoami, neighbours, settings, whoami},
    origins::origins,
    own::{Own, own},
    section::section,
};
