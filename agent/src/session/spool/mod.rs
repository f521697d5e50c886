//! Reports wait here until a coordinator has them: on disk, bounded, oldest out first.
//!
//! One file a report, `NUMBER.report` ([`record`]). It is written beside, flushed, renamed, and the
//! folder flushed: after a crash it is there whole or not at all, and one that is not whole is
//! skipped, counted and said. The last report, once acknowledged, becomes `NUMBER.mark` until there is
//! another: the numbers and the count of what was lost go on from it, and a rename needs no room.
//! While the disk cannot be written, some reports wait in memory.
//!
//! What is lost is counted in every report from then on, also across restarts: a report that drives
//! others out carries their count with itself, and they go once it is on disk.

pub mod record;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use epmesh_agent_host::os::private_files;
use epmesh_common::facts::{Report, Statement, Timestamp};
use thiserror::Error;

/// The bounds of a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Bytes of all waiting reports on disk together.
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
        private_files::private_dir(directory).map_err(fail)?;
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
        // A mark is made when nothing before it waits: what a crash kept from going is acknowledged.
        let acknowledged: Vec<u64> = spool
            .mark
            .into_iter()
            .flat_map(|mark| spool.waiting.range(..=mark))
            .map(|(number, _)| *number)
            .collect();
        for number in acknowledged {
            spool.remove(number);
        }
        // What a crash kept the newest report from driving out is in its count already.
        let (counted, mut still_there) = spool.counted();
        spool.dropped = counted;
        for number in spool.over(0) {
            if still_there > 0 {
                still_there -= 1;
                spool.remove(number);
            } else {
                spool.lose(number);
            }
        }
        Ok(spool)
    }

    /// The number of reports that wait.
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

    /// The number of reports that were lost: dropped because the spool was full, or damaged on disk.
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
        self.save_memory();
        let mut report = Report { sequence, at, statements, dropped: self.dropped, notes: all };
        match self.write(&mut report) {
            Ok(()) => {
                if self.disk_failed {
                    self.disk_failed = false;
                    tracing::info!("the spool can be written again");
                }
            }
            Err(error) => {
                self.make_room_after(&error);
                self.waiting.insert(sequence, Waiting::Memory(Box::new(report)));
                // What was just dropped may have made room for what waits in memory.
                self.save_memory();
                self.say_disk_failed(&error);
            }
        }
        self.shrink();
        sequence
    }

    /// The oldest report with a number above `sequence`; one that cannot be read is lost, and
    /// counted and said by the next report.
    pub fn after(&mut self, sequence: u64) -> Option<Report> {
        loop {
            let from = sequence.checked_add(1)?;
            let (number, waiting) = self.waiting.range(from..).next()?;
            let number = *number;
            if let Waiting::Memory(report) = waiting {
                return Some((**report).clone());
            }
            match record::read(&record::report(&self.directory, number), number) {
                Ok(report) => return Some(report),
                Err(why) => {
                    tracing::warn!(report = number, %why, "a spooled report is lost");
                    self.note(format!("the spooled report {number} {why}, and is lost"));
                    self.lose(number);
                }
            }
        }
    }

    /// Forgets the report `sequence` and all before it: a coordinator has them.
    pub fn acknowledge(&mut self, sequence: u64) {
        let mut done: Vec<u64> =
            self.waiting.range(..=sequence).map(|(number, _)| *number).collect();
        if self.waiting.len() == done.len()
            && let Some(last) = done.pop()
        {
            // Never gone: its number must not be given out again.
            self.make_mark(last);
        }
        for number in done {
            self.remove(number);
        }
    }

    fn make_mark(&mut self, last: u64) {
        let to = record::mark(&self.directory, last);
        let made = match self.waiting.remove(&last) {
            Some(Waiting::Disk { bytes }) => {
                self.bytes = self.bytes.saturating_sub(bytes);
                fs::rename(record::report(&self.directory, last), &to)
            }
            Some(Waiting::Memory(report)) => {
                record::encode(&report).and_then(|bytes| private_files::write_private(&to, &bytes))
            }
            None => return,
        };
        // A mark that cannot be made leaves the one before.
        if made.is_ok()
            && let Some(old) = self.mark.replace(last)
            && old != last
        {
            let _ = fs::remove_file(record::mark(&self.directory, old));
        }
    }

    /// Brings the report to disk, with the count of what goes for it.
    fn write(&mut self, report: &mut Report) -> io::Result<()> {
        let mut bytes = record::encode(report)?;
        let over = self.over(length(&bytes));
        if !over.is_empty() {
            report.dropped += u64::try_from(over.len()).unwrap_or(u64::MAX);
            bytes = record::encode(report)?;
        }
        if let Err(error) = self.put(report.sequence, &bytes) {
            report.dropped = self.dropped;
            return Err(error);
        }
        for number in over {
            self.lose(number);
        }
        Ok(())
    }

    fn put(&mut self, number: u64, bytes: &[u8]) -> io::Result<()> {
        private_files::write_private(&record::report(&self.directory, number), bytes)?;
        self.bytes += length(bytes);
        self.waiting.insert(number, Waiting::Disk { bytes: length(bytes) });
        // The report carries the number and the count on.
        if let Some(mark) = self.mark.take() {
            let _ = fs::remove_file(record::mark(&self.directory, mark));
        }
        Ok(())
    }

    /// How many reports were lost before, as the newest file that can be read tells it, and how many
    /// of them that report drove out itself.
    fn counted(&self) -> (u64, u64) {
        let reports = self
            .waiting
            .keys()
            .rev()
            .map(|number| record::read(&record::report(&self.directory, *number), *number));
        let mark =
            self.mark.map(|number| record::read(&record::mark(&self.directory, number), number));
        let mut counts = reports.chain(mark).filter_map(Result::ok).map(|report| report.dropped);
        let newest = counts.next().unwrap_or(0);
        (newest, newest.saturating_sub(counts.next().unwrap_or(newest)))
    }

    fn remove(&mut self, number: u64) {
        if let Some(Waiting::Disk { bytes }) = self.waiting.remove(&number) {
            self.bytes = self.bytes.saturating_sub(bytes);
            let _ = fs::remove_file(record::report(&self.directory, number));
        }
    }

    fn lose(&mut self, number: u64) {
        self.remove(number);
        if self.dropped == 0 || (self.dropped + 1).is_multiple_of(100) {
            tracing::warn!(lost = self.dropped + 1, "spooled reports are lost, the oldest first");
        }
        self.dropped += 1;
    }

    /// The oldest reports that are too many; `more` bytes, one more report, are still to come where
    /// it is not 0.
    fn over(&self, more: u64) -> Vec<u64> {
        let mut bytes = self.bytes.saturating_add(more);
        let mut reports = self.waiting.len() + usize::from(more > 0);
        let mut over = Vec::new();
        for (number, waiting) in &self.waiting {
            if bytes <= self.limits.bytes && reports <= self.limits.reports {
                break;
            }
            if let Waiting::Disk { bytes: its } = waiting {
                bytes = bytes.saturating_sub(*its);
            }
            reports -= 1;
            over.push(*number);
        }
        over
    }

    /// Drops the oldest until everything is within its bounds.
    fn shrink(&mut self) {
        for number in self.over(0) {
            self.lose(number);
        }
        let in_memory = self.in_memory();
        let over = in_memory.len().saturating_sub(self.limits.in_memory);
        for number in in_memory.into_iter().take(over) {
            self.lose(number);
        }
    }

    /// Where the disk is full and the memory too, the oldest report on disk makes room: one for each
    /// new one, for others may fill the disk as fast as this empties it.
    fn make_room_after(&mut self, error: &io::Error) {
        let full =
            matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        if full && self.in_memory().len() >= self.limits.in_memory {
            let oldest =
                self.waiting.iter().find(|(_, waiting)| matches!(waiting, Waiting::Disk { .. }));
            if let Some(oldest) = oldest.map(|(number, _)| *number) {
                self.lose(oldest);
            }
        }
    }

    fn in_memory(&self) -> Vec<u64> {
        let in_memory =
            self.waiting.iter().filter(|(_, waiting)| matches!(waiting, Waiting::Memory(_)));
        in_memory.map(|(number, _)| *number).collect()
    }

    /// Tries to bring to disk what waits in memory, the oldest first.
    fn save_memory(&mut self) {
        for number in self.in_memory() {
            let Some(Waiting::Memory(report)) = self.waiting.get(&number) else { continue };
            let saved = record::encode(report).and_then(|bytes| self.put(number, &bytes));
            if saved.is_err() {
                return;
            }
        }
    }

    fn say_disk_failed(&mut self, error: &io::Error) {
        // Once a failure, not once a report.
        if !self.disk_failed {
            self.disk_failed = true;
            tracing::error!(%error, directory = %self.directory.display(), "the spool cannot be written; reports wait in memory");
        }
        self.note(format!("the spool cannot be written: {error}; reports wait in memory"));
    }

    fn note(&mut self, text: String) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(text);
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
