//! Some witnesses by name.

use std::fmt;

use epmesh_facts::DnsName;

/// The first of some witnesses, and how many more there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The first of them.
    pub first: Vec<DnsName>,
    /// How many more there are.
    pub more: usize,
}

impl Named {
    /// The verb for these witnesses: `one` where it is a single one, else `several`.
    pub(super) fn verb(&self, one: &'static str, several: &'static str) -> &'static str {
        if self.first.len() + self.more == 1 { one } else { several }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.first.iter().map(DnsName::as_str).collect();
        f.write_str(&names.join(", "))?;
        if self.more > 0 { write!(f, " and {} more", self.more) } else { Ok(()) }
    }
}
