//! A culprit in words, as it stands in JSON, on the screen and in stored incidents.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::culprit_kind::CulpritKind;

/// The exact thing that is wrong, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CulpritText {
    /// What sort of thing: the word of a [`CulpritKind`], or of one that a later version has.
    pub kind: String,
    /// Which: `A dc2.lab.test on DNS server 10.99.0.11`; `/etc/hosts:4 on dc1.lab.test`.
    pub name: String,
    /// What it is or says.
    pub value: String,
}

impl CulpritText {
    /// The words of a thing of this kind.
    #[must_use]
    pub fn new(kind: CulpritKind, name: String, value: String) -> Self {
        Self { kind: kind.as_str().to_owned(), name, value }
    }
}

impl fmt::Display for CulpritText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.kind, self.name, self.value)
    }
}
