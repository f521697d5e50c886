//! State that the readers of `dcdiag` share.

use super::super::{
    page::{Page, number},
    told::{Party, Told, Tool},
};

pub(super) const TOOL: Tool = Tool::Dcdiag;

/// The state that holds for the lines to come.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Where dcdiag runs.
    pub(super) home: Option<Party>,
    /// The domain controller under test.
    pub(super) tested: Option<Party>,
    /// Whether a test has begun and its result is still to come.
    pub(super) in_test: bool,
}

/// Adds the lines that are read with the row, those from `first` up to `behind`.
pub(super) fn take(page: &Page<'_>, told: &mut Told, first: usize, behind: usize) {
    let taken = (first..behind).filter(|at| page.open(*at).is_some_and(|text| !text.is_empty()));
    told.lines.extend(taken.map(number));
}
