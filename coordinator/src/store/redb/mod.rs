//! The second engine for one coordinator on its own disk: redb, one file.
//!
//! redb makes a commit durable by itself: it writes the pages of a transaction beside those that are
//! in force, syncs, and then lets the file's header point to them ([`Durability::Immediate`]). So there
//! is no journal of ours in front of it, and no space has to be kept free for it: a commit that finds
//! the disk full leaves the file as it was. The other side of that is that every record is there once.
//! A damaged file is therefore never set aside and begun anew, as the sled engine does: it is refused,
//! and the error says what to do.
//!
//! In the directory: `lock`, `coordinator.redb`, and while a file is made `coordinator.redb.new`.
//!
//! [`Durability::Immediate`]: https://docs.rs/redb/4.6.0/redb/enum.Durability.html

mod database;
mod engine;
mod options;
mod store;
#[cfg(test)]
mod tests;

pub(super) use self::options::FILE;
pub use self::{options::RedbOptions, store::RedbStore};
