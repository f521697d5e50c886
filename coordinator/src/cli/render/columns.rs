//! Tables whose columns are rows of one list: heading, room, content.

use epmesh_common::facts::Timestamp;

use super::table::{finish, is_narrow, table};

/// A column of a table over rows of type `R`.
pub(crate) struct Column<R> {
    heading: &'static str,
    /// Whether a narrow terminal has no room for the column.
    only_where_wide: bool,
    /// The content of a cell, as of a moment.
    cell: fn(&R, Timestamp) -> String,
}

impl<R> Column<R> {
    /// A column that is always shown.
    pub(crate) const fn new(heading: &'static str, cell: fn(&R, Timestamp) -> String) -> Self {
        Self { heading, only_where_wide: false, cell }
    }

    /// A column that a narrow terminal leaves out: it is asked for least.
    pub(crate) const fn where_wide(
        heading: &'static str,
        cell: fn(&R, Timestamp) -> String,
    ) -> Self {
        Self { heading, only_where_wide: true, cell }
    }
}

/// A table of these columns, one line a row.
pub(crate) fn columns<R>(
    columns: &[Column<R>],
    rows: &[R],
    now: Timestamp,
    width: Option<u16>,
) -> String {
    let shown = || columns.iter().filter(|column| !(column.only_where_wide && is_narrow(width)));
    let headings: Vec<&str> = shown().map(|column| column.heading).collect();
    let mut table = table(&headings, width);
    for row in rows {
        table.add_row(shown().map(|column| (column.cell)(row, now)));
    }
    finish(&table)
}

/// The content of a cell for which there is no value.
pub(crate) fn dash() -> String {
    "-".to_owned()
}
