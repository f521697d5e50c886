//! Why a stage gave no result.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Reason, ReasonKind};

/// Why a stage gave no result.
///
/// As JSON: `failure` names it, `value` has its value; of [`Failure::Local`] the value is the words, and `kind` and
/// `code` stand beside them as in a reading that is unreadable.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "failure", content = "value", rename_all = "kebab-case")]
pub enum Failure {
    /// TCP: connection refused; the host is there and nothing listens, or a filter says so.
    Refused,
    /// Nothing came within the stage's time.
    TimedOut,
    /// An answer began, and its end did not come within the stage's time. A host that answers so is not
    /// silent. How much of it came is left out: it is another number every time.
    Unfinished,
    /// The connection was cut after it had been made.
    Reset,
    /// The network says that there is no way there; the operating system's error number.
    Unreachable(i32),
    /// What came back breaks the protocol: field, offset and value.
    Protocol(String),
    /// The endpoint mapper or the interface refused an anonymous caller; the fault's number.
    AccessDenied(u32),
    /// An RPC fault; its number.
    Fault(u32),
    /// The bind was answered, the interface rejected (C706 12.6.4.4: result and reason).
    BindRejected {
        /// The result: 1 user rejection, 2 provider rejection.
        result: u16,
        /// The reason: 1 abstract syntax not supported.
        reason: u16,
    },
    /// The bind was refused as a whole; the reason.
    BindNak(u16),
    /// The endpoint mapper answered with a status other than success and "not registered".
    Status(u32),
    /// The observer itself could not try, and why.
    Local(Reason),
}

impl Failure {
    /// The observer itself could not try.
    pub fn local(why: impl Into<Reason>) -> Self {
        Self::Local(why.into())
    }

    /// Whether the peer was silent or out of reach, as opposed to having answered.
    #[must_use]
    pub const fn is_silence(&self) -> bool {
        matches!(self, Self::TimedOut | Self::Unreachable(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("connection refused"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Unfinished => f.write_str("an answer began and did not end in time"),
            Self::Reset => f.write_str("connection reset"),
            Self::Unreachable(code) => write!(f, "unreachable (os error {code})"),
            Self::Protocol(what) => write!(f, "protocol error: {what}"),
            Self::AccessDenied(code) => write!(f, "access denied (fault {code:#010x})"),
            Self::Fault(code) => write!(f, "fault {code:#010x}"),
            Self::BindRejected { result, reason } => {
                write!(f, "bind rejected (result {result}, reason {reason})")
            }
            Self::BindNak(reason) => write!(f, "bind refused (bind_nak reason {reason})"),
            Self::Status(code) => write!(f, "endpoint mapper status {code:#010x}"),
            Self::Local(what) => write!(f, "could not be tried: {what}"),
        }
    }
}

/// A failure with what belongs to its reason.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten, with = "Failure")]
    failure: &'a Failure,
    #[serde(skip_serializing_if = "str::is_empty")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i64>,
}

#[derive(Deserialize)]
struct Read {
    #[serde(flatten, with = "Failure")]
    failure: Failure,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    code: Option<i64>,
}

impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, code) = match self {
            Self::Local(why) => why.kind.parts(),
            _ => ReasonKind::Other.parts(),
        };
        Written { failure: self, kind, code }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read { mut failure, kind, code } = Read::deserialize(deserializer)?;
        if let Self::Local(why) = &mut failure {
            why.kind = ReasonKind::of_parts(&kind, code);
        }
        Ok(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comes_back(failure: &Failure, json: &str) {
        assert_eq!(serde_json::to_string(failure).unwrap(), json);
        assert_eq!(serde_json::from_str::<Failure>(json).unwrap(), *failure);
    }

    #[test]
    fn the_kind_of_a_reason_stands_beside_its_words() {
        comes_back(&Failure::Refused, r#"{"failure":"refused"}"#);
        comes_back(&Failure::Unreachable(113), r#"{"failure":"unreachable","value":113}"#);
        comes_back(
            &Failure::BindRejected { result: 2, reason: 1 },
            r#"{"failure":"bind-rejected","value":{"result":2,"reason":1}}"#,
        );
        // As builds wrote it that knew no kinds.
        comes_back(&Failure::local("no way"), r#"{"failure":"local","value":"no way"}"#);
        comes_back(
            &Failure::Local(Reason::of_kind(ReasonKind::System(13), "denied")),
            r#"{"failure":"local","value":"denied","kind":"system","code":13}"#,
        );
    }
}
