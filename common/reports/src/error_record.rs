//! A record of RPC extended error information.

use serde::{Deserialize, Serialize};

use super::scan;

/// An extended error record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ErrorRecord {
    /// Its first line in the file.
    pub line: u32,
    /// When, as written.
    pub when: Option<String>,
    /// The component that made it: 2 is the RPC runtime, 8 Winsock.
    pub component: Option<i64>,
    /// The error.
    pub status: Option<i64>,
    /// Where it was noticed.
    pub location: Option<i64>,
    /// What belongs to the location, as written.
    pub parameters: Vec<String>,
}

impl ErrorRecord {
    /// A parameter that is a number, decimal as dcdiag prints it or hexadecimal.
    pub(super) fn number(&self, at: usize) -> Option<i64> {
        let text = self.parameters.get(at)?;
        let hexadecimal = || text.starts_with("0x").then(|| scan::hexadecimal(text)).flatten();
        text.parse().ok().or_else(hexadecimal)
    }

    /// The number of endpoints that the server returned, and the index of the last, where the record says so.
    pub(super) fn returned(&self) -> Option<(u32, u32)> {
        let both = self.number(3).filter(|_| self.location == Some(500))?;
        let both = u32::try_from(both).ok()?;
        Some((both & 0xffff, both >> 16))
    }
}
