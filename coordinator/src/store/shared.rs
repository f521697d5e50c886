//! The database of an embedded engine, shared by its readers and its writer, who closes it and opens
//! it again after an error.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::{fmt, mem};

use super::contract::{Page, Versioned};
use super::error::StoreError;
use super::key::{Key, Prefix};

/// An open database of an embedded engine, as its readers need it.
pub trait Database: fmt::Debug + Sized + Send + Sync + 'static {
    /// The value at `key`.
    ///
    /// # Errors
    ///
    /// As [`Store::get`](super::Store::get).
    fn get(&self, key: &Key) -> Result<Option<Versioned>, StoreError>;

    /// A page of entries, see [`Store::scan`](super::Store::scan); `limit` is at least 1.
    ///
    /// # Errors
    ///
    /// As [`Store::scan`](super::Store::scan).
    fn page(&self, prefix: &Prefix, after: Option<&Key>, limit: usize) -> Result<Page, StoreError>;

    /// Closes it in order.
    ///
    /// # Errors
    ///
    /// What the engine says; the database is closed all the same.
    fn close(self) -> Result<(), StoreError>;
}

/// A database `D`, or why there is none at the moment.
pub(super) struct Shared<D>(Arc<RwLock<Result<D, StoreError>>>);

impl<D> Clone for Shared<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D> fmt::Debug for Shared<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<D> Shared<D> {
    /// A database that is open.
    pub(super) fn new(database: D) -> Self {
        Self(Arc::new(RwLock::new(Ok(database))))
    }

    /// Runs a read. Blocks while somebody has the database for himself.
    pub(super) fn read<T>(
        &self,
        operation: impl FnOnce(&D) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let shared = self.0.read().unwrap_or_else(PoisonError::into_inner);
        operation(shared.as_ref().map_err(Clone::clone)?)
    }

    /// The database without readers.
    pub(super) fn exclusively(&self) -> RwLockWriteGuard<'_, Result<D, StoreError>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Database> Shared<D> {
    /// Closes the database for good. When it returns, the database is closed, although readers may
    /// still hold the store.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        let mut shared = self.exclusively();
        mem::replace(&mut *shared, Err(StoreError::Closed)).map_or(Ok(()), D::close)
    }

    /// Closes the database, which after `error` accepts nothing any more, and opens it again.
    pub(super) fn reopen(&self, error: StoreError, open: impl FnOnce() -> Result<D, StoreError>) {
        let mut shared = self.exclusively();
        if let Ok(database) = mem::replace(&mut *shared, Err(error)) {
            // It has just failed; what closing it says adds nothing.
            let _ = database.close();
        }
        *shared = open();
        if let Err(error) = &*shared {
            tracing::error!(%error, "the database cannot be opened again yet");
        }
    }

    /// Runs a read off the async threads.
    pub(super) async fn read_off_thread<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&D) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = self.clone();
        tokio::task::spawn_blocking(move || shared.read(operation))
            .await
            .map_err(|error| StoreError::Engine { operation: "reading", source: Arc::new(error) })?
    }
}
