//! The database of an embedded engine, shared by its readers and its writer, who closes it and opens
//! it again after an error.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use super::error::StoreError;

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

impl<D: Send + Sync + 'static> Shared<D> {
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
