//! Notes on the setup of a Windows domain controller.

use std::fmt;

use epmesh_facts::Reading;
use serde::{Deserialize, Serialize};

/// Something about a domain controller's setup that its operator should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Note {
    /// How bad it is.
    pub severity: Severity,
    /// Which rule says it.
    pub about: About,
    /// The exact thing: a service, a registry value, a port range.
    pub subject: String,
    /// What is so.
    pub text: String,
    /// What to do.
    pub advice: String,
    /// The article that it follows, or `epmesh` where none does.
    pub source: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, subject, text, advice, source, .. } = self;
        write!(f, "{severity}: {subject}: {text}; {advice} ({source})")
    }
}

/// The severity of a note; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// RPC servers of this host cannot work so.
    Fault,
    /// The host works, or works for now.
    Warning,
    /// To be known; or a default that is not confirmed.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fault => "fault",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// The rule that a note is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// How the host was started.
    Boot,
    /// A service against its defaults.
    Service,
    /// `Rpc\ClientProtocols`.
    ClientProtocols,
    /// `Rpc\Internet`.
    RpcPorts,
    /// `Rpc\Linkage`.
    RpcBinding,
    /// A port that a service is told to use.
    StaticPort,
    /// A dynamic port range of the operating system.
    PortRange,
    /// Group policy for RPC.
    RpcPolicy,
    /// A value whose name is almost one that counts.
    Misspelt,
}

/// A fact that a rule needs and that is there in some form which could not be read: said once, as
/// a note, for a value of the wrong type may be the fault itself.
pub(super) fn unread<T>(about: About, subject: &str, reading: &Reading<T>) -> Option<Note> {
    let Reading::Unreadable(why) = reading else { return None };
    Some(Note {
        severity: Severity::Note,
        about,
        subject: subject.to_owned(),
        text: format!("could not be checked: {why}"),
        advice: "look at it on the host".to_owned(),
        source: "epmesh".to_owned(),
    })
}
