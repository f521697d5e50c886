//! The records in the coordinator's store.

use epmesh::{
    alert::OutboxRecord,
    incident::Record as IncidentRecord,
    ingest::{BodyRecord, HistoryRecord, StateRecord},
    pki::{Enrolment, TokenRecord, TokenUse},
    store::{Key, MemoryStore, Space, Store, Transaction, chunked, record},
};

use super::property::{comes_back, keeps_form};

fn key(name: &str) -> Option<Key> {
    Key::new(Space::Tokens, [name]).ok()
}

fn comes_back_as<T: record::Record>(bytes: &[u8]) {
    let Some(key) = key("1") else { return };
    // Not every record can be compared; its bytes can.
    keeps_form(
        bytes,
        |bytes| record::decode::<T>(&key, bytes),
        |found| record::encode(&key, found),
    );
    if let Ok(found) = record::decode::<T>(&key, bytes) {
        assert!(record::encode(&key, &found).is_ok(), "decoded, and cannot be encoded");
    }
}

pub(super) fn token(bytes: &[u8]) {
    comes_back_as::<TokenRecord>(bytes);
}

pub(super) fn token_use(bytes: &[u8]) {
    comes_back_as::<TokenUse>(bytes);
}

pub(super) fn enrolment(bytes: &[u8]) {
    comes_back_as::<Enrolment>(bytes);
}

pub(super) fn incident(bytes: &[u8]) {
    comes_back_as::<IncidentRecord>(bytes);
}

/// The links of an incident are stored in bundles, as many as have room: after a start they are what was stored.
pub(super) fn incident_links(bytes: &[u8]) {
    let Some(key) = key("1") else { return };
    let decode = |bytes: &[u8]| record::decode::<IncidentRecord>(&key, bytes);
    let Ok(first) = decode(bytes).map(IncidentRecord::restored) else { return };
    let Ok(form) = record::encode(&key, &first.stored()) else { return };
    let open = |bytes: &[u8]| decode(bytes).map(IncidentRecord::restored);
    keeps_form(&form, open, |found| record::encode(&key, &found.stored()));
}

pub(super) fn state(bytes: &[u8]) {
    comes_back_as::<StateRecord>(bytes);
}

pub(super) fn registrations(bytes: &[u8]) {
    comes_back_as::<HistoryRecord>(bytes);
}

pub(super) fn body(bytes: &[u8]) {
    comes_back_as::<BodyRecord>(bytes);
}

pub(super) fn outbox(bytes: &[u8]) {
    let record = comes_back(
        bytes,
        |bytes: &[u8]| serde_json::from_slice::<OutboxRecord>(bytes),
        serde_json::to_vec,
    );
    record.iter().for_each(|record| drop(record.key()));
}

/// A value that may stand in pieces is read or refused; one that was read can be written, and is read again.
pub(super) fn in_pieces(bytes: &[u8]) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
    runtime.block_on(async {
        let (Some(found), Some(again)) = (key("1"), key("2")) else { return };
        let store = MemoryStore::new();
        let put = Transaction::new().put(found.clone(), bytes.to_vec());
        if store.commit(put).await.is_err() {
            return;
        }
        let Ok(Some(first)) = chunked::get(&store, &found).await else { return };
        let written = chunked::put(&store, &again, None, &first.value).await;
        assert!(written.is_ok(), "{written:?}");
        let second = chunked::get(&store, &again).await;
        assert_eq!(second.ok().flatten().map(|second| second.value), Some(first.value));
    });
}
