//! Lengths of time that lie in the past.

use std::{ops::RangeInclusive, time::Duration};

use epmesh_config::Section;

/// Up to ten years.
const AGES: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3650 * 86_400);

/// The age that `key` gives.
pub(super) fn age(table: &Section<'_>, key: &str) -> Option<Duration> {
    table.duration(key, AGES)
}
