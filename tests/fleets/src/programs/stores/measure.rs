//! The measurement of one engine.

use std::{
    fmt, fs, io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use epmesh::{
    ingest::write_report,
    store::{self, EmbeddedEngine, MAX_PAGE, Prefix, Space, Store},
};
use tokio::task::JoinSet;

use super::{arguments::Arguments, reports::Model};

/// Commits that are made one after the other.
const ALONE: usize = 500;

/// The figures of one engine; printed as the row of a table.
pub(crate) struct Measured {
    engine: EmbeddedEngine,
    together: f64,
    alone: f64,
    day_bytes: u64,
    open_bytes: u64,
    opened: Duration,
    read: Duration,
}

impl Measured {
    pub(crate) async fn of(engine: EmbeddedEngine, model: &Model, of: Arguments) -> Self {
        let day = tempfile::tempdir().expect("a folder");
        let store = open(day.path(), engine);
        first(&store, model, of.dcs).await;
        let together = a_day(&store, model, of).await;
        let alone = one_session(&store, model, of).await;
        store.close().await;
        drop(store);
        let day_bytes = taken(day.path()).expect("a size");
        println!("{engine}: {together:.0} and {alone:.0} commits a second, {day_bytes} bytes");

        let full = tempfile::tempdir().expect("a folder");
        let store = open(full.path(), engine);
        let began = Instant::now();
        first(&store, model, of.open_dcs).await;
        println!("{engine}: {} first reports in {:.1?}", of.open_dcs, began.elapsed());
        store.close().await;
        drop(store);
        let open_bytes = taken(full.path()).expect("a size");
        let began = Instant::now();
        let store = open(full.path(), engine);
        let opened = began.elapsed();
        let began = Instant::now();
        let records = read(&*store).await;
        let read = began.elapsed();
        store.close().await;
        println!("{engine}: opened in {opened:.1?}, {records} records read in {read:.1?}");
        Self { engine, together, alone, day_bytes, open_bytes, opened, read }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
        write!(
            f,
            "| {} | {:.0} | {:.0} | {:.1} MiB | {:.0} MiB | {:.1} s | {:.1} s |",
            self.engine,
            self.together,
            self.alone,
            mib(self.day_bytes),
            mib(self.open_bytes),
            self.opened.as_secs_f64(),
            self.read.as_secs_f64()
        )
    }
}

fn open(directory: &Path, engine: EmbeddedEngine) -> Arc<dyn Store> {
    store::open(directory, engine, 0).expect("the store opens").0
}

/// The first report of each domain controller, several at a time.
async fn first(store: &Arc<dyn Store>, model: &Model, dcs: usize) {
    let mut writing = JoinSet::new();
    for dc in 0..dcs {
        if writing.len() >= 16 {
            writing.join_next().await.expect("one is there").expect("it does not panic");
        }
        let (store, staged) = (Arc::clone(store), model.first(dc));
        writing.spawn(async move {
            write_report(&*store, &staged).await.expect("it is written");
        });
    }
    writing.join_all().await;
}

/// All reports of a day, by so many sessions at a time; reports a second.
async fn a_day(store: &Arc<dyn Store>, model: &Model, of: Arguments) -> f64 {
    let began = Instant::now();
    let mut writing = JoinSet::new();
    for number in 1..=of.reports {
        for dc in 0..of.dcs {
            if writing.len() >= of.sessions {
                writing.join_next().await.expect("one is there").expect("it does not panic");
            }
            let (store, staged) = (Arc::clone(store), model.later(dc, number, of.changed));
            writing.spawn(async move {
                write_report(&*store, &staged).await.expect("it is written");
            });
        }
    }
    writing.join_all().await;
    (of.reports * of.dcs) as f64 / began.elapsed().as_secs_f64()
}

/// Reports of one session, one after the other; reports a second.
async fn one_session(store: &Arc<dyn Store>, model: &Model, of: Arguments) -> f64 {
    let began = Instant::now();
    for number in 1..=ALONE {
        let staged = model.later(0, of.reports + number, of.changed);
        write_report(&**store, &staged).await.expect("it is written");
    }
    ALONE as f64 / began.elapsed().as_secs_f64()
}

/// Reads everything; how many records there are.
async fn read(store: &dyn Store) -> usize {
    let mut records = 0;
    for space in Space::ALL {
        let mut after = None;
        loop {
            let page = store.scan(&Prefix::space(space), after.as_ref(), MAX_PAGE).await;
            let page = page.expect("it is read");
            records += page.entries.len();
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    records
}

/// Bytes that the files of a folder take on the disk.
fn taken(directory: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { taken(&entry.path())? } else { blocks(&metadata) };
    }
    Ok(bytes)
}

#[cfg(unix)]
fn blocks(file: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(file) * 512
}

#[cfg(not(unix))]
fn blocks(file: &fs::Metadata) -> u64 {
    file.len()
}
