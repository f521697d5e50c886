//! Tables and labelled lines, as wide as the terminal.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

/// The width of tables where the terminal does not say.
pub(crate) const WIDTH: u16 = 160;

pub(crate) fn table(header: &[&str], width: Option<u16>) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width.unwrap_or(WIDTH));
    if !header.is_empty() {
        table.set_header(header.iter().copied());
    }
    table
}

pub(crate) fn finish(table: &Table) -> String {
    // Without borders the columns begin with a blank; the trailing ones are noise.
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.strip_prefix(' ').unwrap_or(&line).trim_end());
        text.push('\n');
    }
    text
}

/// A sentence, in lines that are no longer than there is room.
pub(crate) fn wrapped(text: &str, width: Option<u16>) -> String {
    let mut table = table(&[], width);
    table.add_row([text]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 0));
    }
    finish(&table)
}

/// Lines that begin with a label, wrapped behind it.
pub(crate) fn labelled(rows: &[(&str, String)], width: Option<u16>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = table(&[], width);
    for (label, value) in rows {
        table.add_row([*label, value.trim()]);
    }
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(10)));
    }
    finish(&table)
}

/// Steps, each behind its number.
pub(crate) fn numbered(steps: &[String], width: Option<u16>) -> String {
    let mut table = table(&[], width);
    for (number, step) in steps.iter().enumerate() {
        table.add_row([format!("{:>3}.", number + 1), step.clone()]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_padding((0, 1));
    }
    finish(&table)
}

/// Whether a table of many columns would break its words.
pub(crate) fn is_narrow(width: Option<u16>) -> bool {
    width.is_some_and(|width| width < 110)
}
