//! `epmesh alerts list`.

use std::fmt::Write;

use epmesh_common::facts::Timestamp;

use super::{
    table::{finish, table},
    time::moment,
};
use crate::query::{AlertRow, MOST_ALERTS};

/// The alerts, newest first.
#[must_use]
pub(crate) fn alerts(rows: &[AlertRow], now: Timestamp, width: Option<u16>) -> String {
    if rows.is_empty() {
        return "no alert was sent, and none waits\n".to_owned();
    }
    let header = ["WHEN", "TYPE", "INCIDENT", "RECEIVER", "STATUS", "TRIES", "LAST TRY", "ID"];
    let mut table = table(&header, width);
    for row in rows {
        table.add_row([
            moment(row.at, now),
            row.kind.clone(),
            row.subject.clone(),
            row.receiver.clone(),
            format!("{} {}", row.status, moment(row.status_at, now)),
            row.tries.to_string(),
            row.last.clone().unwrap_or_else(|| "-".to_owned()),
            row.id.clone(),
        ]);
    }
    let mut text = finish(&table);
    if rows.len() >= MOST_ALERTS {
        let _ = writeln!(text, "\nthe latest {MOST_ALERTS}; older ones are not listed");
    }
    text
}
