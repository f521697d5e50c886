//! Why a message is refused.

use epmesh_facts::{NameError, StatementKey};
use epmesh_rpc::ParseSequenceError;
use thiserror::Error;

/// A message from the wire is not a fact.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {problem}")]
pub struct WireError {
    /// Which field, as a path: `addresses[2].connect.failure`. Empty for the message itself.
    pub field: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// The problem of a field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The field must be there.
    #[error("missing")]
    Missing,
    /// A oneof or an enum has a value that this version does not know, or none.
    #[error("unknown value {0}")]
    UnknownValue(i32),
    /// A oneof has no case set, or one that this version does not know.
    #[error("no case that is known here")]
    UnknownCase,
    /// A text is too long.
    #[error("{bytes} bytes long, at most {limit}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// A list is too long.
    #[error("{count} entries, at most {limit}")]
    TooMany {
        /// Its length.
        count: usize,
        /// The bound.
        limit: usize,
    },
    /// A list that must have an entry has none.
    #[error("empty")]
    Empty,
    /// A number is too large.
    #[error("{value}, at most {limit}")]
    OutOfRange {
        /// The number.
        value: u64,
        /// The bound.
        limit: u64,
    },
    /// A field of fixed length has another.
    #[error("{found} bytes where {expected} are due")]
    WrongLength {
        /// The length found.
        found: usize,
        /// The lengths allowed.
        expected: &'static str,
    },
    /// A text has a control character.
    #[error("control character U+{character:04X} at byte {offset}")]
    ControlCharacter {
        /// The character's number.
        character: u32,
        /// Where it stands.
        offset: usize,
    },
    /// A text is not a DNS name.
    #[error("{0}")]
    Name(NameError),
    /// A text is not a protocol sequence.
    #[error("{0}")]
    Sequence(ParseSequenceError),
    /// The body is about something else than the statement.
    #[error("about {stated}, but the body is about {found}")]
    Subject {
        /// What the statement says it is about.
        stated: Box<StatementKey>,
        /// What the body is about.
        found: Box<StatementKey>,
    },
}
