//! The record of an enrolled agent, and the reasons why an agent is not let in.

use serde::{Deserialize, Serialize};

use super::authority::AuthorityError;
use super::name::InvalidName;
use super::request::RequestError;
use crate::store::record::Record;
use crate::store::{CommitError, StoreError};

/// An enrolled agent, stored under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The DC it speaks for.
    pub name: String,
    /// The serial number of the latest certificate, in lower-case hex.
    pub serial: String,
    /// SHA-256 of the SubjectPublicKeyInfo in that certificate, in hex.
    pub key_fingerprint: String,
    /// The fingerprint of the key before, after a renewal with a new key: the agent may not have got the new
    /// certificate.
    pub previous_key_fingerprint: Option<String>,
    /// The token it enrolled with.
    pub token: String,
    /// When it enrolled, in milliseconds since the Unix epoch.
    pub enrolled_at: u64,
    /// Whether an operator has released the name: its certificates are not accepted any more, and
    /// another agent may enrol under it.
    pub released: bool,
    /// Since when an operator has barred the name, in milliseconds since the Unix epoch: its
    /// certificates are not accepted any more, and nobody may enrol under it until it is released.
    #[serde(default)]
    pub revoked_at: Option<u64>,
}

impl Record for Enrolment {
    const VERSION: u32 = 1;
}

impl Enrolment {
    /// Whether an agent speaks under this name.
    #[must_use]
    pub const fn is_in_force(&self) -> bool {
        !self.released && self.revoked_at.is_none()
    }

    /// Whether a certificate with this key is accepted.
    #[must_use]
    pub fn admits(&self, key_fingerprint: &str) -> bool {
        self.is_in_force()
            && (self.key_fingerprint == key_fingerprint
                || self.previous_key_fingerprint.as_deref() == Some(key_fingerprint))
    }
}

/// Why an agent is not let in. Safe to be told to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No token has this secret.
    #[error("the join token is not known to this coordinator; epmesh token create makes one")]
    Unknown,
    /// The token's time is over.
    #[error("the join token has expired; epmesh token create makes another")]
    Expired {
        /// Since when, in milliseconds since the Unix epoch.
        at: u64,
    },
    /// The token was used as often as it may.
    #[error("the join token is used up; epmesh token create makes another")]
    UsedUp,
    /// The token is for one DC, and not for this one.
    #[error("the join token is for {allowed} only")]
    OtherName {
        /// The DC it is for.
        allowed: String,
    },
    /// The token is for DCs of one domain, and this is none.
    #[error("the join token is for domain controllers of {allowed} only")]
    OtherDomain {
        /// The domain it is for.
        allowed: String,
    },
    /// The name belongs to another key.
    #[error(
        "{name} is enrolled with another key; an operator has to release it first: epmesh release {name}"
    )]
    AlreadyEnrolled {
        /// The name.
        name: String,
        /// Since when, in milliseconds since the Unix epoch.
        since: u64,
    },
    /// The name was never enrolled.
    #[error("{name} is not enrolled")]
    NotEnrolled {
        /// The name.
        name: String,
    },
    /// The name was released by an operator.
    #[error("{name} was released by an operator and has to enrol again")]
    Released {
        /// The name.
        name: String,
    },
    /// The name was barred by an operator.
    #[error(
        "{name} was revoked by an operator: run `epmesh release {name}` and enrol the agent again if it may come back"
    )]
    Revoked {
        /// The name.
        name: String,
        /// Since when, in milliseconds since the Unix epoch.
        since: u64,
    },
    /// The certificate is not one of the last two issued for the name.
    #[error("the certificate presented for {name} was replaced")]
    Replaced {
        /// The name.
        name: String,
    },
}

/// Why an enrolment, a renewal or an operation on tokens failed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The agent is not let in.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The name is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The signing request is none.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The certificate could not be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others changed the same records, again and again.
    #[error("{operation}: others keep changing the same records")]
    Contended {
        /// The operation that failed.
        operation: &'static str,
    },
}

impl From<CommitError> for RegistryError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => Self::Store(error),
            CommitError::Conflict { .. } => Self::Contended { operation: "writing" },
        }
    }
}
