//! The engine for tests: everything in memory, nothing kept.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::contract::{Committed, Page, Store, StoreFuture, Versioned};
use super::error::CommitError;
use super::key::{Key, Prefix};
use super::limits::MAX_PAGE;
use super::page::PageBuilder;
use super::transaction::{Transaction, Write};

/// A store that lives as long as the process; its *durable* means *in memory*.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<Key, Versioned>,
    revision: u64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing between taking and releasing the lock can leave half a transaction behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &Key) -> StoreFuture<'_, Option<Versioned>> {
        let found = self.state().entries.get(key).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn scan(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> StoreFuture<'_, Page> {
        let page = self.state().page(prefix, after, limit.clamp(1, MAX_PAGE));
        Box::pin(async move { Ok(page) })
    }

    fn commit(&self, transaction: Transaction) -> StoreFuture<'_, Committed, CommitError> {
        Box::pin(async move {
            transaction.check()?;
            self.state().commit(transaction)
        })
    }
}

impl State {
    fn page(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> Page {
        let mut page = PageBuilder::new(limit);
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let entries = self
            .entries
            .range::<Key, _>((start, Bound::Unbounded))
            .skip_while(|(key, _)| key.as_bytes() < prefix.as_bytes())
            .take_while(|(key, _)| prefix.covers(key));
        for (key, value) in entries {
            if !page.has_room() {
                break;
            }
            page.push(key.clone(), value.clone());
        }
        page.finish()
    }

    fn commit(&mut self, transaction: Transaction) -> Result<Committed, CommitError> {
        for (key, expect) in transaction.expect {
            if !expect.holds(self.entries.get(&key).map(|entry| entry.revision)) {
                return Err(CommitError::Conflict { key });
            }
        }
        if !transaction.writes.is_empty() {
            self.revision += 1;
        }
        let revision = self.revision;
        for write in transaction.writes {
            match write {
                Write::Put { key, value } => {
                    self.entries.insert(key, Versioned { value, revision });
                }
                Write::Delete { key } => {
                    self.entries.remove(&key);
                }
            }
        }
        Ok(Committed { revision })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::suite;

    fn fresh() -> (Arc<dyn Store>, ()) {
        (Arc::new(MemoryStore::new()), ())
    }

    #[tokio::test]
    async fn passes_the_suite() {
        suite::run(fresh).await;
    }

    #[test]
    fn behaves_as_a_map() {
        suite::compare_with_model(256, fresh, |store, keep| (store, keep));
    }
}
