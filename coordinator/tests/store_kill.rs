//! Kills a process that commits, over and over, and looks for what it acknowledged.
//!
//! The test runs itself again as the process to be killed. `EPMESH_KILL_ROUNDS` says how often
//! (20), `EPMESH_KILL_SEED` makes another run of it.

#[cfg(test)]
mod kill {
    use std::collections::BTreeMap;
    use std::io::{BufRead, BufReader, Write};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::sync::Arc;
    use std::time::Duration;

    use epmesh::store::{
        EmbeddedEngine, Expect, Key, OpenReport, RedbOptions, RedbStore, SledOptions, SledStore,
        Space, Store, Transaction,
    };
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    const TESTS: [(EmbeddedEngine, &str); 2] = [
        (EmbeddedEngine::Sled, "kill::what_sled_acknowledged_survives_kill"),
        (EmbeddedEngine::Redb, "kill::what_redb_acknowledged_survives_kill"),
    ];
    const DIRECTORY: &str = "EPMESH_KILL_CHILD_DIRECTORY";
    const START: &str = "EPMESH_KILL_CHILD_START";
    /// Tasks of the child that commit at the same time; each has its own keys.
    const TASKS: u64 = 8;
    /// Keys of a task.
    const KEYS: u64 = 20;

    #[test]
    fn what_sled_acknowledged_survives_kill() {
        what_was_acknowledged_survives_kill(EmbeddedEngine::Sled);
    }

    #[test]
    fn what_redb_acknowledged_survives_kill() {
        what_was_acknowledged_survives_kill(EmbeddedEngine::Redb);
    }

    fn what_was_acknowledged_survives_kill(engine: EmbeddedEngine) {
        if let Ok(directory) = std::env::var(DIRECTORY) {
            child(engine, Path::new(&directory), number_from(START, 0));
            return;
        }
        let rounds = number_from("EPMESH_KILL_ROUNDS", 20);
        let seed = number_from("EPMESH_KILL_SEED", 1753);
        let mut random = StdRng::seed_from_u64(seed);
        let directory = tempfile::tempdir().unwrap();
        let mut acknowledged = BTreeMap::new();
        let (mut start, mut total, mut checks, mut replayed) = (0, 0, 0, 0);
        for round in 0..rounds {
            // Now and then before it is open, mostly in the middle of work.
            let acks = if random.random_ratio(1, 5) { 0 } else { random.random_range(1..200) };
            let delay = Duration::from_micros(random.random_range(0..20_000));
            let seen = kill_after(engine, directory.path(), start, acks, delay);
            total += seen.len();
            for number in seen {
                let key = number % (TASKS * KEYS);
                let latest = acknowledged.entry(key).or_insert(number);
                *latest = number.max(*latest);
            }
            start += 100_000;
            // Half of the time the next child is the one that opens what the killed one left.
            if random.random_bool(0.5) || round + 1 == rounds {
                replayed += check(engine, directory.path(), &acknowledged, round, seed);
                checks += 1;
            }
        }
        println!(
            "{engine}: {rounds} kills (seed {seed}), {total} acknowledged transactions, {checks} checks, \
         {replayed} transactions or files repaired, nothing missing; {} bytes on the disk",
            size(directory.path())
        );
        assert!(total > 0, "no child acknowledged anything");
    }

    fn number_from(variable: &str, default: u64) -> u64 {
        std::env::var(variable).map_or(default, |text| text.parse().unwrap())
    }

    fn open(engine: EmbeddedEngine, directory: &Path) -> (Arc<dyn Store>, OpenReport) {
        match engine {
            EmbeddedEngine::Sled => {
                // Checkpoints often, so that many a kill hits one.
                let options = SledOptions {
                    checkpoint_bytes: 100_000,
                    reserve_bytes: 1 << 20,
                    ..SledOptions::new(directory)
                };
                let (store, report) = SledStore::open(options, 0).unwrap();
                (Arc::new(store), report)
            }
            EmbeddedEngine::Redb => {
                let (store, report) = RedbStore::open(RedbOptions::new(directory)).unwrap();
                (Arc::new(store), report)
            }
        }
    }

    fn keys(number: u64) -> [Key; 2] {
        let name = Key::number(number % (TASKS * KEYS));
        [Space::Facts, Space::Enrolments].map(|space| Key::new(space, [&name]).unwrap())
    }

    /// What is stored for a number: it can be told from the bytes, and how many there are.
    fn content(number: u64) -> Vec<u8> {
        let mut random = StdRng::seed_from_u64(number);
        let length = if number.is_multiple_of(10) { 90_000 } else { random.random_range(0..3000) };
        let mut content = number.to_be_bytes().to_vec();
        content.extend((0..length).map(|_| random.random::<u8>()));
        content
    }

    /// The process to be killed: commits numbered records and says so afterwards.
    fn child(engine: EmbeddedEngine, directory: &Path, start: u64) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let (store, report) = open(engine, directory);
            assert_eq!(report.recovered_from, None);
            assert_eq!(report.damaged_journal, None);
            let tasks: Vec<_> = (0..TASKS)
                .map(|task| tokio::spawn(commit_for_ever(store.clone(), start, task)))
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
    }

    async fn commit_for_ever(store: Arc<dyn Store>, start: u64, task: u64) {
        let mut revisions: BTreeMap<Key, u64> = BTreeMap::new();
        let mut number = start + task;
        loop {
            let [fact, enrolment] = keys(number);
            let value = content(number);
            let mut transaction = Transaction::new();
            if let Some(revision) = revisions.get(&fact) {
                transaction = transaction.expect(fact.clone(), Expect::Revision(*revision));
            }
            transaction = transaction.put(fact.clone(), value.clone()).put(enrolment, value);
            let committed = store.commit(transaction).await.unwrap();
            revisions.insert(fact, committed.revision);
            let mut out = std::io::stdout().lock();
            writeln!(out, "ack {number}").unwrap();
            out.flush().unwrap();
            number += TASKS;
        }
    }

    /// Runs a child, kills it after so many acknowledgements (none: after `delay`), and returns all
    /// it gave.
    fn kill_after(
        engine: EmbeddedEngine,
        directory: &Path,
        start: u64,
        acks: usize,
        delay: Duration,
    ) -> Vec<u64> {
        let (_, test) = TESTS.into_iter().find(|(tested, _)| *tested == engine).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(DIRECTORY, directory)
            .env(START, start.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The pipe goes on giving what was written before the kill: that is acknowledged, too. A last
        // line may be cut short.
        let mut numbers = lines.map_while(Result::ok).filter_map(|line| {
            let (_, number) = line.split_once("ack ")?;
            number.parse().ok()
        });
        if acks == 0 {
            std::thread::sleep(delay);
        }
        let mut seen: Vec<u64> = numbers.by_ref().take(acks).collect();
        assert_eq!(seen.len(), acks, "the child ended by itself");
        child.kill().unwrap();
        seen.extend(numbers);
        child.wait().unwrap();
        seen
    }

    /// Opens the store and compares; returns how many transactions were replayed, or whether its file was
    /// repaired.
    fn check(
        engine: EmbeddedEngine,
        directory: &Path,
        acknowledged: &BTreeMap<u64, u64>,
        round: u64,
        seed: u64,
    ) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (store, report) = open(engine, directory);
            assert_eq!(report.recovered_from, None, "round {round}, seed {seed}");
            assert_eq!(report.damaged_journal, None, "round {round}, seed {seed}");
            for latest in acknowledged.values() {
                let mut found = Vec::new();
                for key in keys(*latest) {
                    let Some(stored) = store.get(&key).await.unwrap() else {
                        panic!("round {round}, seed {seed}: {key} with {latest} is missing");
                    };
                    found.push(stored);
                }
                // A later transaction may have been committed and its answer lost; never half of it.
                assert_eq!(found[0], found[1], "round {round}, seed {seed}: half of a transaction");
                let number = u64::from_be_bytes(*found[0].value.first_chunk().unwrap());
                assert!(
                    number >= *latest,
                    "round {round}, seed {seed}: {number} instead of {latest}"
                );
                assert!(found[0].value == content(number), "round {round}, seed {seed}: {number}");
            }
            store.close().await;
            report.replayed + usize::from(report.repaired)
        })
    }

    fn size(directory: &Path) -> u64 {
        std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let metadata = entry.metadata().unwrap();
                if metadata.is_dir() { size(&entry.path()) } else { metadata.len() }
            })
            .sum()
    }
}
