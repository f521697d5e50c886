//! Why a fact could not be seen: in words for people, and as a type for the code that decides by it.

use std::{error::Error, fmt, io, ops::Deref};

use serde::{Deserialize, Serialize};

/// The longest reason, in characters.
const LONGEST: usize = 300;

/// The reason why a fact could not be seen. It reads as its words.
///
/// As JSON it is its words alone; what holds it writes the kind beside them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Reason {
    /// What kind of reason it is.
    pub kind: ReasonKind,
    /// The words.
    pub words: String,
}

/// The kind of a reason. No decision is made from the words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReasonKind {
    /// Nothing is known but the words.
    #[default]
    Other,
    /// The operating system refused or failed, with this error number.
    System(i32),
    /// A call of COM failed, with this HRESULT.
    Com(u32),
    /// What was asked did not answer in time.
    NoAnswer,
    /// The agent lacks a right of Linux.
    MissingRight(MissingRight),
    /// The directory of this host could not be connected to.
    NoDirectory,
    /// The service that has the fact does not run.
    NotRunning,
    /// The service that has the fact was not given what it needs.
    NotConfigured,
    /// The agent never reads it on a host of this kind. The words say where it can be seen.
    NeverReadHere,
}

/// A right of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MissingRight {
    /// To see the processes of others: root.
    Root,
    /// To see what processes of others hold open: CAP_SYS_PTRACE.
    Ptrace,
}

impl ReasonKind {
    /// The name that a document has for it, and the number beside; no name for [`ReasonKind::Other`].
    #[must_use]
    pub fn parts(self) -> (&'static str, Option<i64>) {
        match self {
            Self::Other => ("", None),
            Self::System(code) => ("system", Some(code.into())),
            Self::Com(code) => ("com", Some(code.into())),
            Self::NoAnswer => ("no-answer", None),
            Self::MissingRight(MissingRight::Root) => ("missing-root", None),
            Self::MissingRight(MissingRight::Ptrace) => ("missing-ptrace", None),
            Self::NoDirectory => ("no-directory", None),
            Self::NotRunning => ("not-running", None),
            Self::NotConfigured => ("not-configured", None),
            Self::NeverReadHere => ("never-read-here", None),
        }
    }

    /// The kind with this name and number; a kind of a later version is [`ReasonKind::Other`].
    #[must_use]
    pub fn of_parts(name: &str, code: Option<i64>) -> Self {
        let code = code.unwrap_or_default();
        match name {
            "system" => i32::try_from(code).map_or(Self::Other, Self::System),
            "com" => u32::try_from(code).map_or(Self::Other, Self::Com),
            "no-answer" => Self::NoAnswer,
            "missing-root" => Self::MissingRight(MissingRight::Root),
            "missing-ptrace" => Self::MissingRight(MissingRight::Ptrace),
            "no-directory" => Self::NoDirectory,
            "not-running" => Self::NotRunning,
            "not-configured" => Self::NotConfigured,
            "never-read-here" => Self::NeverReadHere,
            _ => Self::Other,
        }
    }
}

impl Reason {
    /// A reason of this kind.
    pub fn of_kind(kind: ReasonKind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into() }
    }

    /// An error and its sources, cut to 300 characters; with the number of the system, where one of them is
    /// an error of the system.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        Self { kind: kind_of(error), words: crate::error::chain(error) }.cut()
    }

    /// The reason, its words behind the file, process or stage that it is about.
    #[must_use]
    pub fn about(self, what: impl fmt::Display) -> Self {
        Self { words: format!("{what}: {}", self.words), ..self }
    }

    /// The reason with its words cut to 300 characters.
    #[must_use]
    pub fn cut(self) -> Self {
        match self.words.char_indices().nth(LONGEST) {
            Some((end, _)) => {
                let words = self.words.get(..end).unwrap_or_default().to_owned();
                Self { words, ..self }
            }
            None => self,
        }
    }
}

fn kind_of(error: &(dyn Error + 'static)) -> ReasonKind {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(system) = error.downcast_ref::<io::Error>() {
            if system.kind() == io::ErrorKind::TimedOut {
                return ReasonKind::NoAnswer;
            }
            if let Some(code) = system.raw_os_error() {
                return ReasonKind::System(code);
            }
            if let Some(inner) = system.get_ref() {
                next = Some(inner);
                continue;
            }
        }
        next = error.source();
    }
    ReasonKind::Other
}

impl Deref for Reason {
    type Target = str;

    fn deref(&self) -> &str {
        &self.words
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl From<String> for Reason {
    fn from(words: String) -> Self {
        Self { kind: ReasonKind::Other, words }
    }
}

impl From<&str> for Reason {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Self {
        Self::of(&error)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back_by_its_name() {
        for kind in [
            ReasonKind::Other,
            ReasonKind::System(13),
            ReasonKind::Com(0x8004_1003),
            ReasonKind::NoAnswer,
            ReasonKind::MissingRight(MissingRight::Root),
            ReasonKind::MissingRight(MissingRight::Ptrace),
            ReasonKind::NoDirectory,
            ReasonKind::NotRunning,
            ReasonKind::NotConfigured,
            ReasonKind::NeverReadHere,
        ] {
            let (name, code) = kind.parts();
            assert_eq!(ReasonKind::of_parts(name, code), kind);
        }
        assert_eq!(ReasonKind::of_parts("of-a-later-version", Some(7)), ReasonKind::Other);
        assert_eq!(ReasonKind::of_parts("system", Some(i64::MAX)), ReasonKind::Other);
    }

    #[test]
    fn the_number_of_the_system_is_found_below_other_errors() {
        let error = io::Error::other(io::Error::from_raw_os_error(13));
        assert_eq!(Reason::of(&error).kind, ReasonKind::System(13));
        assert_eq!(Reason::of(&io::Error::other("x".repeat(999))).chars().count(), LONGEST);
    }
}
