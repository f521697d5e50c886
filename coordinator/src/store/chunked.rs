//! Records larger than a value may be.
//!
//! Up to [`INLINE`] bytes are stored under the key itself. A larger record is cut into pieces
//! under a name of their own, drawn at random; when all of them are durable, one transaction lets
//! the key point to them. So a reader sees the old record or the new one, whole, and a crash on
//! the way leaves pieces that nothing points to, for [`sweep`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::contract::{Committed, Store, Versioned};
use super::error::{CommitError, StoreError};
use super::key::{Key, Prefix, Space};
use super::limits::{MAX_OPERATIONS, MAX_PAGE, MAX_VALUE};
use super::record::{self, Record};
use super::transaction::{Expect, Transaction};

/// The largest record in bytes.
pub const MAX_RECORD: usize = 16 * 1024 * 1024;

/// Records of up to this many bytes are not cut.
pub const INLINE: usize = MAX_VALUE - 1;

/// Pieces written by one transaction; with their keys they stay below its bound.
const PIECES_PER_TRANSACTION: usize = 8;

/// How often a record that is replaced while it is read is read again.
const READ_TRIES: usize = 8;

/// First byte of a value: the record follows.
const TAG_INLINE: u8 = 0;
/// First byte of a value: a [`Head`] follows.
const TAG_HEAD: u8 = 1;

/// Where the pieces are.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    /// The name the pieces are stored under.
    generation: String,
    /// How many there are.
    pieces: usize,
    /// Their bytes together.
    length: usize,
    /// SHA-256 of those, in hex.
    sha256: String,
}

impl Record for Head {
    const VERSION: u32 = 1;
}

/// Reads the record at `key`; the revision is that of the key.
///
/// # Errors
///
/// As [`Store::get`]; [`StoreError::Record`] when pieces are missing or not what was written.
pub async fn get(store: &dyn Store, key: &Key) -> Result<Option<Versioned>, StoreError> {
    let mut revision = None;
    let mut problem = String::new();
    for _ in 0..READ_TRIES {
        let Some(found) = store.get(key).await? else { return Ok(None) };
        if revision == Some(found.revision) {
            break;
        }
        revision = Some(found.revision);
        let head = match parse(key, &found.value)? {
            Stored::Inline(value) => {
                let (value, revision) = (value.to_vec(), found.revision);
                return Ok(Some(Versioned { value, revision }));
            }
            Stored::Head(head) => head,
        };
        match collect(store, key, &head).await? {
            Ok(value) => return Ok(Some(Versioned { value, revision: found.revision })),
            // Replaced meanwhile, most likely: then the key has another revision now.
            Err(what) => problem = what,
        }
    }
    Err(StoreError::Record { key: key.clone(), what: problem })
}

/// Stores a record at `key` if the key is as expected; `None` expects it as it is when called.
///
/// # Errors
///
/// As [`Store::commit`]; [`StoreError::ValueTooLarge`] above [`MAX_RECORD`] bytes.
pub async fn put(
    store: &dyn Store,
    key: &Key,
    expect: Option<Expect>,
    value: &[u8],
) -> Result<Committed, CommitError> {
    if value.len() > MAX_RECORD {
        let (key, size) = (key.clone(), value.len());
        return Err(StoreError::ValueTooLarge { key, size, most: MAX_RECORD }.into());
    }
    let before = store.get(key).await?;
    let expect = expect.unwrap_or_else(|| {
        before.as_ref().map_or(Expect::Absent, |found| Expect::Revision(found.revision))
    });
    let mut stored;
    let mut written = None;
    if value.len() <= INLINE {
        stored = vec![TAG_INLINE];
        stored.extend_from_slice(value);
    } else {
        let head = put_pieces(store, key, value).await?;
        stored = vec![TAG_HEAD];
        stored.extend(record::encode(key, &head)?);
        written = Some(head);
    }
    let committed =
        store.commit(Transaction::new().expect(key.clone(), expect).put(key.clone(), stored)).await;
    match &committed {
        Ok(_) => remove_replaced(store, key, before).await,
        Err(CommitError::Conflict { .. }) => {
            if let Some(head) = written {
                discard(store, key, &head).await;
            }
        }
        // Whether the key points to the pieces may not be known: they stay for `sweep`.
        Err(CommitError::Store(_)) => {}
    }
    committed
}

/// Removes the record at `key`, pieces and all, if the key has this revision.
///
/// # Errors
///
/// As [`Store::commit`].
pub async fn delete(store: &dyn Store, key: &Key, revision: u64) -> Result<Committed, CommitError> {
    let before = store.get(key).await?;
    let expect = Expect::Revision(revision);
    let transaction = Transaction::new().expect(key.clone(), expect).delete(key.clone());
    let committed = store.commit(transaction).await?;
    remove_replaced(store, key, before).await;
    Ok(committed)
}

/// Removes pieces that nothing points to and returns how many. To be called at the start, before
/// anything is stored: pieces of a record that is just being written look the same.
///
/// # Errors
///
/// As [`Store::scan`] and [`Store::commit`].
pub async fn sweep(store: &dyn Store) -> Result<usize, CommitError> {
    let mut removed = 0;
    for space in [Space::Chunks, Space::LedgerChunks] {
        let mut generations = BTreeMap::new();
        let mut after = None;
        loop {
            let page = store.scan(&Prefix::space(space), after.as_ref(), MAX_PAGE).await?;
            let mut transaction = Transaction::new();
            for (piece, _) in page.entries {
                let Some((key, generation)) = owner(&piece) else { continue };
                let current = match generations.get(&key) {
                    Some(current) => current,
                    None => {
                        let current = generation_of(store, &key).await?;
                        generations.entry(key).or_insert(current)
                    }
                };
                if current.as_deref() != Some(generation.as_str()) {
                    removed += 1;
                    transaction = transaction.delete(piece);
                }
                if transaction.writes.len() == MAX_OPERATIONS {
                    store.commit(std::mem::take(&mut transaction)).await?;
                }
            }
            store.commit(transaction).await?;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(removed)
}

enum Stored<'a> {
    Inline(&'a [u8]),
    Head(Head),
}

fn parse<'a>(key: &Key, stored: &'a [u8]) -> Result<Stored<'a>, StoreError> {
    match stored.split_first() {
        Some((&TAG_INLINE, value)) => Ok(Stored::Inline(value)),
        Some((&TAG_HEAD, head)) => Ok(Stored::Head(record::decode(key, head)?)),
        other => {
            let what = format!("first byte {:?} is no tag of ours", other.map(|(tag, _)| tag));
            Err(StoreError::Record { key: key.clone(), what })
        }
    }
}

fn pieces_prefix(key: &Key, generation: &str) -> Result<Prefix, StoreError> {
    Ok(Prefix::new(pieces_space(key), path(key, generation))?)
}

fn pieces_space(key: &Key) -> Space {
    if key.space().is_ledger() { Space::LedgerChunks } else { Space::Chunks }
}

fn path<'a>(key: &'a Key, generation: &'a str) -> impl Iterator<Item = &'a str> {
    std::iter::once(key.space().name()).chain(key.segments()).chain(std::iter::once(generation))
}

/// The key and the generation a piece belongs to.
fn owner(piece: &Key) -> Option<(Key, String)> {
    let segments: Vec<&str> = piece.segments().collect();
    let (_, segments) = segments.split_last()?;
    let (generation, segments) = segments.split_last()?;
    let (space, segments) = segments.split_first()?;
    let space = Space::ALL.into_iter().find(|candidate| candidate.name() == *space)?;
    Some((Key::new(space, segments).ok()?, (*generation).to_owned()))
}

async fn generation_of(store: &dyn Store, key: &Key) -> Result<Option<String>, StoreError> {
    let Some(found) = store.get(key).await? else { return Ok(None) };
    Ok(match parse(key, &found.value)? {
        Stored::Inline(_) => None,
        Stored::Head(head) => Some(head.generation),
    })
}

async fn put_pieces(store: &dyn Store, key: &Key, value: &[u8]) -> Result<Head, CommitError> {
    let generation = Uuid::new_v4().simple().to_string();
    let pieces: Vec<&[u8]> = value.chunks(MAX_VALUE).collect();
    let mut number = 0_u64;
    for group in pieces.chunks(PIECES_PER_TRANSACTION) {
        let mut transaction = Transaction::new();
        for piece in group {
            transaction = transaction.put(piece_key(key, &generation, number)?, *piece);
            number += 1;
        }
        store.commit(transaction).await?;
    }
    let sha256 = hex(&Sha256::digest(value));
    Ok(Head { generation, pieces: pieces.len(), length: value.len(), sha256 })
}

fn piece_key(key: &Key, generation: &str, number: u64) -> Result<Key, StoreError> {
    let number = Key::number(number);
    let segments = path(key, generation).chain(std::iter::once(number.as_str()));
    Ok(Key::new(pieces_space(key), segments)?)
}

/// The record put together, or what is wrong with its pieces.
async fn collect(
    store: &dyn Store,
    key: &Key,
    head: &Head,
) -> Result<Result<Vec<u8>, String>, StoreError> {
    let prefix = pieces_prefix(key, &head.generation)?;
    let mut value = Vec::new();
    let mut pieces = 0;
    let mut after = None;
    loop {
        let page = store.scan(&prefix, after.as_ref(), MAX_PAGE).await?;
        for (_, piece) in &page.entries {
            value.extend_from_slice(&piece.value);
            pieces += 1;
        }
        if value.len() > MAX_RECORD {
            return Ok(Err(format!("its pieces have more than {MAX_RECORD} bytes")));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    if pieces != head.pieces || value.len() != head.length {
        return Ok(Err(format!(
            "it has {pieces} pieces with {} bytes, of {} with {}",
            value.len(),
            head.pieces,
            head.length
        )));
    }
    if hex(&Sha256::digest(&value)) != head.sha256 {
        return Ok(Err("the SHA-256 of its pieces is another".to_owned()));
    }
    Ok(Ok(value))
}

async fn remove_replaced(store: &dyn Store, key: &Key, before: Option<Versioned>) {
    if let Some(before) = before
        && let Ok(Stored::Head(head)) = parse(key, &before.value)
    {
        discard(store, key, &head).await;
    }
}

/// Removes pieces that nothing points to any more. What fails is left for [`sweep`].
async fn discard(store: &dyn Store, key: &Key, head: &Head) {
    let mut transaction = Transaction::new();
    for number in 0..head.pieces.min(MAX_RECORD / MAX_VALUE + 1) {
        match piece_key(key, &head.generation, number as u64) {
            Ok(piece) => transaction = transaction.delete(piece),
            Err(_) => return,
        }
        if transaction.writes.len() == MAX_OPERATIONS {
            let full = std::mem::take(&mut transaction);
            if store.commit(full).await.is_err() {
                return;
            }
        }
    }
    if let Err(error) = store.commit(transaction).await {
        tracing::debug!(%key, %error, "pieces of a replaced record stay until the next start");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
