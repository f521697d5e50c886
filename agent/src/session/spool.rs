//! Reports wait here until a coordinator has them: on disk, bounded, oldest out first.
//!
//! One file a report, `NUMBER.report`: a line with the SHA-256 of the rest in hex, then the report
//! as JSON. It is written beside, flushed, renamed, and the folder flushed: after a crash it is
//! there whole or not at all, and one that is not whole is skipped and said. `NUMBER.mark` keeps the
//! last number while no report waits. While the disk cannot be written, some reports wait in memory.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use epmesh_common::facts::{Report, Statement, Timestamp};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::files;

/// The bounds of a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Bytes of all files together.
    pub bytes: u64,
    /// Files.
    pub reports: usize,
    /// Reports that wait in memory while the disk cannot be written.
    pub in_memory: usize,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self { bytes: 32 << 20, reports: 10_000, in_memory: 64 }
    }
}

/// The spool cannot be used at all.
#[derive(Debug, Error)]
#[error("could not open the spool {}", directory.display())]
pub struct SpoolError {
    /// Its folder.
    pub directory: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Where a waiting report is.
#[derive(Debug)]
enum Waiting {
    Disk { bytes: u64 },
    Memory(Box<Report>),
}

/// The spool. Every method but [`Spool::len`] may block on the disk.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    limits: SpoolLimits,
    waiting: BTreeMap<u64, Waiting>,
    bytes: u64,
    next: u64,
    mark: Option<u64>,
    dropped: u64,
    notes: Vec<String>,
    disk_failed: bool,
}

/// The most notes that one report carries from here.
const MAX_NOTES: usize = 32;

impl Spool {
    /// Opens the spool in `directory`, which is made when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made or listed.
    pub fn open(directory: &Path, limits: SpoolLimits) -> Result<Self, SpoolError> {
        let fail = |source| SpoolError { directory: directory.to_owned(), source };
        files::private_dir(directory).map_err(fail)?;
        let mut spool = Self {
            directory: directory.to_owned(),
            limits,
            waiting: BTreeMap::new(),
            bytes: 0,
            next: 1,
            mark: None,
            dropped: 0,
            notes: Vec::new(),
            disk_failed: false,
        };
        for entry in fs::read_dir(directory).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name();
            let Some((number, kind)) = name.to_str().and_then(|name| name.split_once('.')) else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else { continue };
            match kind {
                "report" => {
                    let bytes = entry.metadata().map_err(fail)?.len();
                    spool.bytes += bytes;
                    spool.waiting.insert(number, Waiting::Disk { bytes });
                }
                "mark" => spool.mark = spool.mark.max(Some(number)),
                // The beginning of a file whose writing was cut short.
                _ => {
                    let _ = fs::remove_file(entry.path());
                    continue;
                }
            }
            spool.next = spool.next.max(number.saturating_add(1));
        }
        if let Some(newest) = spool.waiting.keys().next_back().copied() {
            spool.dropped = spool.read(newest).map_or(0, |report| report.dropped);
        }
        spool.shrink();
        Ok(spool)
    }

    /// How many reports wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether no report waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The bytes of all files.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many reports were dropped because the spool was full.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Makes the statements a report, numbers it and keeps it; the number.
    ///
    /// This does not fail: when the disk cannot be written the report waits in memory, and the
    /// next one says so.
    pub fn push(&mut self, at: Timestamp, statements: Vec<Statement>, notes: Vec<String>) -> u64 {
        let sequence = self.next;
        self.next = self.next.saturating_add(1);
        let mut all = std::mem::take(&mut self.notes);
        all.extend(notes);
        all.truncate(MAX_NOTES);
        let report = Report { sequence, at, statements, dropped: self.dropped, notes: all };
        self.save_memory();
        match self.write(&report) {
            Ok(bytes) => {
                self.bytes += bytes;
                self.waiting.insert(sequence, Waiting::Disk { bytes });
                if self.disk_failed {
                    self.disk_failed = false;
                    tracing::info!("the spool can be written again");
                }
            }
            Err(error) => {
                self.waiting.insert(sequence, Waiting::Memory(Box::new(report)));
                self.say_disk_failed(&error);
            }
        }
        self.shrink();
        sequence
    }

    /// The oldest report with a number above `sequence`; one that cannot be read is dropped, and
    /// the next report says so.
    pub fn after(&mut self, sequence: u64) -> Option<Report> {
        loop {
            let from = sequence.checked_add(1)?;
            let (number, waiting) = self.waiting.range(from..).next()?;
            let number = *number;
            if let Waiting::Memory(report) = waiting {
                return Some((**report).clone());
            }
            if let Some(report) = self.read(number) {
                return Some(report);
            }
            tracing::warn!(report = number, "a spooled report is damaged and is skipped");
            self.note(format!("report {number} was damaged on disk and is lost"));
            self.remove(number);
        }
    }

    /// Forgets the report `sequence` and all before it: a coordinator has them.
    pub fn acknowledge(&mut self, sequence: u64) {
        let done: Vec<u64> = self.waiting.range(..=sequence).map(|(number, _)| *number).collect();
        let Some(last) = done.last().copied() else { return };
        if self.waiting.len() == done.len() {
            // Before the last file goes, so that its number is never given out again.
            let made = files::write_private(&self.directory.join(format!("{last:020}.mark")), b"");
            if made.is_ok()
                && let Some(old) = self.mark.replace(last)
                && old != last
            {
                let _ = fs::remove_file(self.directory.join(format!("{old:020}.mark")));
            }
        }
        for number in done {
            self.remove(number);
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:020}.report"))
    }

    fn write(&self, report: &Report) -> io::Result<u64> {
        let body = serde_json::to_vec(report).map_err(io::Error::other)?;
        let mut bytes = hex(&Sha256::digest(&body)).into_bytes();
        bytes.push(b'\n');
        bytes.extend(body);
        files::write_private(&self.path(report.sequence), &bytes)?;
        Ok(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
    }

    fn read(&self, number: u64) -> Option<Report> {
        let bytes = fs::read(self.path(number)).ok()?;
        let (sum, rest) = bytes.split_at_checked(64)?;
        let body = rest.strip_prefix(b"\n")?;
        if hex(&Sha256::digest(body)).as_bytes() != sum {
            return None;
        }
        serde_json::from_slice::<Report>(body).ok().filter(|report| report.sequence == number)
    }

    fn remove(&mut self, number: u64) {
        if let Some(Waiting::Disk { bytes }) = self.waiting.remove(&number) {
            self.bytes = self.bytes.saturating_sub(bytes);
            let _ = fs::remove_file(self.path(number));
        }
    }

    /// Drops the oldest until everything is within its bounds.
    fn shrink(&mut self) {
        let before = self.dropped;
        while self.bytes > self.limits.bytes || self.waiting.len() > self.limits.reports {
            let Some(oldest) = self.waiting.keys().next().copied() else { break };
            self.remove(oldest);
            self.dropped += 1;
        }
        let in_memory: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| matches!(waiting, Waiting::Memory(_)))
            .map(|(number, _)| *number)
            .collect();
        let over = in_memory.len().saturating_sub(self.limits.in_memory);
        for number in in_memory.into_iter().take(over) {
            self.remove(number);
            self.dropped += 1;
        }
        if self.dropped > before && (before == 0 || self.dropped.is_multiple_of(100)) {
            tracing::warn!(
                dropped = self.dropped,
                "the spool is full; the oldest reports are dropped"
            );
        }
    }

    /// Tries to bring to disk what waits in memory, the oldest first.
    fn save_memory(&mut self) {
        let numbers: Vec<u64> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| matches!(waiting, Waiting::Memory(_)))
            .map(|(number, _)| *number)
            .collect();
        for number in numbers {
            let Some(Waiting::Memory(report)) = self.waiting.get(&number) else { continue };
            match self.write(report) {
                Ok(bytes) => {
                    self.bytes += bytes;
                    self.waiting.insert(number, Waiting::Disk { bytes });
                }
                Err(_) => return,
            }
        }
    }

    fn say_disk_failed(&mut self, error: &io::Error) {
        // Once a failure, not once a report.
        if !self.disk_failed {
            self.disk_failed = true;
            tracing::error!(%error, directory = %self.directory.display(), "the spool cannot be written; reports wait in memory");
        }
        self.notes.clear();
        self.note(format!("the spool cannot be written: {error}; reports wait in memory"));
    }

    fn note(&mut self, text: String) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(text);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
