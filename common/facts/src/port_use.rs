//! Facts on the use of the dynamic port ranges.

use serde::{Deserialize, Serialize};

use super::{Blank, PortRange, Reading};

/// Ports in use, as a trend: coarse on purpose, so that a quiet host says the same every time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PortUse {
    /// One row a dynamic range.
    pub ranges: Reading<Vec<RangeUse>>,
    /// The processes that use the most of a range, largest first; those below five percent are
    /// left out.
    pub top: Reading<Vec<ProcessUse>>,
    /// One row a range that RPC servers take their ports from, where these are others than the dynamic
    /// ones. An RPC server finds no port once all of them are used up.
    #[serde(default = "Reading::untold")]
    pub rpc: Reading<Vec<RangeUse>>,
}

impl PortUse {
    /// Use of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self { ranges: blank.reading(), top: blank.reading(), rpc: blank.reading() }
    }
}

/// The use of one range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RangeUse {
    /// The range.
    pub range: PortRange,
    /// The most of the last quarter of an hour, in percent of the range, rounded up to five.
    pub used_percent: u8,
    /// The most in `TIME_WAIT`, likewise; 0 for UDP.
    pub time_wait_percent: u8,
    /// Where it is going.
    pub trend: Trend,
}

/// The direction in which a number is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// Not seen for long enough to tell.
    Unknown,
    /// The number stays.
    Steady,
    /// The number grows.
    Rising,
    /// The number shrinks.
    Falling,
}

/// A process and its part of the range that it uses most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProcessUse {
    /// Its id.
    pub pid: u32,
    /// The name of its program.
    pub name: String,
    /// In percent of the range, rounded up to five.
    pub used_percent: u8,
}
