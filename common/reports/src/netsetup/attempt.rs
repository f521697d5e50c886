//! An attempt to join a domain, as the log tells it.

use serde::Serialize;

/// An attempt to join.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attempt {
    /// Its first line in the file, from 1.
    pub first_line: u32,
    /// Its last.
    pub last_line: u32,
    /// Every line of it; others may stand between them, where it is part of something longer.
    #[serde(skip)]
    pub lines: Vec<u32>,
    /// When it began, as the file writes it.
    pub began: Option<String>,
    /// The domain that was to be joined.
    pub domain: Option<Noted>,
    /// The computer that was to join.
    pub machine: Option<Noted>,
    /// The domain controller that was last spoken to.
    pub controller: Option<Noted>,
    /// Every step that did not succeed, in order.
    pub failures: Vec<Step>,
    /// The step that decided: the first that failed with the code of the whole.
    pub decisive: Option<Step>,
    /// How it ended; `None` where the log does not tell.
    pub status: Option<Status>,
}

/// A word of the log and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Noted {
    /// The line.
    pub line: u32,
    /// The word.
    pub value: String,
}

/// The end of an attempt (`NetpDoDomainJoin: status: …`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// The line.
    pub line: u32,
    /// The code; 0 is success.
    pub code: u32,
}

/// A step that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// The line it begins in.
    pub line: u32,
    /// What was being done.
    pub stage: Stage,
    /// The code.
    pub code: u32,
    /// The domain controller that the line names.
    pub controller: Option<String>,
    /// The line itself, without its time.
    pub text: String,
}

/// The stage that a step was part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Looking for a domain controller: DNS and LDAP pings.
    FindController,
    /// Connecting to it: SMB, port 445.
    Connect,
    /// Making or finding the computer's account: samr.
    Account,
    /// Finding the account in the directory by `DsBind` and `DsCrackNames`: drsuapi.
    Directory,
    /// Writing the DNS host name and the service principal names: LDAP.
    Names,
    /// Reading or writing secrets and policy: lsarpc, often the computer's own.
    Policy,
    /// Undoing what was done, after it failed.
    Rollback,
    /// Something else.
    Other,
}

impl Stage {
    /// In plain words, to follow "could not".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::FindController => "find a domain controller",
            Self::Connect => "connect to the domain controller over SMB (port 445)",
            Self::Account => "make or change the computer's account (samr)",
            Self::Directory => "bind to the directory (drsuapi: endpoint mapper, then its port)",
            Self::Names => "write the computer's DNS name and service principal names",
            Self::Policy => "read or write the security policy (lsarpc)",
            Self::Rollback => "undo what had been done",
            Self::Other => "take a step",
        }
    }
}
