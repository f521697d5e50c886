//! Opening: what was left by a crash is cleared up, what is broken is set aside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::database::{Database, Extent, OpenError};
use super::journal::{Contents, Journal};
use super::options::Layout;
use super::replay::replay;
use super::reserve::Reserve;
use crate::store::disk;
use crate::store::error::StoreError;
use crate::store::report::OpenReport;

/// After a damaged journal it is not known how far the revisions had gone: they go on this much
/// higher, so that none is used twice.
const REVISION_GAP: u64 = 1 << 32;

/// The most space that is looked for at opening, in bytes.
const MOST_PROBED: u64 = 256 * 1024 * 1024;

/// A database that has everything.
pub(super) struct Opened {
    pub(super) database: Database,
    pub(super) extent: Extent,
    pub(super) revision: u64,
    pub(super) report: OpenReport,
}

/// Looks for the space that opening may need: sled writes again what is in the journal.
pub(super) fn ensure_space(layout: &Layout, reserve: &mut Reserve) -> Result<(), StoreError> {
    reserve.ensure()?;
    let journal = fs::metadata(layout.journal()).map_or(0, |file| file.len());
    reserve.probe(journal.saturating_mul(2).min(MOST_PROBED))
}

/// Opens the database and brings it up to the journal.
pub(super) fn open_database(layout: &Layout, now: u64) -> Result<Opened, StoreError> {
    let mut report = OpenReport::default();
    finish_replacement(layout)?;
    let path = layout.database();
    let cache = layout.options.cache_bytes;
    let contents = Journal::read(&layout.journal())?;
    let (database, extent) = match Database::open(&path, cache) {
        Ok(opened) => opened,
        Err(OpenError::Other(error)) => return Err(error),
        Err(OpenError::Corrupt(reason)) => {
            let aside = disk::move_aside(&path, "corrupt", now)
                .map_err(|error| StoreError::io("setting aside", &path, error))?;
            tracing::error!(
                reason,
                moved_to = %aside.display(),
                "THE DATABASE IS CORRUPT and was set aside; starting empty with the ledger from \
                 the journal, everything else comes back with the agents' next reports"
            );
            report.recovered_from = Some(aside);
            open_again(&path, cache)?
        }
    };
    replay(&database, &contents.frames)?;
    let mut revision = contents.revision().max(extent.revision);
    report.replayed = contents.transactions();
    report.torn_bytes = contents.discarded;
    if contents.damaged {
        let copy = keep_damaged(layout, &contents, now)?;
        report.damaged_journal = Some(copy);
        revision = revision.saturating_add(REVISION_GAP);
    }
    Ok(Opened { database, extent, revision, report })
}

fn open_again(path: &Path, cache: u64) -> Result<(Database, Extent), StoreError> {
    Database::open(path, cache).map_err(|error| match error {
        OpenError::Other(error) => error,
        OpenError::Corrupt(reason) => StoreError::Engine {
            operation: "opening an empty database",
            source: std::sync::Arc::new(io::Error::other(reason)),
        },
    })
}

fn keep_damaged(layout: &Layout, contents: &Contents, now: u64) -> Result<PathBuf, StoreError> {
    let path = layout.journal();
    let copy = path.with_file_name(format!("journal.damaged-{}", disk::stamp(now)));
    // A copy, not a rename: until a checkpoint has replaced it, the journal must stay.
    fs::copy(&path, &copy).map_err(|error| StoreError::io("copying", &path, error))?;
    tracing::error!(
        bytes = contents.discarded,
        copied_to = %copy.display(),
        "THE JOURNAL IS DAMAGED; what could be read of it was used, the rest may be lost"
    );
    Ok(copy)
}

/// Rewrites a database that takes far more space than what is in it. Killed processes leave files
/// behind that sled never deletes.
pub(super) fn compact_if_bloated(layout: &Layout, opened: Opened) -> Result<Opened, StoreError> {
    let path = layout.database();
    let size = |path: &Path| {
        disk::directory_size(path).map_err(|error| StoreError::io("measuring", path, error))
    };
    let before = size(&path)?;
    let options = &layout.options;
    if before <= options.compact_above_bytes
        || before <= opened.extent.live.saturating_mul(options.compact_factor)
    {
        return Ok(opened);
    }
    opened.database.copy_to(&layout.fresh(), options.cache_bytes)?;
    let Opened { database, extent, revision, mut report } = opened;
    drop(database);
    replace_database(layout).map_err(|error| StoreError::io("replacing", &path, error))?;
    let (database, _) = open_again(&path, options.cache_bytes)?;
    report.compacted = Some((before, size(&path)?));
    tracing::info!(before, live = extent.live, "rewrote the database to free space");
    Ok(Opened { database, extent, revision, report })
}

/// Puts the complete copy in the place of the database.
fn replace_database(layout: &Layout) -> io::Result<()> {
    let directory = &layout.options.directory;
    disk::sync_directory(&layout.fresh())?;
    disk::sync_directory(directory)?;
    fs::rename(layout.database(), layout.replaced())?;
    // Durable before the next: `replaced` without `database` says that the copy is complete.
    disk::sync_directory(directory)?;
    fs::rename(layout.fresh(), layout.database())?;
    disk::sync_directory(directory)?;
    disk::remove_directory_if_there(&layout.replaced())
}

/// Goes on where a crash interrupted [`replace_database`] or the copying before it.
fn finish_replacement(layout: &Layout) -> Result<(), StoreError> {
    let (database, fresh, replaced) = (layout.database(), layout.fresh(), layout.replaced());
    let finish = || -> io::Result<()> {
        if !database.try_exists()? && replaced.try_exists()? {
            let complete = if fresh.try_exists()? { &fresh } else { &replaced };
            fs::rename(complete, &database)?;
            disk::sync_directory(&layout.options.directory)?;
        }
        disk::remove_directory_if_there(&fresh)?;
        disk::remove_directory_if_there(&replaced)
    };
    finish().map_err(|error| StoreError::io("tidying", &layout.options.directory, error))
}
