use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::store::{Expect, Key, OpenReport, Space, Store, StoreError, Transaction, suite};

const NOW: u64 = 1_763_685_712_000;

fn options(directory: &Path) -> SledOptions {
    // Small, so that tests see checkpoints.
    SledOptions { checkpoint_bytes: 2048, reserve_bytes: 1 << 20, ..SledOptions::new(directory) }
}

fn try_open(directory: &Path) -> Result<(SledStore, OpenReport), StoreError> {
    SledStore::open(options(directory), NOW)
}

fn open(directory: &Path) -> (SledStore, OpenReport) {
    try_open(directory).unwrap()
}

#[tokio::test]
async fn passes_the_suite() {
    suite::embedded::run(try_open).await;
}

#[test]
fn behaves_as_a_map_across_restarts() {
    suite::embedded::compare_with_model(try_open);
}

fn ledger_key() -> Key {
    Key::new(Space::Enrolments, ["dc1.example.com"]).unwrap()
}

fn fact_key() -> Key {
    Key::new(Space::Facts, ["dc1.example.com", "services"]).unwrap()
}

/// A store with a ledger entry and a fact that are in the flushed database, closed.
async fn prepared() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = open(directory.path());
    let both = Transaction::new().put(ledger_key(), "ledger").put(fact_key(), "fact");
    store.commit(both).await.unwrap();
    store.close().await;
    directory
}

async fn value(store: &SledStore, key: &Key) -> Option<Vec<u8>> {
    store.get(key).await.unwrap().map(|found| found.value)
}

#[tokio::test]
async fn a_half_written_snapshot_costs_nothing() {
    let directory = prepared().await;
    fs::write(directory.path().join("sled/snap.0000000000000000.generating"), "").unwrap();
    let (store, report) = open(directory.path());
    assert_eq!(report, OpenReport::default());
    assert_eq!(value(&store, &fact_key()).await.unwrap(), b"fact");
}

#[tokio::test]
async fn a_corrupt_database_is_set_aside_and_the_ledger_survives() {
    let directory = prepared().await;
    let before = {
        let (store, _) = open(directory.path());
        let found = store.get(&ledger_key()).await.unwrap().unwrap();
        store.close().await;
        found
    };
    let snapshot = fs::read_dir(directory.path().join("sled"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("snap."))
        .unwrap();
    fs::write(&snapshot, "no snapshot").unwrap();
    let (store, report) = open(directory.path());
    let aside = report.recovered_from.unwrap();
    assert_eq!(aside.file_name().unwrap(), "sled.corrupt-20251121T004152Z");
    assert!(aside.join(snapshot.file_name().unwrap()).exists());
    assert_eq!(store.get(&ledger_key()).await.unwrap().unwrap(), before);
    assert_eq!(value(&store, &fact_key()).await, None);
    // Revisions go on: one that somebody remembers is not given out again.
    let later = store.commit(Transaction::new().put(fact_key(), "again")).await.unwrap();
    assert!(later.revision > before.revision);
    store.close().await;
    // And it is a good store from then on.
    let (store, report) = open(directory.path());
    assert_eq!(report, OpenReport::default());
    assert_eq!(value(&store, &fact_key()).await.unwrap(), b"again");
    assert_eq!(value(&store, &ledger_key()).await.unwrap(), b"ledger");
}

#[tokio::test]
async fn a_lost_database_comes_back_from_the_journal() {
    let directory = prepared().await;
    fs::remove_dir_all(directory.path().join("sled")).unwrap();
    let (store, _) = open(directory.path());
    assert_eq!(value(&store, &ledger_key()).await.unwrap(), b"ledger");
}

#[tokio::test]
async fn a_torn_end_is_cut_and_a_damaged_journal_is_kept() {
    let directory = prepared().await;
    let journal = directory.path().join("journal");
    let whole = fs::read(&journal).unwrap();
    fs::OpenOptions::new().append(true).open(&journal).unwrap().write_all(&[9, 0, 0]).unwrap();
    let (store, report) = open(directory.path());
    assert_eq!(report, OpenReport { torn_bytes: 3, ..OpenReport::default() });
    store.close().await;

    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    fs::write(&journal, &damaged).unwrap();
    let (store, report) = open(directory.path());
    let kept = report.damaged_journal.unwrap();
    assert_eq!(fs::read(kept).unwrap(), damaged);
    // The database still has it all.
    assert_eq!(value(&store, &ledger_key()).await.unwrap(), b"ledger");
    assert_eq!(value(&store, &fact_key()).await.unwrap(), b"fact");
    let revision = store.get(&fact_key()).await.unwrap().unwrap().revision;
    let later = store.commit(Transaction::new().put(fact_key(), "x")).await.unwrap();
    assert!(later.revision > revision + (1 << 31));
}

#[tokio::test]
async fn a_bloated_database_is_rewritten() {
    let directory = prepared().await;
    let junk = directory.path().join("sled/blobs/1234");
    fs::write(&junk, vec![0; 300_000]).unwrap();
    let tight = SledOptions { compact_above_bytes: 100_000, ..options(directory.path()) };
    let (store, report) = SledStore::open(tight.clone(), NOW).unwrap();
    let (before, after) = report.compacted.unwrap();
    assert!(before >= 300_000 && after < before, "{before} {after}");
    assert!(!junk.exists());
    assert_eq!(value(&store, &ledger_key()).await.unwrap(), b"ledger");
    let revision = store.get(&fact_key()).await.unwrap().unwrap().revision;
    let change = Transaction::new().expect(fact_key(), Expect::Revision(revision));
    store.commit(change.put(fact_key(), "new")).await.unwrap();
    store.close().await;
    let (store, _) = SledStore::open(tight, NOW).unwrap();
    assert_eq!(value(&store, &fact_key()).await.unwrap(), b"new");
}

#[tokio::test]
async fn a_rewriting_that_was_interrupted_is_finished_or_forgotten() {
    let rename = |directory: &TempDir, from: &str, to: &str| {
        fs::rename(directory.path().join(from), directory.path().join(to)).unwrap();
    };
    // While copying: the copy is no good.
    let directory = prepared().await;
    fs::create_dir(directory.path().join("sled.fresh")).unwrap();
    fs::write(directory.path().join("sled.fresh/conf"), "half").unwrap();
    check_intact(&directory).await;
    // Between the two renames: the copy is complete.
    let directory = prepared().await;
    rename(&directory, "sled", "sled.fresh");
    fs::create_dir(directory.path().join("sled.replaced")).unwrap();
    check_intact(&directory).await;
    // Before the old one was deleted.
    let directory = prepared().await;
    fs::create_dir(directory.path().join("sled.replaced")).unwrap();
    check_intact(&directory).await;
}

async fn check_intact(directory: &TempDir) {
    let (store, report) = open(directory.path());
    assert_eq!(report, OpenReport::default());
    assert_eq!(value(&store, &fact_key()).await.unwrap(), b"fact");
    for gone in ["sled.fresh", "sled.replaced"] {
        assert!(!directory.path().join(gone).exists(), "{gone}");
    }
}
