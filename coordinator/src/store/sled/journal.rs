//! The journal: where a transaction is durable first.
//!
//! One append-only file. It begins with a copy of the ledger areas as they were when it was made,
//! and goes on with every transaction committed since. It is replaced as a whole (see
//! [`Journal::create`]) once the database has flushed what the old one held.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::frame::{self, Found, Frame};
use crate::store::contract::Versioned;
use crate::store::disk;
use crate::store::error::StoreError;
use crate::store::key::Key;

const MAGIC: &[u8; 8] = b"epmjnl\x01\n";

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// Where the next frame goes.
    length: u64,
    /// Where the transactions begin.
    ledger_length: u64,
    /// Set when the file's end could not be restored after a failed write, or its name could not
    /// be made durable: nothing may be appended any more.
    broken: bool,
}

/// The content of a journal.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The frames, in order, up to the first that is not whole.
    pub(super) frames: Vec<Frame>,
    /// Bytes behind them that could not be used.
    pub(super) discarded: u64,
    /// Whether those bytes are more than what a crash while writing explains.
    pub(super) damaged: bool,
}

impl Contents {
    /// The latest revision mentioned.
    pub(super) fn revision(&self) -> u64 {
        let revision = |frame: &Frame| match frame {
            Frame::Base { revision }
            | Frame::Entry { revision, .. }
            | Frame::Transaction { revision, .. } => *revision,
        };
        self.frames.iter().map(revision).max().unwrap_or_default()
    }

    /// The number of frames that are transactions.
    pub(super) fn transactions(&self) -> usize {
        self.frames.iter().filter(|frame| matches!(frame, Frame::Transaction { .. })).count()
    }
}

impl Journal {
    /// Reads the file at `path`; nothing is in it when it is not there.
    pub(super) fn read(path: &Path) -> Result<Contents, StoreError> {
        let mut bytes = Vec::new();
        match File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
            Err(error) => return Err(StoreError::io("reading", path, error)),
            Ok(_) => {}
        }
        let mut contents = Contents::default();
        let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
            // A journal gets its name when it is complete: this was never cut short.
            contents.discarded = bytes.len() as u64;
            contents.damaged = true;
            return Ok(contents);
        };
        loop {
            match frame::take(rest) {
                Found::Frame(frame, length) => {
                    contents.frames.push(frame);
                    rest = rest.split_at_checked(length).map_or(&[], |(_, behind)| behind);
                }
                Found::End => return Ok(contents),
                end @ (Found::Torn | Found::Damaged) => {
                    contents.discarded = rest.len() as u64;
                    contents.damaged = end == Found::Damaged || contents.frames.is_empty();
                    return Ok(contents);
                }
            }
        }
    }

    /// Replaces the file at `path` by one that holds `ledger` and no transaction. After a crash
    /// the old one or the new one is there, whole.
    pub(super) fn create(
        path: &Path,
        revision: u64,
        ledger: &[(Key, Versioned)],
    ) -> Result<Self, StoreError> {
        let failed = |error| StoreError::io("writing", path, error);
        let temporary = path.with_extension("new");
        let mut bytes = MAGIC.to_vec();
        frame::put_base(&mut bytes, revision);
        for (key, entry) in ledger {
            frame::put_entry(&mut bytes, entry.revision, key, &entry.value);
        }
        disk::remove_if_there(&temporary).map_err(failed)?;
        let mut file = disk::private_file().create_new(true).open(&temporary).map_err(failed)?;
        let written = file
            .write_all(&bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&temporary, path));
        if let Err(error) = written {
            // The first error is the one to report, and the space is needed.
            let _ = fs::remove_file(&temporary);
            return Err(failed(error));
        }
        // From here on the new file is the journal, whatever happens: the old one has no name.
        let broken = path.parent().map_or(Ok(()), disk::sync_directory).is_err();
        let length = bytes.len() as u64;
        Ok(Self { file, path: path.to_path_buf(), length, ledger_length: length, broken })
    }

    /// Appends frames; they are durable when it returns.
    ///
    /// # Errors
    ///
    /// After [`StoreError::OutcomeUnknown`] the journal is broken; after every other error it is
    /// as it was before.
    pub(super) fn append(&mut self, frames: &[u8]) -> Result<(), StoreError> {
        if let Err(error) = self.file.write_all(frames).and_then(|()| self.file.sync_data()) {
            return Err(self.take_back(error));
        }
        self.length = self.length.saturating_add(frames.len() as u64);
        Ok(())
    }

    fn take_back(&mut self, error: io::Error) -> StoreError {
        const OPERATION: &str = "writing the journal";
        let restored = self
            .file
            .set_len(self.length)
            .and_then(|()| self.file.seek(SeekFrom::Start(self.length)))
            .and_then(|_| self.file.sync_all());
        if restored.is_ok() {
            return StoreError::io(OPERATION, &self.path, error);
        }
        self.broken = true;
        StoreError::OutcomeUnknown { operation: OPERATION, source: error.into() }
    }

    /// Whether it must be replaced before anything is appended.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Bytes of transactions, and bytes of the ledger in front of them.
    pub(super) fn sizes(&self) -> (u64, u64) {
        (self.length.saturating_sub(self.ledger_length), self.ledger_length)
    }
}
