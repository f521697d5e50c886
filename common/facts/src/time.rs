//! Moments, as somebody's clock told them.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment: milliseconds since the Unix epoch, by the clock of the observer.
///
/// Written as RFC 3339 in UTC. Nothing in this crate reads a clock; a `Timestamp` always comes in
/// as an argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(u64);

/// 9999-12-31T23:59:59.999Z, the last moment RFC 3339 can write.
const LAST: u64 = 253_402_300_799_999;

/// Seconds from 1601-01-01 to 1970-01-01.
const EPOCH_1601: u64 = 11_644_473_600;

impl Timestamp {
    /// The moment this many milliseconds after the Unix epoch; anything past the year 9999 is
    /// taken as the end of it, so that every `Timestamp` can be written.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(if millis > LAST { LAST } else { millis })
    }

    /// The moment so many seconds after 1601-01-01T00:00Z, as directories count; `None` before 1970.
    #[must_use]
    pub fn from_seconds_of_1601(seconds: u64) -> Option<Self> {
        Some(Self::from_millis(seconds.checked_sub(EPOCH_1601)?.saturating_mul(1000)))
    }

    /// The moment of a FILETIME, in units of 100 ns since 1601 (MS-DTYP 2.3.3); `None` before 1970.
    #[must_use]
    pub fn from_filetime(time: u64) -> Option<Self> {
        (time / 10_000).checked_sub(EPOCH_1601 * 1000).map(Self::from_millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time from this moment to `later`; zero when it was not before.
    #[must_use]
    pub const fn until(self, later: Self) -> Duration {
        Duration::from_millis(later.0.saturating_sub(self.0))
    }

    /// How many milliseconds lie between the two, whichever was first.
    #[must_use]
    pub const fn millis_apart(self, other: Self) -> u64 {
        self.0.abs_diff(other.0)
    }

    /// How far the two lie apart, whichever was first.
    #[must_use]
    pub const fn apart(self, other: Self) -> Duration {
        Duration::from_millis(self.millis_apart(other))
    }

    /// The beginning of the hour in which this moment lies.
    #[must_use]
    pub const fn hour(self) -> Self {
        const HOUR: u64 = 3_600_000;
        Self(self.0 / HOUR * HOUR)
    }

    /// This moment moved forward.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }

    /// This moment moved back, not past the epoch.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok());
        match text {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} ms after 1970", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment = OffsetDateTime::parse(&text, &Rfc3339)
            .map_err(|error| de::Error::custom(format!("not an RFC 3339 time: {error}")))?;
        let millis = u64::try_from(moment.unix_timestamp_nanos() / 1_000_000)
            .map_err(|_| de::Error::custom("a time before 1970"))?;
        Ok(Self::from_millis(millis))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        let moment = Timestamp::from_millis(1_795_219_200_123);
        assert_eq!(moment.to_string(), "2026-11-21T00:00:00.123Z");
        let text = serde_json::to_string(&moment).expect("a time is a string");
        assert_eq!(serde_json::from_str::<Timestamp>(&text).expect("its own text"), moment);
        assert!(serde_json::from_str::<Timestamp>("\"yesterday\"").is_err());
        assert!(serde_json::from_str::<Timestamp>("\"1960-01-01T00:00:00Z\"").is_err());
    }

    #[test]
    fn times_since_1601() {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let (seconds, filetime) = (Timestamp::from_seconds_of_1601, Timestamp::from_filetime);
        assert_eq!(seconds(EPOCH_1601 + 100), Some(Timestamp::from_millis(100_000)));
        assert_eq!(text(filetime(116_444_736_000_000_000)), text(seconds(EPOCH_1601)));
        assert_eq!((seconds(0), filetime(0)), (None, None));
    }

    proptest! {
        #[test]
        fn every_moment_can_be_written_and_read(millis in any::<u64>()) {
            let moment = Timestamp::from_millis(millis);
            let text = serde_json::to_string(&moment).expect("a time is a string");
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&text).expect("its own text"), moment);
        }
    }
}
