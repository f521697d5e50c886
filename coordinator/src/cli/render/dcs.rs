//! `epmesh dcs`.

use std::fmt::Write;

use epmesh_common::{facts::Timestamp, rpc::names};

use super::{
    table::{finish, is_narrow, table},
    time::ago,
};
use crate::fleet::DcStatus;

/// The domain controllers, one a row.
#[must_use]
pub(crate) fn dcs(rows: &[DcStatus], now: Timestamp, width: Option<u16>) -> String {
    if rows.is_empty() {
        return "no domain controller is known: enrol an agent first (epmesh token create)\n"
            .to_owned();
    }
    let header = ["DC", "AGENT", "VERSION", "LAST SEEN", "ADDRESS", "SITE", "REGISTERED", "SKEW"];
    // What is asked for least goes first where there is no room for all.
    let shown = |column: usize| !is_narrow(width) || !matches!(column, 2 | 5);
    let kept = |cells: [String; 8]| {
        let cells = cells.into_iter().enumerate();
        cells.filter(|(at, _)| shown(*at)).map(|(_, cell)| cell).collect::<Vec<_>>()
    };
    let header = kept(header.map(str::to_owned));
    let mut table = table(&header.iter().map(String::as_str).collect::<Vec<_>>(), width);
    let mut notes = String::new();
    for row in rows {
        let agent = match (row.agent, row.connected) {
            (false, _) => "none",
            (true, true) => "connected",
            (true, false) => "not connected",
        };
        let dash = || "-".to_owned();
        let addresses: Vec<String> = row.addresses.iter().map(ToString::to_string).collect();
        let missing: Vec<_> = row
            .registered
            .iter()
            .filter(|(_, held)| !**held)
            .map(|(interface, _)| names::label(*interface))
            .collect();
        let registered = match (row.registered.is_empty(), missing.is_empty()) {
            (true, _) => "not seen".to_owned(),
            (false, true) => "yes".to_owned(),
            (false, false) => format!("no: {}", missing.join(", ")),
        };
        table.add_row(kept([
            row.name.to_string(),
            agent.to_owned(),
            row.agent_version.clone().unwrap_or_else(dash),
            row.last_seen.map_or_else(dash, |at| ago(at, now)),
            if addresses.is_empty() { dash() } else { addresses.join(", ") },
            row.site.clone().unwrap_or_else(dash),
            registered,
            row.clock_skew_ms.map_or_else(dash, |skew| format!("{skew:+} ms")),
        ]));
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
    let mut text = finish(&table);
    if !notes.is_empty() {
        let _ = write!(text, "\n{notes}");
    }
    text
}
