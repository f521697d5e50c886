//! The store over an embedded engine: reads from any task, commits through the writer.

use std::path::Path;

use super::contract::{Closing, Committed, Page, Store, StoreFuture, Versioned};
use super::error::{CommitError, StoreError};
use super::key::{Key, Prefix};
use super::limits::MAX_PAGE;
use super::shared::{Database, Shared};
use super::transaction::Transaction;
use super::writer::{Engine, Writer};

/// A store on the local disk, over a database of type `D`. One process at a time.
#[derive(Debug)]
pub struct EmbeddedStore<D> {
    shared: Shared<D>,
    writer: Writer,
}

impl<D> EmbeddedStore<D> {
    /// The store over the database `shared` in `directory`; `engine` writes it.
    pub(super) fn start(
        directory: &Path,
        shared: Shared<D>,
        engine: impl Engine,
    ) -> Result<Self, StoreError> {
        let writer = Writer::start(engine)
            .map_err(|error| StoreError::io("starting the writer for", directory, error))?;
        Ok(Self { shared, writer })
    }
}

impl<D: Database> Store for EmbeddedStore<D> {
    fn get(&self, key: &Key) -> StoreFuture<'_, Option<Versioned>> {
        let key = key.clone();
        Box::pin(self.shared.read_off_thread(move |database| database.get(&key)))
    }

    fn scan(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> StoreFuture<'_, Page> {
        let (prefix, after) = (prefix.clone(), after.cloned());
        let limit = limit.clamp(1, MAX_PAGE);
        let page = move |database: &D| database.page(&prefix, after.as_ref(), limit);
        Box::pin(self.shared.read_off_thread(page))
    }

    fn commit(&self, transaction: Transaction) -> StoreFuture<'_, Committed, CommitError> {
        Box::pin(self.writer.commit(transaction))
    }

    fn close(&self) -> Closing<'_> {
        Box::pin(self.writer.close())
    }
}
