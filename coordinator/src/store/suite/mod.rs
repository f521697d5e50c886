//! The suite of every engine: `run(factory)`, and a comparison with a model. `embedded` is the same for
//! engines on the disk, with what is asked of these besides.

use std::sync::Arc;

use super::*;

pub(super) mod embedded;
mod model;

pub(super) use self::model::compare_with_model;

/// Runs every check, each on a store of its own. What the factory returns besides the store is
/// kept until the check is over.
pub(super) async fn run<T>(factory: impl Fn() -> (Arc<dyn Store>, T)) {
    reads_what_it_wrote(&*factory().0).await;
    expectations_hold_or_nothing_happens(&*factory().0).await;
    pages_are_ordered_and_complete(&*factory().0).await;
    bounds_are_kept(&*factory().0).await;
    one_of_many_wins(factory().0).await;
    many_at_once_all_arrive(factory().0).await;
    large_records_are_cut_and_put_together(&*factory().0).await;
    pieces_left_over_are_swept(&*factory().0).await;
}

fn key(name: &str) -> Key {
    Key::new(Space::Facts, name.split('/')).unwrap()
}

async fn put(store: &dyn Store, name: &str, value: &[u8]) -> u64 {
    store.commit(Transaction::new().put(key(name), value)).await.unwrap().revision
}

async fn conflict(store: &dyn Store, transaction: Transaction) -> Key {
    match store.commit(transaction).await {
        Err(CommitError::Conflict { key }) => key,
        other => panic!("{other:?} is no conflict"),
    }
}

async fn reads_what_it_wrote(store: &dyn Store) {
    assert_eq!(store.get(&key("a")).await.unwrap(), None);
    let first = put(store, "a", b"one").await;
    assert!(first > 0);
    let found = store.get(&key("a")).await.unwrap().unwrap();
    assert_eq!((found.value.as_slice(), found.revision), (&b"one"[..], first));
    let second = put(store, "a", b"").await;
    assert!(second > first);
    let found = store.get(&key("a")).await.unwrap().unwrap();
    assert_eq!((found.value.as_slice(), found.revision), (&b""[..], second));
    let nothing = store.commit(Transaction::new()).await.unwrap();
    assert_eq!(nothing.revision, second);
    let third = store.commit(Transaction::new().delete(key("a"))).await.unwrap().revision;
    assert!(third > second);
    assert_eq!(store.get(&key("a")).await.unwrap(), None);
    // All writes of a transaction have its revision.
    let both = Transaction::new().put(key("a"), "1").put(key("b"), "2");
    let fourth = store.commit(both).await.unwrap().revision;
    for name in ["a", "b"] {
        assert_eq!(store.get(&key(name)).await.unwrap().unwrap().revision, fourth);
    }
}

async fn expectations_hold_or_nothing_happens(store: &dyn Store) {
    let absent = |name| Transaction::new().expect(key(name), Expect::Absent);
    let first = store.commit(absent("a").put(key("a"), "1")).await.unwrap().revision;
    assert_eq!(conflict(store, absent("a").put(key("b"), "2")).await, key("a"));
    assert_eq!(store.get(&key("b")).await.unwrap(), None);
    let at = |revision| Transaction::new().expect(key("a"), Expect::Revision(revision));
    let second = store.commit(at(first).put(key("a"), "2")).await.unwrap().revision;
    assert_eq!(conflict(store, at(first).delete(key("a"))).await, key("a"));
    // The first of two that does not hold is named, and the one that holds changes nothing.
    let two = at(second).expect(key("c"), Expect::Revision(1)).delete(key("a"));
    assert_eq!(conflict(store, two).await, key("c"));
    assert_eq!(store.get(&key("a")).await.unwrap().unwrap().value, b"2");
    store.commit(at(second).delete(key("a"))).await.unwrap();
    assert_eq!(conflict(store, at(second).put(key("a"), "3")).await, key("a"));
    // An expectation alone is a transaction, too.
    store.commit(absent("a")).await.unwrap();
}

async fn pages_are_ordered_and_complete(store: &dyn Store) {
    let mut names: Vec<String> = (0..50).map(|n| format!("dc1/{n:02}")).collect();
    for name in names.iter().rev() {
        put(store, name, name.as_bytes()).await;
    }
    for other in ["dc1", "dc1-a/x", "dc0/x", "dc10/x"] {
        put(store, other, b"not beneath dc1").await;
    }
    let history = Key::new(Space::History, ["dc1", "x"]).unwrap();
    store.commit(Transaction::new().put(history.clone(), "x")).await.unwrap();

    let prefix = Prefix::new(Space::Facts, ["dc1"]).unwrap();
    for limit in [0, 1, 7, 50, 51, usize::MAX] {
        let mut read = Vec::new();
        let mut after = None;
        loop {
            let page = store.scan(&prefix, after.as_ref(), limit).await.unwrap();
            assert!(page.entries.len() <= limit.max(1));
            read.extend(page.entries);
            let Some(next) = page.next else { break };
            assert_eq!(read.last().map(|(key, _)| key), Some(&next));
            after = Some(next);
        }
        let read: Vec<String> =
            read.into_iter().map(|(_, value)| String::from_utf8(value.value).unwrap()).collect();
        assert_eq!(read, names, "limit {limit}");
    }
    // `after` need not exist, nor be beneath the prefix.
    let from = |after: Key| async move {
        store.scan(&prefix_dc1(), Some(&after), 1).await.unwrap().entries.pop().map(|(key, _)| key)
    };
    assert_eq!(from(key("dc1/20x")).await, Some(key("dc1/21")));
    assert_eq!(from(key("dc0/x")).await, Some(key("dc1/00")));
    assert_eq!(from(key("dc1")).await, Some(key("dc1/00")));
    assert_eq!(from(key("dc1/49")).await, None);
    assert_eq!(from(history).await, None);

    assert_eq!(scan_all(store, &prefix, 50).await.unwrap().len(), 50);
    assert!(matches!(
        scan_all(store, &prefix, 49).await,
        Err(StoreError::TooMany { most: 49, .. })
    ));
    // A page of large values ends early and says that it does.
    names.clear();
    let large = vec![7; MAX_VALUE];
    for number in 0..MAX_PAGE_BYTES / MAX_VALUE + 4 {
        put(store, &format!("large/{number:03}"), &large).await;
    }
    let page =
        store.scan(&Prefix::new(Space::Facts, ["large"]).unwrap(), None, 1000).await.unwrap();
    assert!(page.next.is_some() && page.entries.len() <= MAX_PAGE_BYTES / MAX_VALUE + 1);
}

fn prefix_dc1() -> Prefix {
    Prefix::new(Space::Facts, ["dc1"]).unwrap()
}

async fn bounds_are_kept(store: &dyn Store) {
    put(store, "a", &vec![1; MAX_VALUE]).await;
    let too_large = Transaction::new().put(key("b"), "x").put(key("a"), vec![2; MAX_VALUE + 1]);
    let refused = store.commit(too_large).await.unwrap_err().to_string();
    assert_eq!(refused, "value of facts/a has 98305 bytes, the most is 98304");
    assert_eq!(store.get(&key("b")).await.unwrap(), None);
    assert_eq!(store.get(&key("a")).await.unwrap().unwrap().value, vec![1; MAX_VALUE]);

    let many = |count: usize| {
        (0..count).fold(Transaction::new(), |all, number| all.put(key(&number.to_string()), "x"))
    };
    store.commit(many(MAX_OPERATIONS)).await.unwrap();
    let heavy = (0..11).fold(Transaction::new(), |all, number| {
        all.put(key(&number.to_string()), vec![0; MAX_VALUE])
    });
    for refused in [many(MAX_OPERATIONS + 1), heavy] {
        assert!(matches!(
            store.commit(refused).await,
            Err(CommitError::Store(StoreError::TransactionTooLarge { .. }))
        ));
    }
    let twice = Transaction::new().put(key("a"), "1").delete(key("a"));
    assert!(matches!(
        store.commit(twice).await,
        Err(CommitError::Store(StoreError::Duplicate { .. }))
    ));
}

async fn one_of_many_wins(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..32_u8)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let claim = Transaction::new().expect(key("token"), Expect::Absent);
                store.commit(claim.put(key("token"), [number])).await.map(|_| number)
            })
        })
        .collect();
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(number) => winners.push(number),
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let stored = store.get(&key("token")).await.unwrap().unwrap().value;
    assert_eq!(stored, winners);
}

async fn many_at_once_all_arrive(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..300)
        .map(|number| {
            let store = Arc::clone(&store);
            let name = format!("{number:04}");
            tokio::spawn(async move { put(&*store, &name, name.as_bytes()).await })
        })
        .collect();
    let mut revisions = Vec::new();
    for task in tasks {
        revisions.push(task.await.unwrap());
    }
    revisions.sort_unstable();
    revisions.dedup();
    assert_eq!(revisions.len(), 300);
    assert_eq!(scan_all(&*store, &Prefix::space(Space::Facts), 300).await.unwrap().len(), 300);
}

async fn chunks(store: &dyn Store) -> usize {
    scan_all(store, &Prefix::space(Space::Chunks), 1000).await.unwrap().len()
}

async fn large_records_are_cut_and_put_together(store: &dyn Store) {
    let record = |length: usize| (0..length).map(|n| (n % 251) as u8).collect::<Vec<u8>>();
    for length in [0, 1, chunked::INLINE, MAX_VALUE, 1_000_000, 10, 2 * MAX_VALUE] {
        let committed = chunked::put(store, &key("x"), None, &record(length)).await.unwrap();
        let found = chunked::get(store, &key("x")).await.unwrap().unwrap();
        assert_eq!((found.value, found.revision), (record(length), committed.revision));
        // Nothing is left of the one before.
        let pieces = if length <= chunked::INLINE { 0 } else { length.div_ceil(MAX_VALUE) };
        assert_eq!(chunks(store).await, pieces, "{length}");
    }
    let absent = Some(Expect::Absent);
    let refused = chunked::put(store, &key("x"), absent, &record(300_000)).await;
    assert!(matches!(refused, Err(CommitError::Conflict { .. })), "{refused:?}");
    assert_eq!(chunks(store).await, 2);
    let found = chunked::get(store, &key("x")).await.unwrap().unwrap();
    assert_eq!(found.value, record(2 * MAX_VALUE));
    let refused = chunked::put(store, &key("x"), None, &record(chunked::MAX_RECORD + 1)).await;
    assert!(
        matches!(refused, Err(CommitError::Store(StoreError::ValueTooLarge { .. }))),
        "{refused:?}"
    );
    chunked::delete(store, &key("x"), found.revision).await.unwrap();
    assert_eq!(chunked::get(store, &key("x")).await.unwrap(), None);
    assert_eq!(chunks(store).await, 0);
}

async fn pieces_left_over_are_swept(store: &dyn Store) {
    let large = vec![1; 300_000];
    for name in ["kept", "lost"] {
        chunked::put(store, &key(name), None, &large).await.unwrap();
    }
    // What a crash before the last step leaves: pieces, and a key that does not point to them.
    store.commit(Transaction::new().delete(key("lost"))).await.unwrap();
    assert_eq!(chunked::sweep(store).await.unwrap(), 4);
    assert_eq!(chunked::sweep(store).await.unwrap(), 0);
    assert_eq!(chunked::get(store, &key("kept")).await.unwrap().unwrap().value, large);
    // Pieces that are missing are noticed.
    let (piece, _) =
        scan_all(store, &Prefix::space(Space::Chunks), 10).await.unwrap().pop().unwrap();
    store.commit(Transaction::new().delete(piece)).await.unwrap();
    let broken = chunked::get(store, &key("kept")).await.unwrap_err().to_string();
    assert_eq!(broken, "record facts/kept: it has 3 pieces with 294912 bytes, of 4 with 300000");
}
