//! Times that count from 1601, as the directory has them.

use epmesh_facts::Timestamp;

/// Seconds from 1601-01-01 to 1970-01-01.
pub(super) const EPOCH_1601: u64 = 11_644_473_600;

/// The moment so many seconds after 1601; `None` before 1970.
pub(super) fn of_seconds(seconds: u64) -> Option<Timestamp> {
    let since_1970 = seconds.checked_sub(EPOCH_1601)?;
    Some(Timestamp::from_millis(since_1970.saturating_mul(1000)))
}

/// The moment of a FILETIME, in units of 100 ns (MS-DTYP 2.3.3); `None` before 1970.
pub(super) fn of_filetime(time: u64) -> Option<Timestamp> {
    let millis = (time / 10_000).checked_sub(EPOCH_1601 * 1000)?;
    Some(Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_since_1601() {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        assert_eq!(of_seconds(EPOCH_1601 + 100), Some(Timestamp::from_millis(100_000)));
        assert_eq!(text(of_filetime(116_444_736_000_000_000)), text(of_seconds(EPOCH_1601)));
        assert_eq!((of_seconds(0), of_filetime(0)), (None, None));
    }
}
