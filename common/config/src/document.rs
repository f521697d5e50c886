//! A file as a whole.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use toml_edit::{Item, TableLike};

use super::{
    problem::{Problem, Problems},
    section::Section,
};

/// The largest file that is read.
const MAX_BYTES: usize = 1024 * 1024;

/// A configuration file while it is read.
#[derive(Debug)]
pub struct Document {
    file: String,
    parsed: toml_edit::Document<String>,
    problems: RefCell<Vec<Problem>>,
    /// The keys asked for, by the path of their table.
    asked: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Document {
    /// Reads the text of `file`; the name is used in problems only.
    ///
    /// # Errors
    /// When the text is longer than 1 MiB or not TOML (a key written twice is not); then nothing
    /// else can be said about it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let refuse = |line, text| {
            Err(Problems { file: file.to_owned(), list: vec![Problem { line, text }] })
        };
        if text.len() > MAX_BYTES {
            return refuse(1, format!("{} bytes long, at most {MAX_BYTES}", text.len()));
        }
        match toml_edit::Document::parse(text.to_owned()) {
            Ok(parsed) => Ok(Self {
                file: file.to_owned(),
                parsed,
                problems: RefCell::default(),
                asked: RefCell::default(),
            }),
            Err(error) => {
                let line = line_of(text, error.span());
                refuse(line, error.message().trim_end().replace('\n', "; "))
            }
        }
    }

    /// The table that the whole file is.
    #[must_use]
    pub fn root(&self) -> Section<'_> {
        Section::new(self, self.parsed.as_table(), String::new(), 1)
    }

    /// The end of reading: whatever was not asked for is an unknown key.
    ///
    /// # Errors
    /// When there was any problem.
    pub fn finish(self) -> Result<(), Problems> {
        self.find_unknown(self.parsed.as_table(), "");
        let mut list = self.problems.into_inner();
        list.sort();
        list.dedup();
        if list.is_empty() { Ok(()) } else { Err(Problems { file: self.file, list }) }
    }

    /// The end of reading a file that makes no sense as a whole: its problems, and `text` where
    /// there are none.
    #[must_use]
    pub fn refuse(self, text: &str) -> Problems {
        let file = self.file.clone();
        let whole = Problem { line: 1, text: text.to_owned() };
        self.finish().err().unwrap_or(Problems { file, list: vec![whole] })
    }

    pub(super) fn problem(&self, line: usize, text: String) {
        self.problems.borrow_mut().push(Problem { line, text });
    }

    pub(super) fn open(&self, table: &str) {
        self.asked.borrow_mut().entry(table.to_owned()).or_default();
    }

    pub(super) fn asked(&self, table: &str, key: &str) {
        self.asked.borrow_mut().entry(table.to_owned()).or_default().insert(key.to_owned());
    }

    pub(super) fn line_of(&self, span: Option<Range<usize>>) -> usize {
        line_of(self.parsed.raw(), span)
    }

    fn find_unknown(&self, table: &dyn TableLike, path: &str) {
        for (key, item) in table.iter() {
            let known = |keys: &BTreeSet<String>| keys.contains(key);
            if !self.asked.borrow().get(path).is_some_and(known) {
                let span = table.key(key).and_then(toml_edit::Key::span).or_else(|| item.span());
                self.problem(self.line_of(span), self.unknown(path, key));
                continue;
            }
            for (path, table) in tables(item, &join(path, key)) {
                // A table that nobody opened was asked for as something else, and that was said.
                if self.asked.borrow().contains_key(&path) {
                    self.find_unknown(table, &path);
                }
            }
        }
    }

    fn unknown(&self, path: &str, key: &str) -> String {
        let mut text = format!("unknown key `{}`", join(path, key).escape_debug());
        let asked = self.asked.borrow();
        let keys = asked.get(path).into_iter().flatten();
        let near = keys.map(|known| (distance(key, known), known)).min();
        if let Some((distance, known)) = near
            && distance <= 2
            && distance < known.len().div_ceil(2)
        {
            text.push_str(&format!("; did you mean `{known}`?"));
        }
        text
    }
}

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

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.and_then(|span| text.as_bytes().get(..span.start)).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// How many letters are to be changed, put in or left out to make `known` of `given`, where `_`
/// and capitals count as `-` and small letters; keys far too long are far away.
fn distance(given: &str, known: &str) -> usize {
    let plain = |text: &str| text.to_ascii_lowercase().replace('_', "-").into_bytes();
    let (given, known) = (plain(given), plain(known));
    if given.len() > known.len() + 8 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (at, letter) in given.iter().enumerate() {
        let mut next = vec![at + 1];
        let pairs = row.iter().zip(row.iter().skip(1)).zip(&known);
        let mut left = at + 1;
        for ((diagonal, above), other) in pairs {
            left = (diagonal + usize::from(letter != other)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
