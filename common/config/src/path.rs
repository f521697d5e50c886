//! The path of a table in a file.

use toml_edit::{Item, TableLike};

/// The path of `key` in the table at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The tables in an item, each with its path.
pub(super) fn tables<'a>(item: &'a Item, path: &str) -> Vec<(String, &'a dyn TableLike)> {
    if let Some(table) = item.as_table_like() {
        return vec![(path.to_owned(), table)];
    }
    let numbered = |(at, table)| (format!("{path}[{at}]"), table);
    if let Some(array) = item.as_array_of_tables() {
        return array
            .iter()
            .map(|table| table as &dyn TableLike)
            .enumerate()
            .map(numbered)
            .collect();
    }
    let values = item.as_array().into_iter().flat_map(toml_edit::Array::iter);
    let inline = values.filter_map(toml_edit::Value::as_inline_table);
    inline.map(|table| table as &dyn TableLike).enumerate().map(numbered).collect()
}
