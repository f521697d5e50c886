//! The exit status.

use std::process::ExitCode;

use epmesh_common::diagnosis::State;

/// The exit status of `epmesh`; the number is what the process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Healthy, or done.
    Healthy = 0,
    /// A link is failing or latent, or an incident is open.
    Failing = 1,
    /// The command line, the configuration or a file cannot be used, or the coordinator refused.
    Usage = 2,
    /// The coordinator cannot be reached.
    Unreachable = 3,
    /// The evidence does not decide.
    Unknown = 4,
    /// `epmesh serve` could not start, or ended because something failed.
    Failed = 5,
}

impl Exit {
    /// Every exit status, with its meaning for `--help`.
    const MEANINGS: [(Self, &'static str); 6] = [
        (Self::Healthy, "healthy, or done"),
        (Self::Failing, "a link is failing or latent, or an incident is open"),
        (
            Self::Usage,
            "the command line, the configuration or a file cannot be used, or the coordinator refused",
        ),
        (
            Self::Unreachable,
            "the coordinator cannot be reached (explain still prints what the report says)",
        ),
        (
            Self::Unknown,
            "unknown: the evidence does not decide, or no incident is open and some links are unknown",
        ),
        (Self::Failed, "serve: the coordinator could not start, or ended because something failed"),
    ];

    /// The exit statuses, as `--help` lists them.
    #[must_use]
    pub fn help() -> String {
        let lines = Self::MEANINGS.map(|(exit, meaning)| format!("  {}  {meaning}", exit as u8));
        format!("Exit status:\n{}", lines.join("\n"))
    }

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
        // The discriminants are the exit status, 0 to 5.
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_exit_status() {
        let help = Exit::help();
        for (number, (exit, meaning)) in Exit::MEANINGS.into_iter().enumerate() {
            assert_eq!(exit as usize, number);
            assert!(help.contains(&format!("\n  {number}  {meaning}")), "{help}");
        }
    }
}
