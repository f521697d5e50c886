//! The engine for one coordinator on its own disk: sled behind a journal.
//!
//! sled keeps the index and answers reads. It is not what makes a commit durable: a journal of our
//! own is, a file so simple that a torn or damaged one can be told from a whole one. See
//! `engine.rs` for the order of things. Compared with flushing sled for every commit this costs
//! one sync instead of several; sled's reordering of unflushed writes and its half-written
//! snapshots cannot lose anything acknowledged; the ledger is there twice without a second write
//! path; and a full disk shows at the journal, where a write can be taken back.
//!
//! In the directory: `lock`, `sled/`, `journal`, `reserve`; besides them what was set aside
//! (`sled.corrupt-TIME/`, `journal.damaged-TIME`), which is never deleted, and for moments
//! `journal.new`, `reserve.probe`, `sled.fresh/`, `sled.replaced/`.

mod database;
mod engine;
mod frame;
mod journal;
mod options;
mod recovery;
mod replay;
mod reserve;
mod store;
#[cfg(test)]
mod tests;

pub use self::options::SledOptions;
pub(super) use self::options::TRACES;
pub use self::store::SledStore;
