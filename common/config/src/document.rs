//! A file as a whole.

use std::collections::BTreeSet;

use toml_edit::TableLike;

use super::{
    path::{join, tables},
    problem::{Problem, Problems},
    reading::Reading,
    section::Section,
};

/// The largest file that is read.
const MAX_BYTES: usize = 1024 * 1024;

/// A configuration file while it is read.
#[derive(Debug)]
pub struct Document {
    file: String,
    parsed: toml_edit::Document<String>,
    reading: Reading,
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
        let reading = Reading::of(text);
        match toml_edit::Document::parse(text.to_owned()) {
            Ok(parsed) => Ok(Self { file: file.to_owned(), parsed, reading }),
            Err(error) => {
                let line = reading.line_of(error.span());
                refuse(line, error.message().trim_end().replace('\n', "; "))
            }
        }
    }

    /// The table that the whole file is.
    #[must_use]
    pub fn root(&self) -> Section<'_> {
        Section::new(&self.reading, self.parsed.as_table(), String::new(), 1)
    }

    /// The end of reading: whatever was not asked for is an unknown key.
    ///
    /// # Errors
    /// When there was any problem.
    pub fn finish(self) -> Result<(), Problems> {
        self.find_unknown(self.parsed.as_table(), "");
        let mut list = self.reading.into_problems();
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

    fn find_unknown(&self, table: &dyn TableLike, path: &str) {
        for (key, item) in table.iter() {
            let known = |keys: &BTreeSet<String>| keys.contains(key);
            if !self.reading.keys_asked(path).is_some_and(|keys| known(&keys)) {
                let span = table.key(key).and_then(toml_edit::Key::span).or_else(|| item.span());
                self.reading.problem(self.reading.line_of(span), self.unknown(path, key));
                continue;
            }
            for (path, table) in tables(item, &join(path, key)) {
                // A table that nobody opened was asked for as something else, and that was said.
                if self.reading.keys_asked(&path).is_some() {
                    self.find_unknown(table, &path);
                }
            }
        }
    }

    fn unknown(&self, path: &str, key: &str) -> String {
        let mut text = format!("unknown key `{}`", join(path, key).escape_debug());
        let asked = self.reading.keys_asked(path);
        let keys = asked.as_deref().into_iter().flatten();
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
