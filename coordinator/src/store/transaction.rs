//! A transaction: what must be so, and what to write then.

use std::collections::BTreeSet;

use super::error::StoreError;
use super::key::Key;
use super::limits::{MAX_OPERATIONS, MAX_TRANSACTION, MAX_VALUE};

/// The state of a key that a transaction relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The key has no value.
    Absent,
    /// The key was last written by this revision.
    Revision(u64),
}

impl Expect {
    /// Whether a key whose value has `revision` (`None`: has no value) is as expected.
    #[must_use]
    pub fn holds(self, revision: Option<u64>) -> bool {
        match self {
            Self::Absent => revision.is_none(),
            Self::Revision(expected) => revision == Some(expected),
        }
    }
}

/// A change of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets the value of a key.
    Put {
        /// The key.
        key: Key,
        /// Its new value, at most [`MAX_VALUE`] bytes.
        value: Vec<u8>,
    },
    /// Removes a key; nothing happens when it has no value.
    Delete {
        /// The key.
        key: Key,
    },
}

impl Write {
    /// The key that is written.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }

    /// The new value; `None` for a removal.
    #[must_use]
    pub fn value(&self) -> Option<&[u8]> {
        match self {
            Self::Put { value, .. } => Some(value),
            Self::Delete { .. } => None,
        }
    }
}

/// Writes that happen together, if all expectations hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transaction {
    /// The expectations, at most [`MAX_OPERATIONS`], each key once.
    pub expect: Vec<(Key, Expect)>,
    /// The writes, at most [`MAX_OPERATIONS`], each key once.
    pub writes: Vec<Write>,
}

impl Transaction {
    /// An empty transaction.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an expectation.
    #[must_use]
    pub fn expect(mut self, key: Key, expect: Expect) -> Self {
        self.expect.push((key, expect));
        self
    }

    /// Adds the setting of a value.
    #[must_use]
    pub fn put(mut self, key: Key, value: impl Into<Vec<u8>>) -> Self {
        self.writes.push(Write::Put { key, value: value.into() });
        self
    }

    /// Adds a removal.
    #[must_use]
    pub fn delete(mut self, key: Key) -> Self {
        self.writes.push(Write::Delete { key });
        self
    }

    /// Checks the bounds every engine keeps.
    ///
    /// # Errors
    ///
    /// [`StoreError::ValueTooLarge`], [`StoreError::TransactionTooLarge`] or
    /// [`StoreError::Duplicate`].
    pub fn check(&self) -> Result<(), StoreError> {
        let mut size = 0_usize;
        let mut written = BTreeSet::new();
        for write in &self.writes {
            let value = write.value().map_or(0, <[u8]>::len);
            if value > MAX_VALUE {
                let key = write.key().clone();
                return Err(StoreError::ValueTooLarge { key, size: value, most: MAX_VALUE });
            }
            if !written.insert(write.key()) {
                return Err(StoreError::Duplicate { key: write.key().clone() });
            }
            size = size.saturating_add(write.key().as_bytes().len()).saturating_add(value);
        }
        let mut expected = BTreeSet::new();
        for (key, _) in &self.expect {
            if !expected.insert(key) {
                return Err(StoreError::Duplicate { key: key.clone() });
            }
            size = size.saturating_add(key.as_bytes().len());
        }
        let operations = self.writes.len().max(self.expect.len());
        if operations > MAX_OPERATIONS || size > MAX_TRANSACTION {
            return Err(StoreError::TransactionTooLarge { operations, size });
        }
        Ok(())
    }
}
