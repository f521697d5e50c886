//! A culprit in words, as it stands in JSON, on the screen and in stored incidents.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The exact thing that is wrong, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CulpritText {
    /// What sort of thing: `dns-record`, `hosts-line`, `service`, `port`, `endpoint-mapper` ….
    pub kind: String,
    /// Which: `A dc2.lab.test on DNS server 10.99.0.11`; `/etc/hosts:4 on dc1.lab.test`.
    pub name: String,
    /// What it is or says.
    pub value: String,
}

impl fmt::Display for CulpritText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.kind, self.name, self.value)
    }
}
