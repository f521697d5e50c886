//! Ranges of ports that are used up.

use epmesh_facts::{PortUse, Transport};

/// The TCP range that has hardly a port left; percentages are rounded up to five.
pub(in crate::diagnosis) fn full(ports: &PortUse) -> Option<(u16, u16)> {
    let rows = ports.ranges.value()?;
    let full =
        rows.iter().find(|row| row.range.transport == Transport::Tcp && row.used_percent >= 100)?;
    Some((full.range.first, full.range.last))
}
