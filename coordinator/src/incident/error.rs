//! Why incidents cannot be found, changed or stored.

use thiserror::Error;

use crate::{
    alert::AlertError,
    store::{CommitError, KeyError, StoreError},
};

/// Why an incident could not be found, or not be changed.
#[derive(Debug, Error)]
pub enum IncidentError {
    /// No incident has this name.
    #[error("no incident {0:?} is known; see `epmesh incidents --all`")]
    Unknown(String),
    /// Several incidents have names that begin so.
    #[error(
        "{id:?} is the beginning of {of} incidents: {first}; give more of the one that is meant"
    )]
    Ambiguous {
        /// What was given.
        id: String,
        /// How many incidents begin with it.
        of: usize,
        /// The first of them, each with its fault.
        first: String,
    },
    /// The incident is not open.
    #[error("incident {id} {why}")]
    NotOpen {
        /// Which incident.
        id: String,
        /// Why it is not open.
        why: String,
    },
    /// The change could not be written down.
    #[error("the incident could not be stored; nothing was changed")]
    Store(#[from] SaveError),
}

/// Why incidents could not be read from the store or written to it.
#[derive(Debug, Error)]
pub enum SaveError {
    /// The store could not be read, or holds a record that this version cannot read.
    #[error("the incidents could not be read")]
    Read(#[from] StoreError),
    /// The store refused the transaction.
    #[error("the incident could not be written")]
    Commit(#[from] CommitError),
    /// The name does not fit into a key.
    #[error("the name of the incident does not fit into a key of the store")]
    Key(#[from] KeyError),
    /// The event could not be written as JSON.
    #[error("the event could not be written as JSON")]
    Event(#[from] serde_json::Error),
    /// The outbox did not take the event.
    #[error("the event could not be prepared for the outbox")]
    Outbox(#[from] AlertError),
}
