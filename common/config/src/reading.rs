//! A file while it is read: which keys were asked for, and what is wrong.

use std::{
    cell::{Ref, RefCell},
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use super::problem::Problem;

/// The notes that the document and its tables take while they are read.
#[derive(Debug)]
pub(super) struct Reading {
    /// Where each line ends, in bytes.
    line_ends: Vec<usize>,
    problems: RefCell<Vec<Problem>>,
    /// The keys asked for, by the path of their table.
    asked: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Reading {
    /// The reading of `text`.
    pub(super) fn of(text: &str) -> Self {
        let line_ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { line_ends, problems: RefCell::default(), asked: RefCell::default() }
    }

    /// The line on which something begins, from 1; the first where its place is not known.
    pub(super) fn line_of(&self, span: Option<Range<usize>>) -> usize {
        let start = span.map_or(0, |span| span.start);
        1 + self.line_ends.partition_point(|end| *end < start)
    }

    pub(super) fn problem(&self, line: usize, text: String) {
        self.problems.borrow_mut().push(Problem { line, text });
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// Notes that the table at the path `table` is read.
    pub(super) fn open(&self, table: &str) {
        self.asked.borrow_mut().entry(table.to_owned()).or_default();
    }

    /// Notes that `key` of the table at the path `table` was asked for.
    pub(super) fn asked(&self, table: &str, key: &str) {
        self.asked.borrow_mut().entry(table.to_owned()).or_default().insert(key.to_owned());
    }

    /// The keys that were asked for in the table at the path `table`; `None` where nobody opened it.
    pub(super) fn keys_asked(&self, table: &str) -> Option<Ref<'_, BTreeSet<String>>> {
        Ref::filter_map(self.asked.borrow(), |asked| asked.get(table)).ok()
    }
}
