//! The exit status.

use std::process::ExitCode;

use epmesh_common::diagnosis::State;

/// The exit status of `epmesh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Healthy, or done.
    Healthy = 0,
    /// A link is failing or latent.
    Failing = 1,
    /// Usage or configuration.
    Usage = 2,
    /// The coordinator cannot be reached.
    Unreachable = 3,
    /// The evidence does not decide.
    Unknown = 4,
}

impl Exit {
    pub(super) fn of(states: impl IntoIterator<Item = State>) -> Self {
        let mut exit = Self::Healthy;
        for state in states {
            match state {
                State::Failing | State::Latent => return Self::Failing,
                State::Unknown => exit = Self::Unknown,
                State::Healthy => {}
            }
        }
        exit
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // The discriminants are the exit status, 0 to 4.
        Self::from(exit as u8)
    }
}
