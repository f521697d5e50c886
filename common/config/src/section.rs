//! A table of a file.

use std::{fmt::Display, ops::RangeInclusive, time::Duration};

use toml_edit::{Item, TableLike, Value};

use super::{
    duration,
    path::{join, tables},
    reading::Reading,
};

/// A table of a configuration file. Every method that reads a key answers `None` both when it is not there and
/// when something is wrong with it; the latter is on the document's list.
#[derive(Clone)]
pub struct Section<'a> {
    reading: &'a Reading,
    table: &'a dyn TableLike,
    path: String,
    line: usize,
}

impl<'a> Section<'a> {
    pub(super) fn new(
        reading: &'a Reading,
        table: &'a dyn TableLike,
        path: String,
        line: usize,
    ) -> Self {
        reading.open(&path);
        Self { reading, table, path, line }
    }

    /// A text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        let item = self.item(key)?;
        self.typed(key, item, item.as_str(), "a string").map(str::to_owned)
    }

    /// A text that `parse` understands.
    pub fn parse<T, E: Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let item = self.item(key)?;
        let text = self.typed(key, item, item.as_str(), "a string")?;
        parse(text).map_err(|error| self.problem(key, &error.to_string())).ok()
    }

    /// A list of texts, each of which `parse` understands. `None` when any of them is wrong.
    pub fn list<T, E: Display>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let item = self.item(key)?;
        let array = self.typed(key, item, item.as_array(), "a list of strings")?;
        let mut list = Vec::new();
        for (at, value) in array.iter().enumerate() {
            let line = self.reading.line_of(value.span());
            let path = format!("{}[{at}]", self.path_of(key));
            match value.as_str().map(&parse) {
                Some(Ok(value)) => list.push(value),
                Some(Err(error)) => self.reading.problem(line, format!("`{path}`: {error}")),
                None => {
                    let found = with_article(value.type_name());
                    self.reading.problem(line, format!("`{path}` is {found}, not a string"));
                }
            }
        }
        (list.len() == array.len()).then_some(list)
    }

    /// A whole number within bounds.
    #[must_use]
    pub fn integer(&self, key: &str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let item = self.item(key)?;
        let number = self.typed(key, item, item.as_integer(), "an integer")?;
        if bounds.contains(&number) {
            return Some(number);
        }
        let (first, last) = bounds.into_inner();
        self.problem(key, &format!("{number} is not within {first} to {last}"));
        None
    }

    /// A list of whole numbers within bounds. `None` when any of them is wrong.
    #[must_use]
    pub fn integers(&self, key: &str, bounds: RangeInclusive<i64>) -> Option<Vec<i64>> {
        let item = self.item(key)?;
        let array = self.typed(key, item, item.as_array(), "a list of integers")?;
        let mut list = Vec::new();
        for (at, value) in array.iter().enumerate() {
            match value.as_integer().filter(|number| bounds.contains(number)) {
                Some(number) => list.push(number),
                None => {
                    let (first, last) = (bounds.start(), bounds.end());
                    let path = format!("{}[{at}]", self.path_of(key));
                    let text = format!("`{path}` is no integer from {first} to {last}");
                    self.reading.problem(self.reading.line_of(value.span()), text);
                }
            }
        }
        (list.len() == array.len()).then_some(list)
    }

    /// The keys that are there, in the order of the file: for tables whose keys are data. A key
    /// counts as known only once it is read.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.table.iter().map(|(key, _)| key.to_owned()).collect()
    }

    /// The keys of the table `key`; empty where it is none. That is no reading of it.
    #[must_use]
    pub fn keys_of(&self, key: &str) -> Vec<String> {
        let table = self.table.get(key).and_then(Item::as_table_like);
        let keys = table.into_iter().flat_map(|table| table.iter());
        keys.map(|(key, _)| key.to_owned()).collect()
    }

    /// Whether `key` is there and a table; that is no reading of it.
    #[must_use]
    pub fn has_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|item| item.as_table_like().is_some())
    }

    /// Whether `key` is there and a list; that is no reading of it.
    #[must_use]
    pub fn has_list(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|item| item.as_array().is_some())
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(&self, key: &str) -> Option<bool> {
        let item = self.item(key)?;
        self.typed(key, item, item.as_bool(), "a boolean")
    }

    /// A length of time within bounds: `250ms`, `90s`, `10m`, `24h`, `7d`.
    #[must_use]
    pub fn duration(&self, key: &str, bounds: RangeInclusive<Duration>) -> Option<Duration> {
        self.parse(key, |text| {
            let length = duration::parse(text)
                .ok_or_else(|| format!("{text:?} is no length of time such as 90s, 10m or 24h"))?;
            if bounds.contains(&length) {
                return Ok(length);
            }
            let (first, last) = (duration::text(*bounds.start()), duration::text(*bounds.end()));
            Err(format!("{text} is not within {first} to {last}"))
        })
    }

    /// A table.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<Section<'a>> {
        let item = self.item(key)?;
        let table = self.typed(key, item, item.as_table_like(), "a table")?;
        Some(Section::new(self.reading, table, self.path_of(key), self.line_of(key, item)))
    }

    /// A list of tables; empty when there is none.
    #[must_use]
    pub fn array_of_tables(&self, key: &str) -> Vec<Section<'a>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let inline = |value: &Value| value.is_inline_table();
        let all = item.is_array_of_tables()
            || item.as_array().is_some_and(|array| array.iter().all(inline));
        if self.typed(key, item, all.then_some(()), "a list of tables").is_none() {
            return Vec::new();
        }
        let spans: Vec<_> = match (item.as_array_of_tables(), item.as_array()) {
            (Some(array), _) => array.iter().map(toml_edit::Table::span).collect(),
            (None, Some(array)) => array.iter().map(Value::span).collect(),
            (None, None) => Vec::new(),
        };
        let tables = tables(item, &self.path_of(key)).into_iter().zip(spans);
        let section = |((path, table), span)| {
            Section::new(self.reading, table, path, self.reading.line_of(span))
        };
        tables.map(section).collect()
    }

    /// Says that `key` must be there.
    pub fn require(&self, key: &str) {
        if self.item(key).is_none() {
            let text = format!("`{}` is missing", self.path_of(key));
            self.reading.problem(self.line, text);
        }
    }

    /// Reports something else that is wrong with `key`, or with the table when it has no such key.
    pub fn problem(&self, key: &str, text: &str) {
        let line = self.table.get(key).map_or(self.line, |item| self.line_of(key, item));
        self.reading.problem(line, format!("`{}`: {text}", self.path_of(key)));
    }

    fn item(&self, key: &str) -> Option<&'a Item> {
        self.reading.asked(&self.path, key);
        self.table.get(key).filter(|item| !item.is_none())
    }

    fn typed<T>(&self, key: &str, item: &Item, value: Option<T>, wanted: &str) -> Option<T> {
        if value.is_none() {
            let found = with_article(item.type_name());
            let text = format!("`{}` is {found}, not {wanted}", self.path_of(key));
            self.reading.problem(self.line_of(key, item), text);
        }
        value
    }

    fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    fn line_of(&self, key: &str, item: &Item) -> usize {
        let span = self.table.key(key).and_then(toml_edit::Key::span).or_else(|| item.span());
        self.reading.line_of(span)
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
