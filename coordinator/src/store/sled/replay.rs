//! The journal's way back into the database.

use std::collections::BTreeMap;

use super::database::{Changes, Database};
use super::frame;
use crate::store::error::StoreError;

/// Applies the frames of a journal to a database, in order.
pub(super) fn replay(database: &Database, frames: &[frame::Frame]) -> Result<(), StoreError> {
    /// Entries per batch: a bound for the memory of a batch.
    const BATCH: usize = 256;
    let mut changes: Changes<'_> = BTreeMap::new();
    let mut latest = 0;
    for frame in frames {
        match frame {
            frame::Frame::Base { revision } => latest = latest.max(*revision),
            frame::Frame::Entry { revision, key, value } => {
                changes.insert(key, (*revision, Some(value)));
            }
            frame::Frame::Transaction { revision, writes } => {
                latest = latest.max(*revision);
                changes
                    .extend(writes.iter().map(|(key, value)| (key, (*revision, value.as_deref()))));
            }
        }
        if changes.len() >= BATCH {
            database.apply(&changes, latest)?;
            changes.clear();
        }
    }
    database.apply(&changes, latest)
}
