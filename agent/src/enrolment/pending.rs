//! The pending enrolment: a file in the state folder, with which the agent enrols when it starts, without
//! anybody at the keyboard. An installer, a package's configuration and an administrator all leave the
//! same file, readable by the service alone; it is deleted once it is used.
//!
//! Its name on disk, `join.json`, and its keys are those of the first version: an installation that was
//! left pending by an older package is read by this one.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use epmesh_agent_host::os::private_files;
use epmesh_common::facts::DnsName;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::session::{IdentityError, JoinToken, coordinator_url};

/// The longest `join.json` that is read.
const LONGEST: u64 = 64 << 10;

/// An enrolment that is to be done when the agent starts: what it needs, kept until it is done.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PendingEnrolment {
    /// The coordinator, `https://HOST:PORT`.
    pub coordinator: String,
    /// The join token.
    pub token: String,
    /// The name of this domain controller, where it is not the one that the host tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DnsName>,
    /// The key that the first try was made with, PEM: a try whose answer was lost is repeated with
    /// the same, and uses up the token only once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl fmt::Debug for PendingEnrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingEnrolment")
            .field("coordinator", &self.coordinator)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// There is no identity, and no pending enrolment that gives one.
#[derive(Debug, Error)]
pub enum PendingError {
    /// There is neither an identity nor a pending enrolment.
    #[error("{identity}; run `epmesh-agent enroll` first")]
    Nothing {
        /// Where the identity would be.
        identity: IdentityError,
    },
    /// The identity is there and cannot be used.
    #[error(transparent)]
    Identity(IdentityError),
    /// Reading, writing or deleting it failed.
    #[error("could not {action} {}", path.display())]
    File {
        /// What was done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file does not hold a pending enrolment.
    #[error("{} is no pending enrolment: {why}; delete it and run `epmesh-agent enroll`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, without its contents.
        why: String,
    },
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("join.json")
}

impl PendingEnrolment {
    /// The pending enrolment in the state folder, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn load(state_dir: &Path) -> Result<Option<Self>, PendingError> {
        let path = path(state_dir);
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(PendingError::File { action: "read", path, source }),
        };
        Self::decode(&bytes).map(Some).map_err(|why| PendingError::Damaged { path, why })
    }

    /// The pending enrolment in the bytes of its file.
    ///
    /// # Errors
    /// When they hold none. The words have no part of it in them: it is a secret.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        // serde's words can repeat a value, and the values are secrets: only the place is told.
        let pending: Self = serde_json::from_slice(bytes)
            .map_err(|error| format!("line {}, column {}", error.line(), error.column()))?;
        coordinator_url(&pending.coordinator)
            .map_err(|why| format!("the address of the coordinator: {why}"))?;
        pending.token.parse::<JoinToken>().map_err(|error| error.to_string())?;
        Ok(pending)
    }

    /// Keeps it in the state folder, readable by the service alone, in place of the one before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, state_dir: &Path) -> Result<(), PendingError> {
        let path = path(state_dir);
        private_files::write_private_json(state_dir, &path, self)
            .map_err(|source| PendingError::File { action: "write", path, source })
    }

    /// Deletes the pending enrolment, if there is one.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub fn remove(state_dir: &Path) -> Result<(), PendingError> {
        let path = path(state_dir);
        private_files::remove_if_there(&path).map_err(|source| PendingError::File {
            action: "delete",
            path,
            source,
        })
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use epmesh_common::error::chain;

    use super::*;

    fn pending() -> PendingEnrolment {
        PendingEnrolment {
            coordinator: "https://c.lab.test:7443".to_owned(),
            token: format!("epm1.AAAAAAAAAAAAAAAAAAAAAA.{}", "0a".repeat(32)),
            name: None,
            key: None,
        }
    }

    #[test]
    fn is_kept_privately_and_deleted() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path().join("state");
        assert_eq!(PendingEnrolment::load(&state).expect("that is no error"), None);
        PendingEnrolment::remove(&state).expect("neither is that");
        pending().save(&state).expect("it can be written");
        assert_eq!(PendingEnrolment::load(&state).expect("it can be read"), Some(pending()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path(&state)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        PendingEnrolment::remove(&state).expect("it can be deleted");
        assert_eq!(PendingEnrolment::load(&state).expect("that is no error"), None);
    }

    #[test]
    fn its_secret_is_never_told() {
        assert!(!format!("{:?}", pending()).contains("epm1"));
        let dir = tempfile::tempdir().expect("a folder");
        for text in [
            r#"{"coordinator": "https://c:1", "token": "hunter2"}"#,
            r#"{"coordinator": "hunter2", "token": "hunter2"}"#,
            r#"{"coordinator": 5, "token": "hunter2"}"#,
            r#"{"coordinator": "https://c:1", "token": {"hunter2": 5}}"#,
            r#"{"coordinator": "https://c:1", "hunter2": "hunter2"}"#,
            "hunter2",
        ] {
            fs::write(path(dir.path()), text).expect("a file");
            let error = PendingEnrolment::load(dir.path()).expect_err(text);
            assert!(matches!(error, PendingError::Damaged { .. }), "{error}");
            assert!(!chain(&error).contains("hunter2"), "{error}");
        }
    }
}
