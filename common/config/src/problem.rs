//! Problems of a file.

use std::{error::Error, fmt};

/// A problem: one thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub text: String,
}

/// All problems of a file, by line; never empty. One line each: `FILE:LINE: problem`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    pub(super) file: String,
    pub(super) list: Vec<Problem>,
}

impl Problems {
    /// The problems, by line.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.list
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.list.iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{}:{}: {}", self.file, problem.line, problem.text)?;
        }
        Ok(())
    }
}

impl Error for Problems {}
