//! An endpoint map as a table, and as CSV.

use std::fmt::Write as _;

use comfy_table::{Table, presets::NOTHING};

use super::read::Listed;
use crate::listing;

/// The map for people.
pub(super) fn table(listed: &Listed) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_header(["interface", "", "object", "protocol", "endpoint", "annotation"]);
    table.add_rows(listing::rows(&listed.endpoints));
    let Listed { host, address, entries, endpoints, .. } = listed;
    let at = if *host == address.to_string() { String::new() } else { format!(" ({address})") };
    let shown = endpoints.len();
    let mut text = format!("endpoint map of {host}{at}: {entries} entries");
    if shown < *entries {
        let _ = write!(text, ", {shown} of them of what was asked for");
    }
    text.push('\n');
    if shown > 0 {
        let _ = writeln!(text, "{}", table.trim_fmt());
    }
    text
}

/// The map as CSV: a head, and a row for each entry.
///
/// # Errors
/// When it cannot be written, which memory rules out.
pub(super) fn csv(listed: &Listed) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "address",
        "name",
        "uuid",
        "version",
        "object",
        "sequence",
        "endpoint",
        "host",
        "annotation",
    ])?;
    for entry in &listed.endpoints {
        writer.write_record([
            &entry.address.to_string(),
            entry.name.unwrap_or(""),
            &entry.uuid.to_string(),
            &entry.version,
            &entry.object.map_or_else(String::new, |object| object.to_string()),
            &entry.sequence,
            &text(&entry.endpoint),
            &text(entry.host.as_deref().unwrap_or("")),
            &text(&entry.annotation),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Text that a server chose. A spreadsheet takes a cell that begins with one of these for a formula; behind an
/// apostrophe it is text.
fn text(value: &str) -> String {
    let is_formula = value.starts_with(['=', '+', '-', '@']);
    if is_formula { format!("'{value}") } else { value.to_owned() }
}
