//! Writing reports to the store, and reading the fleet from it.

use std::collections::{BTreeMap, HashMap};

use epmesh_common::facts::{DnsName, StatementKey};

use super::records::{
    BodyRecord, HistoryRecord, StateRecord, body_key, history_key, large_key, state_key,
};
use crate::{
    fleet::{Restored, Staged, StagedBody},
    store::{
        CommitError, Key, MAX_OPERATIONS, MAX_PAGE, MAX_TRANSACTION, MAX_VALUE, Prefix, Space,
        Store, StoreError, Transaction, chunked, record,
    },
};

/// A transaction is committed once its values have this many bytes: two more still fit.
const BATCH_BYTES: usize = MAX_TRANSACTION - 3 * MAX_VALUE;

/// Writes a staged report. When this returns, everything is durable. The record that says so comes last:
/// after a crash on the way the report is not acknowledged, and is sent again.
///
/// # Errors
/// As [`Store::commit`].
pub async fn write(store: &dyn Store, staged: &Staged) -> Result<(), CommitError> {
    let mut batch = Batch { store, transaction: Transaction::new(), bytes: 0 };
    for body in staged.bodies.iter().filter(|body| body.changed) {
        batch.put_body(&staged.dc, body).await?;
    }
    for subject in &staged.forgotten {
        batch.delete(body_key(&staged.dc, subject)?).await?;
        let large = large_key(&staged.dc, subject)?;
        if let Some(found) = store.get(&large).await? {
            chunked::delete(store, &large, found.revision).await?;
        }
    }
    if let Some(history) = &staged.history {
        let key = history_key(&staged.dc)?;
        let value = record::encode(&key, &HistoryRecord(history.clone()))?;
        batch.put(key, value).await?;
    }
    let key = state_key(&staged.dc)?;
    let value = state(&key, staged)?;
    batch.put(key, value).await?;
    batch.flush().await
}

/// Forgets the report that was last acknowledged to the agent of `dc`, which begins to count anew.
///
/// # Errors
/// As [`Store::commit`].
pub(super) async fn forget_count(store: &dyn Store, dc: &DnsName) -> Result<(), CommitError> {
    let key = state_key(dc)?;
    let Some(found) = store.get(&key).await? else { return Ok(()) };
    let Ok(mut state) = record::decode::<StateRecord>(&key, &found.value) else { return Ok(()) };
    state.acknowledged = crate::fleet::Acknowledged::default();
    let value = record::encode(&key, &state)?;
    store.commit(Transaction::new().put(key, value)).await.map(|_| ())
}

/// All that the store holds of every domain controller. A record that cannot be read is logged and left
/// out: the agent states it again.
///
/// # Errors
/// As [`Store::scan`].
pub(super) async fn read(store: &dyn Store) -> Result<Vec<Restored>, StoreError> {
    let mut found: BTreeMap<DnsName, Found> = BTreeMap::new();
    for space in [Space::Facts, Space::Observations] {
        let prefix = Prefix::space(space);
        let mut after = None;
        loop {
            let page = store.scan(&prefix, after.as_ref(), MAX_PAGE).await?;
            for (key, entry) in page.entries {
                if let Err(error) = sort_in(store, &mut found, &key, &entry.value).await {
                    tracing::warn!(%key, %error, "stored record left out");
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(found.into_iter().map(|(dc, found)| found.restored(dc)).collect())
}

#[derive(Default)]
struct Found {
    state: Option<StateRecord>,
    history: Option<HistoryRecord>,
    bodies: Vec<StagedBody>,
}

async fn sort_in(
    store: &dyn Store,
    found: &mut BTreeMap<DnsName, Found>,
    key: &Key,
    value: &[u8],
) -> Result<(), StoreError> {
    let refuse = |what: String| StoreError::Record { key: key.clone(), what };
    let segments: Vec<&str> = key.segments().collect();
    let (Some(dc), Some(last)) = (segments.first(), segments.last()) else { return Ok(()) };
    let dc: DnsName = dc.parse().map_err(|error| refuse(format!("{error}")))?;
    let is_own = key.space() == Space::Facts;
    match (is_own, segments.as_slice()) {
        (true, [_, "state"]) => {
            found.entry(dc).or_default().state = Some(record::decode(key, value)?);
        }
        (true, [_, "registrations"]) => {
            found.entry(dc).or_default().history = Some(record::decode(key, value)?);
        }
        (true, [_, "own", _]) | (false, [_, _]) => {
            let record = match record::decode::<BodyRecord>(key, value)? {
                BodyRecord { body: None, .. } => read_large(store, key).await?,
                whole => whole,
            };
            let body = record.body.ok_or_else(|| refuse("it has no body".to_owned()))?;
            let (digest, at) = (record.digest, record.at);
            let body = StagedBody { digest, stated: None, at, body, changed: false };
            found.entry(dc).or_default().bodies.push(body);
        }
        // It is read together with the record that points to it.
        _ if *last == "large" => {}
        _ => return Err(refuse("no record of this version has such a key".to_owned())),
    }
    Ok(())
}

async fn read_large(store: &dyn Store, key: &Key) -> Result<BodyRecord, StoreError> {
    let large = Key::new(key.space(), key.segments().chain(["large"]))?;
    let Some(found) = chunked::get(store, &large).await? else {
        let what = "the large record it points to is missing".to_owned();
        return Err(StoreError::Record { key: key.clone(), what });
    };
    record::decode(&large, &found.value)
}

impl Found {
    fn restored(self, dc: DnsName) -> Restored {
        let state = self.state.unwrap_or(StateRecord {
            acknowledged: crate::fleet::Acknowledged::default(),
            received: epmesh_common::facts::Timestamp::default(),
            dropped: 0,
            notes: Vec::new(),
            clock_ahead_ms: 0,
            stamps: Vec::new(),
        });
        let stamps: HashMap<StatementKey, _> = state.stamps.into_iter().collect();
        let mut bodies = self.bodies;
        let mut first = BTreeMap::new();
        for staged in &mut bodies {
            // A body is written when it changes, and its time only with the state.
            if let StatementKey::Peer(peer) = staged.body.subject() {
                first.insert(peer, staged.at);
            }
            // A body that is newer than the state is from a report that was not written to its end.
            let stamp = stamps.get(&staged.body.subject()).copied();
            staged.at = stamp.map_or(staged.at, |stamp| stamp.max(staged.at));
        }
        Restored {
            dc,
            acknowledged: state.acknowledged,
            received: state.received,
            dropped: state.dropped,
            notes: state.notes,
            clock_ahead_ms: state.clock_ahead_ms,
            bodies,
            first,
            history: self.history.map(|record| record.0).unwrap_or_default(),
        }
    }
}

/// The state record. Times are left out where they would make it too large for a value.
fn state(key: &Key, staged: &Staged) -> Result<Vec<u8>, StoreError> {
    let mut state = StateRecord {
        acknowledged: staged.acknowledged,
        received: staged.received,
        dropped: staged.dropped,
        notes: staged.notes.clone(),
        clock_ahead_ms: staged.clock_ahead_ms,
        stamps: staged.stamps.clone(),
    };
    loop {
        let value = record::encode(key, &state)?;
        if value.len() <= MAX_VALUE {
            return Ok(value);
        }
        if state.stamps.is_empty() {
            state.notes.clear();
            return record::encode(key, &state);
        }
        state.stamps.truncate(state.stamps.len() / 2);
    }
}

/// Transactions that are committed as they fill up.
struct Batch<'a> {
    store: &'a dyn Store,
    transaction: Transaction,
    bytes: usize,
}

impl Batch<'_> {
    async fn put_body(&mut self, dc: &DnsName, staged: &StagedBody) -> Result<(), CommitError> {
        let subject = staged.body.subject();
        let key = body_key(dc, &subject)?;
        let mut record =
            BodyRecord { digest: staged.digest, at: staged.at, body: Some(staged.body.clone()) };
        let value = record::encode(&key, &record)?;
        if value.len() <= MAX_VALUE {
            return self.put(key, value).await;
        }
        // One session at a time writes for a DC, so nobody else replaces it in between.
        chunked::put(self.store, &large_key(dc, &subject)?, None, &value).await?;
        record.body = None;
        let pointer = record::encode(&key, &record)?;
        self.put(key, pointer).await
    }

    async fn put(&mut self, key: Key, value: Vec<u8>) -> Result<(), CommitError> {
        self.make_room().await?;
        self.bytes += value.len() + key.as_bytes().len();
        let transaction = std::mem::take(&mut self.transaction);
        self.transaction = transaction.put(key, value);
        Ok(())
    }

    async fn delete(&mut self, key: Key) -> Result<(), CommitError> {
        self.make_room().await?;
        self.bytes += key.as_bytes().len();
        let transaction = std::mem::take(&mut self.transaction);
        self.transaction = transaction.delete(key);
        Ok(())
    }

    async fn make_room(&mut self) -> Result<(), CommitError> {
        if self.bytes >= BATCH_BYTES || self.transaction.writes.len() + 1 >= MAX_OPERATIONS {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), CommitError> {
        self.bytes = 0;
        let transaction = std::mem::take(&mut self.transaction);
        if transaction.writes.is_empty() {
            return Ok(());
        }
        self.store.commit(transaction).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use epmesh_common::facts::{Body, Report, Section, Timestamp};

    use super::*;
    use crate::{
        fleet::{
            Settings, View,
            samples::{DRSUAPI, host, map, name, seen},
        },
        store::MemoryStore,
    };

    #[tokio::test]
    async fn what_is_written_is_read_and_a_broken_record_is_left_out() {
        let store = MemoryStore::new();
        let dc = name("dc1.lab.test");
        let settings = Settings {
            interval: Duration::from_secs(60),
            interfaces: vec![DRSUAPI],
            client_protocols: Default::default(),
            history: crate::fleet::HISTORY,
        };
        let mut view = View::new(settings);
        let (sent, received) = (Timestamp::from_millis(900_000), Timestamp::from_millis(300_000));
        view.heard(&dc, sent, received);
        let bodies = [
            Body::Own(Box::new(Section::Host(host("dc1.lab.test", &["10.0.0.1"])))),
            Body::Own(Box::new(Section::EndpointMap(map(true)))),
            Body::Peer(seen("dc2.lab.test", "10.0.0.2", true, 1)),
        ];
        let report = Report {
            sequence: 4,
            at: sent,
            statements: bodies.iter().cloned().map(|body| body.stated(sent)).collect(),
            dropped: 3,
            notes: vec!["the spool was full".to_owned()],
        };
        let staged = view.stage(&dc, report, sent, received);
        write(&store, &staged).await.expect("it is written");
        let broken = Key::new(Space::Facts, ["dc9.lab.test", "state"]).expect("a key");
        let transaction = Transaction::new().put(broken, *b"not a record");
        store.commit(transaction).await.expect("it is written");

        let mut found = read(&store).await.expect("it is read");
        let restored = found.remove(0);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(restored.dc, dc);
        assert_eq!(restored.acknowledged, staged.acknowledged);
        assert_eq!((restored.dropped, restored.clock_ahead_ms), (3, 600_000));
        assert_eq!(restored.notes, staged.notes);
        assert_eq!(restored.history.of(DRSUAPI).len(), 1);
        let read: Vec<_> = restored.bodies.iter().map(|staged| staged.body.clone()).collect();
        assert!(bodies.iter().all(|body| read.contains(body)) && read.len() == 3);
        assert!(restored.bodies.iter().all(|body| body.at == received));

        forget_count(&store, &dc).await.expect("it is written");
        let acknowledged = super::read(&store).await.expect("it is read").remove(0).acknowledged;
        assert_eq!(acknowledged, crate::fleet::Acknowledged::default());
    }
}
