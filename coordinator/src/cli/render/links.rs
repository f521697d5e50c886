//! `epmesh links`, and links by their names.

use std::fmt::Write;

use epmesh_common::{diagnosis::State, facts::DnsName};

use super::table::{finish, is_narrow, labelled, table};
use crate::query::LinkRow;

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
    let header =
        ["DESTINATION", "", "SOURCE", "INTERFACE", "STATE", "CAUSE", "SIDE", "SURE", "ERROR"];
    let mut table = table(&header, width);
    for row in rows {
        let error = if row.error == 0 { "-".to_owned() } else { row.error.to_string() };
        table.add_row([
            row.destination.to_string(),
            "<-".to_owned(),
            row.source.to_string(),
            row.interface.clone(),
            match &row.intermittent {
                Some(share) => format!("{}, {share}", row.state),
                None => row.state.to_string(),
            },
            row.cause.to_string(),
            row.side.to_string(),
            row.confidence.to_string(),
            error,
        ]);
    }
    finish(&table)
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
