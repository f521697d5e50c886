//! Space on the disk that is kept for sled.
//!
//! sled does not survive a full disk: after a failed write it accepts nothing any more, and
//! closing it can wait for ever. So it must never meet one. A file keeps some space occupied; when
//! the disk is found full, the file goes, and what sled has not written yet goes in its place.
//! Then nothing is committed until the file could be made again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::store::disk;
use crate::store::error::StoreError;

/// sled may write this many times the bytes of a transaction (whole pages, indexes).
const AMPLIFICATION: u64 = 16;

/// The reserve of a store.
#[derive(Debug)]
pub(super) struct Reserve {
    directory: PathBuf,
    bytes: u64,
    held: bool,
    /// Bytes of transactions that may be committed before the disk is looked at again.
    credit: u64,
}

impl Reserve {
    /// A reserve of so many bytes in `directory`; made by [`Reserve::ensure`].
    pub(super) fn new(directory: &Path, bytes: u64) -> Self {
        Self { directory: directory.to_path_buf(), bytes, held: false, credit: 0 }
    }

    /// Sees to it that the reserve is there, and that beyond it there is space for what sled will
    /// write before this is asked for again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] when there is not.
    pub(super) fn ensure(&mut self) -> Result<(), StoreError> {
        let reserve = self.path();
        if !self.held {
            let there = fs::metadata(&reserve).is_ok_and(|file| file.len() == self.bytes);
            if !there {
                fill(&reserve, self.bytes)?;
            }
            self.held = true;
            self.credit = 0;
        }
        if self.credit == 0 {
            self.probe(self.bytes)?;
            self.credit = self.bytes / AMPLIFICATION;
        }
        Ok(())
    }

    /// Whether so many bytes could be written now.
    pub(super) fn probe(&self, bytes: u64) -> Result<(), StoreError> {
        let path = self.directory.join("reserve.probe");
        fill(&path, bytes)?;
        disk::remove_if_there(&path)
            .map_err(|error| StoreError::io("looking for space", path, error))
    }

    /// Counts what was committed.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.credit = self.credit.saturating_sub(bytes as u64);
    }

    /// Gives the space free for sled.
    pub(super) fn release(&mut self) {
        self.held = false;
        if let Err(error) = disk::remove_if_there(&self.path()) {
            tracing::warn!(%error, "the reserve cannot be removed");
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.join("reserve")
    }
}

/// Makes a file that really takes so many bytes, or none.
fn fill(path: &Path, bytes: u64) -> Result<(), StoreError> {
    let written = write_noise(path, bytes);
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(path);
    }
    written.map_err(|error| StoreError::io("looking for space", path, error))
}

fn write_noise(path: &Path, bytes: u64) -> io::Result<()> {
    disk::remove_if_there(path)?;
    let mut file = disk::private_file().create_new(true).open(path)?;
    // Nothing a file system could compress (xorshift64).
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let block: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .take(16 * 1024)
    .flatten()
    .collect();
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
    while left > 0 {
        let (part, _) = block.split_at_checked(left).unwrap_or((&block, &[]));
        file.write_all(part)?;
        left -= part.len();
    }
    Ok(())
}
