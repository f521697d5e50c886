//! Random histories, compared with a map.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::store::{CommitError, Expect, Key, Prefix, Space, Store, Transaction};

/// Compares random histories with a map. `reopen` gives the store as it is after a restart.
pub(in crate::store) fn compare_with_model<T>(
    cases: u32,
    fresh: impl Fn() -> (Arc<dyn Store>, T),
    reopen: impl Fn(Arc<dyn Store>, T) -> (Arc<dyn Store>, T),
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&steps(), |steps| {
            let (mut store, mut keep) = fresh();
            let mut model = BTreeMap::new();
            let mut latest = 0;
            for step in steps {
                match step {
                    Step::Reopen => (store, keep) = reopen(store, keep),
                    Step::Commit { expect, writes } => runtime.block_on(one_step(
                        &*store,
                        &mut model,
                        &mut latest,
                        &expect,
                        writes,
                    ))?,
                }
            }
            (store, keep) = reopen(store, keep);
            let read = runtime.block_on(read_all(&*store));
            prop_assert_eq!(read, model);
            drop((store, keep));
            Ok(())
        })
        .unwrap();
}

/// One step of a random history. Few keys, so that they meet.
#[derive(Debug, Clone)]
enum Step {
    Commit { expect: Vec<(u8, Guess)>, writes: Vec<(u8, Option<Vec<u8>>)> },
    Reopen,
}

#[derive(Debug, Clone, Copy)]
enum Guess {
    Absent,
    Current,
    Wrong,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let guess = prop_oneof![Just(Guess::Absent), Just(Guess::Current), Just(Guess::Wrong)];
    let value = prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 0..40));
    let commit = (
        prop::collection::btree_map(0..12_u8, guess, 0..3),
        prop::collection::btree_map(0..12_u8, value, 0..5),
    )
        .prop_map(|(expect, writes)| Step::Commit {
            expect: expect.into_iter().collect(),
            writes: writes.into_iter().collect(),
        });
    prop::collection::vec(prop_oneof![12 => commit, 1 => Just(Step::Reopen)], 1..60)
}

type Model = BTreeMap<Key, (Vec<u8>, u64)>;

fn model_key(number: u8) -> Key {
    // Both kinds of areas, and paths that are prefixes of each other.
    let space = if number.is_multiple_of(2) { Space::Tokens } else { Space::Observations };
    let segments: &[&str] = if number < 6 { &["a"] } else { &["a", "b"] };
    Key::new(space, segments.iter().copied().chain([(number % 6).to_string().as_str()])).unwrap()
}

async fn one_step(
    store: &dyn Store,
    model: &mut Model,
    latest: &mut u64,
    expect: &[(u8, Guess)],
    writes: Vec<(u8, Option<Vec<u8>>)>,
) -> Result<(), TestCaseError> {
    let mut transaction = Transaction::new();
    let mut conflict = None;
    for (number, guess) in expect {
        let key = model_key(*number);
        let current = model.get(&key).map(|(_, revision)| *revision);
        let expect = match guess {
            Guess::Absent => Expect::Absent,
            Guess::Current => current.map_or(Expect::Absent, Expect::Revision),
            Guess::Wrong => Expect::Revision(current.unwrap_or_default() + 1),
        };
        if !expect.holds(current) && conflict.is_none() {
            conflict = Some(key.clone());
        }
        transaction = transaction.expect(key, expect);
    }
    for (number, value) in &writes {
        transaction = match value {
            Some(value) => transaction.put(model_key(*number), value.clone()),
            None => transaction.delete(model_key(*number)),
        };
    }
    match (store.commit(transaction).await, conflict) {
        (Err(CommitError::Conflict { key }), Some(expected)) => prop_assert_eq!(key, expected),
        (Ok(committed), None) => {
            if writes.is_empty() {
                prop_assert_eq!(committed.revision, *latest);
            } else {
                prop_assert!(committed.revision > *latest);
            }
            *latest = committed.revision;
            for (number, value) in writes {
                match value {
                    Some(value) => model.insert(model_key(number), (value, committed.revision)),
                    None => model.remove(&model_key(number)),
                };
            }
        }
        (outcome, conflict) => {
            return Err(TestCaseError::fail(format!("{outcome:?}, model: {conflict:?}")));
        }
    }
    prop_assert_eq!(read_all(store).await, model.clone());
    Ok(())
}

async fn read_all(store: &dyn Store) -> Model {
    let mut read = Model::new();
    for space in Space::ALL {
        let mut after = None;
        loop {
            // Small pages, so that there are several.
            let page = store.scan(&Prefix::space(space), after.as_ref(), 3).await.unwrap();
            read.extend(
                page.entries.into_iter().map(|(key, entry)| (key, (entry.value, entry.revision))),
            );
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    read
}
