use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::store::{
    Expect, Key, MAX_VALUE, OpenReport, Space, Store, StoreError, Transaction, suite,
};

fn try_open(directory: &Path) -> Result<(RedbStore, OpenReport), StoreError> {
    RedbStore::open(RedbOptions::new(directory))
}

fn open(directory: &Path) -> (RedbStore, OpenReport) {
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

fn key() -> Key {
    Key::new(Space::Enrolments, ["dc1.example.com"]).unwrap()
}

/// A store with one entry, closed, and its file.
async fn prepared() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = open(directory.path());
    store.commit(Transaction::new().put(key(), "enrolled")).await.unwrap();
    store.close().await;
    let file = directory.path().join(FILE);
    (directory, file)
}

async fn check_intact(directory: &Path) {
    let (store, _) = open(directory);
    assert_eq!(store.get(&key()).await.unwrap().unwrap().value, b"enrolled");
    store.close().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let (directory, file) = prepared().await;
    for content in [&b""[..], b"x", &[0; 100_000], b"SQLite format 3\0 and so on"] {
        fs::write(&file, content).unwrap();
        let error = try_open(directory.path()).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("coordinator.redb") && text.contains("backup"), "{text}");
        assert_eq!(fs::read(&file).unwrap(), content, "it was changed");
    }
}

#[tokio::test]
async fn a_damaged_file_is_never_taken_for_a_whole_one() {
    let (directory, file) = prepared().await;
    let whole = fs::read(&file).unwrap();
    let mut refusals = 0;
    // Each part of it in turn, and the file cut short there.
    for at in (0..whole.len()).step_by(509) {
        let mut damaged = whole.clone();
        for byte in damaged.iter_mut().skip(at).take(64) {
            *byte ^= 0x5a;
        }
        for content in [&damaged[..], &whole[..at]] {
            fs::write(&file, content).unwrap();
            match try_open(directory.path()) {
                // What was damaged is in no use, or there twice.
                Ok((store, _)) => {
                    let found = store.get(&key()).await.unwrap();
                    assert_eq!(found.map(|found| found.value), Some(b"enrolled".to_vec()), "{at}");
                    store.close().await;
                }
                Err(StoreError::Damaged { .. }) => refusals += 1,
                Err(error) => panic!("{at}: {error}: {error:?}"),
            }
        }
    }
    assert!(refusals > 10, "{refusals}");
    fs::write(&file, whole).unwrap();
    check_intact(directory.path()).await;
}

#[tokio::test]
async fn what_a_crash_while_making_it_leaves_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("coordinator.redb.new"), "half").unwrap();
    let (store, report) = open(directory.path());
    assert_eq!(report, OpenReport::default());
    store.commit(Transaction::new().put(key(), "enrolled")).await.unwrap();
    store.close().await;
    assert!(!directory.path().join("coordinator.redb.new").exists());
    check_intact(directory.path()).await;
}

#[tokio::test]
async fn a_bloated_file_is_compacted() {
    let (directory, file) = prepared().await;
    let (store, _) = open(directory.path());
    let number = |number: u64| Key::new(Space::Facts, [Key::number(number)]).unwrap();
    for at in 0..40 {
        store.commit(Transaction::new().put(number(at), vec![7; MAX_VALUE])).await.unwrap();
    }
    for at in 0..40 {
        store.commit(Transaction::new().delete(number(at))).await.unwrap();
    }
    store.close().await;
    let tight = RedbOptions { compact_above_bytes: 100_000, ..RedbOptions::new(directory.path()) };
    let (store, report) = RedbStore::open(tight).unwrap();
    let (before, after) = report.compacted.unwrap();
    assert!(after < before && after == fs::metadata(&file).unwrap().len(), "{before} {after}");
    let revision = store.get(&key()).await.unwrap().unwrap().revision;
    let change = Transaction::new().expect(key(), Expect::Revision(revision));
    store.commit(change.put(key(), "enrolled")).await.unwrap();
    store.close().await;
    check_intact(directory.path()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn its_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_directory, file) = prepared().await;
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}
