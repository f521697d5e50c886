//! The suite over a store on the disk; `open` opens it in a directory.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use crate::store::{CommitError, Key, OpenReport, Space, Store, StoreError, Transaction};

/// How a store of one engine is opened.
type Opened<S> = Result<(S, OpenReport), StoreError>;

/// Runs every check.
pub(in crate::store) async fn run<S: Store + 'static>(open: impl Fn(&Path) -> Opened<S>) {
    super::run(|| fresh(&open)).await;
    a_second_process_is_refused_and_a_closed_store_too(&open).await;
}

/// Compares random histories with a map; a restart closes the store and opens its directory again.
pub(in crate::store) fn compare_with_model<S: Store + 'static>(open: impl Fn(&Path) -> Opened<S>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let reopen = |store: Arc<dyn Store>, directory: TempDir| {
        runtime.block_on(store.close());
        let (store, report) = open(directory.path()).unwrap();
        assert_eq!(report, OpenReport::default());
        (Arc::new(store) as Arc<dyn Store>, directory)
    };
    super::compare_with_model(32, || fresh(&open), reopen);
}

fn fresh<S: Store + 'static>(open: impl Fn(&Path) -> Opened<S>) -> (Arc<dyn Store>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = open(directory.path()).unwrap();
    (Arc::new(store), directory)
}

async fn a_second_process_is_refused_and_a_closed_store_too<S: Store>(
    open: impl Fn(&Path) -> Opened<S>,
) {
    let key = Key::new(Space::Facts, ["dc1.example.com"]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = open(directory.path()).unwrap();
    let second = open(directory.path()).unwrap_err();
    assert!(matches!(second, StoreError::InUse { holder: Some(_), .. }), "{second}");
    store.close().await;
    let late = store.commit(Transaction::new().put(key.clone(), "x")).await;
    assert!(matches!(late, Err(CommitError::Store(StoreError::Closed))), "{late:?}");
    assert!(matches!(store.get(&key).await, Err(StoreError::Closed)));
    // The lock is free although the value is still there.
    open(directory.path()).unwrap();
}
