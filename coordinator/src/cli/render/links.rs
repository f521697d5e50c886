//! `epmesh links`, and links by their names.

use std::fmt::Write;

use epmesh_common::{
    diagnosis::State,
    facts::{DnsName, Timestamp},
};

use super::{
    columns::{Column, columns, dash},
    table::{is_narrow, labelled},
};
use crate::query::LinkRow;

/// The columns, from left to right.
const COLUMNS: [Column<LinkRow>; 9] = [
    Column::new("DESTINATION", |link, _| link.destination.to_string()),
    Column::new("", |_, _| "<-".to_owned()),
    Column::new("SOURCE", |link, _| link.source.to_string()),
    Column::new("INTERFACE", |link, _| link.interface.clone()),
    Column::new("STATE", |link, _| state(link)),
    Column::new("CAUSE", |link, _| link.cause.to_string()),
    Column::new("SIDE", |link, _| link.side.to_string()),
    Column::new("CONFIDENCE", |link, _| link.confidence.to_string()),
    Column::new("ERROR", |link, _| match link.error {
        0 => dash(),
        error => error.to_string(),
    }),
];

/// The links, one a row.
#[must_use]
pub(crate) fn links(rows: &[LinkRow], failing: bool, width: Option<u16>) -> String {
    if rows.is_empty() {
        let what = if failing { "no link is failing or latent" } else { "no link is known" };
        return format!("{what}\n");
    }
    if is_narrow(width) {
        return rows.iter().map(|row| two_lines(row, width)).collect();
    }
    columns(&COLUMNS, rows, Timestamp::default(), width)
}

/// A link by its names, in two lines where there is no room for one: they are to be copied, and are not
/// broken.
pub(crate) fn ends(
    destination: &DnsName,
    source: &DnsName,
    rest: &str,
    indent: &str,
    width: Option<u16>,
) -> String {
    let (from, to) = (format!("{indent}{destination}"), format!("<- {source}   {rest}"));
    let fits = width.is_none_or(|width| from.len() + 1 + to.len() <= usize::from(width));
    if fits { format!("{from} {to}\n") } else { format!("{from}\n{indent}  {to}\n") }
}

/// A link on a narrow terminal.
fn two_lines(row: &LinkRow, width: Option<u16>) -> String {
    let mut text = ends(&row.destination, &row.source, &row.interface, "", width);
    let mut words = row.state.to_string();
    if row.state != State::Healthy {
        let _ = write!(words, ", {}, side: {}", row.cause, row.side);
    }
    let _ = write!(words, ", {}", row.confidence);
    if row.error != 0 {
        let _ = write!(words, ", error {}", row.error);
    }
    if let Some(share) = &row.intermittent {
        let _ = write!(words, ", intermittent: {share}");
    }
    text.push_str(&labelled(&[("", words)], width));
    text
}

fn state(link: &LinkRow) -> String {
    match &link.intermittent {
        Some(share) => format!("{}, {share}", link.state),
        None => link.state.to_string(),
    }
}
