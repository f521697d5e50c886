//! A full disk, a real one: a small file system in memory, in a mount namespace of the test's own.

#![cfg(target_os = "linux")]

#[cfg(test)]
mod full {
    use std::io::Write;
    use std::path::Path;
    use std::process::Command;
    use std::sync::Arc;

    use epmesh::store::{
        CommitError, EmbeddedEngine, Key, OpenReport, RedbOptions, RedbStore, SledOptions,
        SledStore, Space, Store, StoreError, Transaction,
    };

    const TEST: &str = "full::a_full_disk_is_an_answer_and_not_an_end";
    const DIRECTORY: &str = "EPMESH_FULL_DISK";

    #[test]
    fn a_full_disk_is_an_answer_and_not_an_end() {
        if let Ok(directory) = std::env::var(DIRECTORY) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let setups = [
                Setup { engine: EmbeddedEngine::Sled, checkpoint_bytes: 300_000, refusals: 40 },
                Setup { engine: EmbeddedEngine::Sled, checkpoint_bytes: 100 << 20, refusals: 40 },
                Setup { engine: EmbeddedEngine::Redb, checkpoint_bytes: 0, refusals: 12 },
            ];
            for setup in setups {
                let store = Path::new(&directory).join("filled");
                runtime.block_on(fill_and_free(&store, setup));
                std::fs::remove_dir_all(&store).unwrap();
            }
            for setup in setups.into_iter().skip(1) {
                let store = Path::new(&directory).join("other");
                runtime.block_on(somebody_else_fills_it(&store, setup));
                std::fs::remove_dir_all(&store).unwrap();
            }
            println!("the disk was full");
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let script = "mount -t tmpfs -o size=40m none \"$0\" && echo mounted && exec \"$1\" --exact \"$2\" --nocapture";
        let output = Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", script])
            .arg(directory.path())
            .arg(std::env::current_exe().unwrap())
            .arg(TEST)
            .env(DIRECTORY, directory.path())
            .output();
        let output = match output {
            Ok(output) if String::from_utf8_lossy(&output.stdout).contains("mounted") => output,
            other => {
                println!("SKIPPED {TEST}: no mount namespace to be had here: {other:?}");
                return;
            }
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}\n{errors}");
        assert!(text.contains("the disk was full"), "{text}\n{errors}");
        println!("{text}\n{errors}");
    }

    /// How the store is opened.
    #[derive(Clone, Copy, Debug)]
    struct Setup {
        engine: EmbeddedEngine,
        /// The checkpoint size of sled.
        checkpoint_bytes: u64,
        /// How often it has to be refused.
        refusals: usize,
    }

    impl Setup {
        fn open(self, directory: &Path) -> Result<(Arc<dyn Store>, OpenReport), StoreError> {
            match self.engine {
                EmbeddedEngine::Sled => {
                    let options = SledOptions {
                        checkpoint_bytes: self.checkpoint_bytes,
                        reserve_bytes: 4 << 20,
                        ..SledOptions::new(directory)
                    };
                    let (store, report) = SledStore::open(options, 0)?;
                    Ok((Arc::new(store), report))
                }
                EmbeddedEngine::Redb => {
                    let (store, report) = RedbStore::open(RedbOptions::new(directory))?;
                    Ok((Arc::new(store), report))
                }
            }
        }
    }

    fn key(number: u64) -> Key {
        Key::new(Space::Facts, [Key::number(number)]).unwrap()
    }

    fn value(number: u64, length: usize) -> Vec<u8> {
        number.to_be_bytes().into_iter().cycle().take(length).collect()
    }

    async fn put(store: &dyn Store, number: u64, length: usize) -> Result<(), CommitError> {
        store.commit(Transaction::new().put(key(number), value(number, length))).await.map(|_| ())
    }

    async fn fill_and_free(directory: &Path, setup: Setup) {
        std::fs::create_dir_all(directory).unwrap();
        let other = directory.join("somebody-elses-file");
        std::fs::write(&other, vec![1; 12 << 20]).unwrap();
        let (store, _) = setup.open(directory).unwrap();
        let mut stored = Vec::new();
        let mut refused = 0;
        let mut unreadable = 0;
        let mut number = 0;
        // Until it has been refused often: with the disk full, large and small are tried.
        while refused < setup.refusals {
            let length = if number % 2 == 0 { 60_000 } else { 300 };
            match put(&*store, number, length).await {
                Ok(()) => stored.push((number, length)),
                Err(CommitError::Store(StoreError::Full { .. })) => {
                    refused += 1;
                    // Reading does not need space, unless sled had to be opened again.
                    match store.get(&key(0)).await {
                        Ok(found) => assert_eq!(found.unwrap().value, value(0, 60_000)),
                        Err(StoreError::Full { .. }) => unreadable += 1,
                        Err(error) => panic!("{error}: {error:?}"),
                    }
                }
                Err(error) => panic!("{number}: {error}: {error:?}"),
            }
            number += 1;
        }
        assert!(stored.len() > 10);
        println!(
            "{setup:?}: {} stored, {refused} refused, {unreadable} reads refused",
            stored.len()
        );
        std::fs::remove_file(&other).unwrap();
        for number in number..number + 20 {
            put(&*store, number, 300).await.unwrap();
            stored.push((number, 300));
        }
        check(&*store, &stored).await;
        store.close().await;
        let (store, report) = setup.open(directory).unwrap();
        assert_eq!(report.recovered_from, None);
        assert_eq!(report.damaged_journal, None);
        check(&*store, &stored).await;
        store.close().await;
    }

    /// The disk fills up while the store still has something to write, and the coordinator is restarted
    /// before there is space again.
    async fn somebody_else_fills_it(directory: &Path, setup: Setup) {
        std::fs::create_dir_all(directory).unwrap();
        let (store, _) = setup.open(directory).unwrap();
        let mut stored = Vec::new();
        for number in 0..100 {
            put(&*store, number, 20_000).await.unwrap();
            stored.push((number, 20_000));
        }
        let other = directory.join("somebody-elses-file");
        fill(&other);
        let mut number = 100;
        let mut refused = 0;
        while refused < 10 {
            match put(&*store, number, 20_000).await {
                Ok(()) => stored.push((number, 20_000)),
                Err(CommitError::Store(StoreError::Full { .. })) => refused += 1,
                Err(error) => panic!("{number}: {error}: {error:?}"),
            }
            // Somebody takes what the store gives free, too.
            std::fs::rename(&other, directory.join(format!("full-{number}"))).unwrap();
            fill(&other);
            number += 1;
            check(&*store, &stored).await;
        }
        println!("{setup:?}, filled by another: {} stored, {refused} refused", stored.len());
        store.close().await;
        match (setup.engine, setup.open(directory)) {
            // sled writes again what is in the journal.
            (EmbeddedEngine::Sled, Err(StoreError::Full { .. })) => {}
            (EmbeddedEngine::Redb, Ok((store, _))) => {
                check(&*store, &stored).await;
                store.close().await;
            }
            (engine, opened) => panic!("{engine}: {opened:?}"),
        }
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("full-") || path == other {
                std::fs::remove_file(path).unwrap();
            }
        }
        let (store, report) = setup.open(directory).unwrap();
        assert_eq!(report.recovered_from, None);
        assert_eq!(report.damaged_journal, None);
        check(&*store, &stored).await;
        put(&*store, 0, 20_000).await.unwrap();
        store.close().await;
    }

    /// Takes all the space there is.
    fn fill(path: &Path) {
        let mut file = std::fs::File::create(path).unwrap();
        let block = [1; 4096];
        loop {
            match file.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn check(store: &dyn Store, stored: &[(u64, usize)]) {
        for (number, length) in stored {
            let found = store.get(&key(*number)).await.unwrap().unwrap();
            assert!(found.value == value(*number, *length), "{number}");
        }
    }
}
