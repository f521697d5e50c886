//! `epmesh alerts list`.

use std::fmt::Write;

use epmesh_common::facts::Timestamp;

use super::{
    columns::{Column, columns, dash},
    time::moment,
};
use crate::query::{AlertRow, MOST_ALERTS};

/// The columns, from left to right.
const COLUMNS: [Column<AlertRow>; 8] = [
    Column::new("WHEN", |alert, now| moment(alert.at, now)),
    Column::new("TYPE", |alert, _| alert.kind.clone()),
    Column::new("INCIDENT", |alert, _| alert.subject.clone()),
    Column::new("RECEIVER", |alert, _| alert.receiver.clone()),
    Column::new("STATUS", |alert, now| {
        format!("{} {}", alert.status, moment(alert.status_at, now))
    }),
    Column::new("TRIES", |alert, _| alert.tries.to_string()),
    Column::new("LAST TRY", |alert, _| alert.last.clone().unwrap_or_else(dash)),
    Column::new("ID", |alert, _| alert.id.clone()),
];

/// The alerts, newest first.
#[must_use]
pub(crate) fn alerts(rows: &[AlertRow], now: Timestamp, width: Option<u16>) -> String {
    if rows.is_empty() {
        return "no alert was sent, and none waits\n".to_owned();
    }
    let mut text = columns(&COLUMNS, rows, now, width);
    if rows.len() >= MOST_ALERTS {
        let _ = writeln!(text, "\nthe latest {MOST_ALERTS}; older ones are not listed");
    }
    text
}
