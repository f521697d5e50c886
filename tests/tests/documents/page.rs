//! A Markdown document, as far as the tests read it: lines, fenced blocks, headings, inline code.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder that holds the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above").to_path_buf()
}

/// A document.
#[derive(Debug)]
pub(crate) struct Page {
    /// Its path within the repository.
    pub(crate) name: String,
    /// Its lines.
    pub(crate) lines: Vec<String>,
}

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The word after the fence: `sh`, `console`, `bat`, `text` ….
    pub(crate) language: String,
    /// The number of its first line, from 1.
    pub(crate) line: usize,
    /// What stands between the fences.
    pub(crate) lines: Vec<String>,
    /// What `<!-- test: … -->` on the line above the block says.
    pub(crate) directive: Option<String>,
}

impl Page {
    /// Reads it.
    pub(crate) fn read(name: &str) -> Self {
        let text = fs::read_to_string(repository().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), lines: text.lines().map(str::to_owned).collect() }
    }

    /// Its fenced blocks.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (index, line) in self.lines.iter().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(language)) => {
                    let above = index.checked_sub(1).map_or("", |above| self.lines[above].as_str());
                    let directive = above
                        .strip_prefix("<!-- test: ")
                        .and_then(|rest| rest.strip_suffix(" -->"))
                        .map(str::to_owned);
                    let (language, line) = (language.to_owned(), index + 2);
                    open = Some(Block { language, line, lines: Vec::new(), directive });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => block.lines.push(line.clone()),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block does not end", self.name);
        blocks
    }

    /// Its lines outside of fenced blocks, with their numbers from 1.
    pub(crate) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut inside = false;
        self.lines.iter().enumerate().filter_map(move |(index, line)| {
            let fence = line.starts_with("```");
            inside ^= fence;
            (!inside && !fence).then_some((index + 1, line.as_str()))
        })
    }

    /// The anchors of its headings, as GitHub makes them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let headings = self.prose().filter_map(|(_, line)| {
            let title = line.trim_start_matches('#');
            (title.len() < line.len()).then(|| title.strip_prefix(' ')).flatten()
        });
        headings.map(anchor).collect()
    }

    /// The text in single backticks outside of blocks, with its line number.
    pub(crate) fn inline_code(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (number, line) in self.prose() {
            let spans = line.split('`').skip(1).step_by(2);
            // In a table cell a bar is written with a backslash.
            found.extend(spans.map(|span| (number, span.replace("\\|", "|"))));
        }
        found
    }
}

/// The anchor of a heading: lower case, without punctuation, dashes for blanks.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}
