//! Asking a directory.

use std::{collections::HashMap, error::Error, time::Duration};

use epmesh_facts::{Reading, Reason, ReasonKind};
use thiserror::Error;
use tonic::async_trait;

use super::repsfrom::RepsFromError;

/// The time that one answer may take.
pub const ANSWER: Duration = Duration::from_secs(5);

/// The most entries that are taken of one search.
pub const MAX_ENTRIES: usize = 20_000;

/// An open connection to the directory of this host.
#[async_trait]
pub trait Ask: Send {
    /// The attributes of one object; the rootDSE has an empty name.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    async fn object(&mut self, dn: &str, attributes: &[&str]) -> Result<Entry, DirectoryError>;

    /// All objects below `base` that match `filter`, in pages.
    ///
    /// # Errors
    /// When they cannot be read or are more than [`MAX_ENTRIES`].
    async fn below(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError>;
}

/// A read of the directory failed.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// The directory could not be connected to.
    #[error("could not open {at}")]
    Open {
        /// What: "the directory's socket" with its path, "the directory at" a host.
        at: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The directory did not answer.
    #[error("the directory did not answer within {} s: {what}", ANSWER.as_secs())]
    Silent {
        /// What was asked.
        what: String,
    },
    /// The directory answered with an error.
    #[error("the directory refused {what}")]
    Refused {
        /// What was asked.
        what: String,
        /// The LDAP error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// There are too many entries.
    #[error("the directory has more than {MAX_ENTRIES} entries for {what}")]
    TooMany {
        /// What was asked.
        what: String,
    },
    /// Something that every domain controller has is missing.
    #[error("the directory has no {what}")]
    Missing {
        /// What is missing.
        what: String,
    },
    /// A replication neighbour could not be decoded.
    #[error("a value of repsFrom of {context} could not be decoded")]
    RepsFrom {
        /// The naming context.
        context: String,
        /// What is wrong with it.
        #[source]
        source: RepsFromError,
    },
    /// The LDAP library gave up on an answer.
    #[error("an answer of the directory could not be read")]
    Malformed,
}

impl DirectoryError {
    /// The kind of the reason; `system` is what the operating system says below.
    const fn kind(&self, system: ReasonKind) -> ReasonKind {
        match (self, system) {
            // No such socket, or a library that keeps the number to itself.
            (Self::Open { .. }, ReasonKind::Other | ReasonKind::System(2)) => {
                ReasonKind::NoDirectory
            }
            (Self::Silent { .. }, _) => ReasonKind::NoAnswer,
            (_, system) => system,
        }
    }
}

/// A failed read as an answer.
#[must_use]
pub fn reading<T>(result: Result<T, DirectoryError>) -> Reading<T> {
    match result {
        Ok(value) => Reading::Value(value),
        Err(error) => {
            let why = Reason::of(&error);
            Reading::Unreadable(Reason { kind: error.kind(why.kind), ..why })
        }
    }
}

/// An object of an answer.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    dn: String,
    attributes: HashMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    /// The object `dn`, with nothing known of it yet.
    #[must_use]
    pub fn new(dn: String) -> Self {
        Self { dn, attributes: HashMap::new() }
    }

    /// Adds values of an attribute, whose name has no case.
    pub fn add(&mut self, attribute: &str, values: impl IntoIterator<Item = Vec<u8>>) {
        self.attributes.entry(attribute.to_ascii_lowercase()).or_default().extend(values);
    }

    /// Its distinguished name.
    #[must_use]
    pub fn dn(&self) -> &str {
        &self.dn
    }

    /// The first value of an attribute, as text.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.texts(attribute).next()
    }

    /// All values of an attribute that are text.
    pub fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.binary(attribute).filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// All values of an attribute, as they are.
    pub fn binary(&self, attribute: &str) -> impl Iterator<Item = &[u8]> {
        self.attributes
            .get(&attribute.to_ascii_lowercase())
            .into_iter()
            .flatten()
            .map(Vec::as_slice)
    }
}
