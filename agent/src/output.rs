//! The form in which a command prints what it found.

use clap::ValueEnum;
use serde::Serialize;

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

impl Output {
    /// Prints `found`: as text for people, which `table` makes, or all of it as JSON.
    pub(crate) fn print<T: Serialize + ?Sized>(
        self,
        found: &T,
        table: impl FnOnce() -> serde_json::Result<String>,
    ) -> serde_json::Result<()> {
        match self {
            Self::Table => print!("{}", table()?),
            Self::Json => println!("{}", serde_json::to_string_pretty(found)?),
        }
        Ok(())
    }
}
