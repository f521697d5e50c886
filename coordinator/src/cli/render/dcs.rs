//! `epmesh dcs`.

use std::fmt::Write;

use epmesh_common::{facts::Timestamp, rpc::names};

use super::{
    columns::{Column, columns, dash},
    time::ago,
};
use crate::fleet::DcStatus;

/// The columns, from left to right.
const COLUMNS: [Column<DcStatus>; 8] = [
    Column::new("DC", |dc, _| dc.name.to_string()),
    Column::new("AGENT", |dc, _| agent(dc).to_owned()),
    Column::where_wide("VERSION", |dc, _| dc.agent_version.clone().unwrap_or_else(dash)),
    Column::new("LAST SEEN", |dc, now| dc.last_seen.map_or_else(dash, |at| ago(at, now))),
    Column::new("ADDRESS", |dc, _| addresses(dc)),
    Column::where_wide("SITE", |dc, _| dc.site.clone().unwrap_or_else(dash)),
    Column::new("REGISTERED", |dc, _| registered(dc)),
    Column::new("SKEW", |dc, _| dc.clock_skew_ms.map_or_else(dash, |skew| format!("{skew:+} ms"))),
];

/// The domain controllers, one a row.
#[must_use]
pub(crate) fn dcs(rows: &[DcStatus], now: Timestamp, width: Option<u16>) -> String {
    if rows.is_empty() {
        return "no domain controller is known: enrol an agent first (epmesh token create)\n"
            .to_owned();
    }
    let mut notes = String::new();
    for row in rows {
        if row.dropped > 0 {
            let _ = writeln!(
                notes,
                "{}: its agent lost {} reports before they were sent",
                row.name, row.dropped
            );
        }
        for note in &row.notes {
            let _ = writeln!(notes, "{}: {note}", row.name);
        }
    }
    let mut text = columns(&COLUMNS, rows, now, width);
    if !notes.is_empty() {
        let _ = write!(text, "\n{notes}");
    }
    text
}

const fn agent(dc: &DcStatus) -> &'static str {
    match (dc.agent, dc.connected) {
        (false, _) => "none",
        (true, true) => "connected",
        (true, false) => "not connected",
    }
}

fn addresses(dc: &DcStatus) -> String {
    let addresses: Vec<String> = dc.addresses.iter().map(ToString::to_string).collect();
    if addresses.is_empty() { dash() } else { addresses.join(", ") }
}

/// Whether the watched interfaces are in the domain controller's endpoint map.
fn registered(dc: &DcStatus) -> String {
    let missing: Vec<_> = dc
        .registered
        .iter()
        .filter(|(_, held)| !**held)
        .map(|(interface, _)| names::label(*interface))
        .collect();
    match (dc.registered.is_empty(), missing.is_empty()) {
        (true, _) => "not seen".to_owned(),
        (false, true) => "yes".to_owned(),
        (false, false) => format!("no: {}", missing.join(", ")),
    }
}
