//! The agent's identity before a coordinator: its key, its certificate, and the authority that it
//! trusts.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use epmesh_agent_host::os::private_files;
use epmesh_common::facts::DnsName;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The identity that enrolment gave. One file, so that key and certificate always belong together.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Identity {
    /// The domain controller that the certificate names.
    pub name: DnsName,
    /// The coordinators that were given at enrolment; the configuration comes first.
    pub coordinators: Vec<String>,
    /// The private key, PEM.
    pub key: String,
    /// The certificate, PEM.
    pub certificate: String,
    /// The certificate of the authority, PEM.
    pub authority: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("name", &self.name)
            .field("coordinators", &self.coordinators)
            .finish_non_exhaustive()
    }
}

/// The identity could not be read or kept.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// There is none.
    #[error("this agent is not enrolled: there is no {}", path.display())]
    NotEnrolled {
        /// Where it would be.
        path: PathBuf,
    },
    /// Reading or writing it failed.
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
    /// The file does not hold an identity.
    #[error("{} does not hold an identity", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// Where the identity stands in the state folder.
#[must_use]
fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("identity.json")
}

impl Identity {
    /// Reads the identity of the state folder.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn load(state_dir: &Path) -> Result<Self, IdentityError> {
        let path = path(state_dir);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(IdentityError::NotEnrolled { path });
            }
            Err(source) => return Err(IdentityError::File { action: "read", path, source }),
        };
        serde_json::from_slice(&text).map_err(|source| IdentityError::Damaged { path, source })
    }

    /// Keeps the identity in the state folder, readable by its owner alone.
    ///
    /// # Errors
    /// When it cannot be written; the one before it is then still there.
    pub fn save(&self, state_dir: &Path) -> Result<(), IdentityError> {
        let path = path(state_dir);
        private_files::write_private_json(state_dir, &path, self)
            .map_err(|source| IdentityError::File { action: "write", path, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_kept_for_its_owner_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let state = dir.path().join("state");
        assert!(matches!(Identity::load(&state), Err(IdentityError::NotEnrolled { .. })));
        let identity = Identity {
            name: "dc1.lab.test".parse().expect("a name"),
            coordinators: vec!["https://c.lab.test:7443".into()],
            key: "SECRET".into(),
            certificate: "b".into(),
            authority: "c".into(),
        };
        identity.save(&state).expect("it can be written");
        assert_eq!(Identity::load(&state).expect("it can be read"), identity);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path(&state)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(!format!("{identity:?}").contains("SECRET"));
        fs::write(path(&state), b"{").expect("a file");
        assert!(matches!(Identity::load(&state), Err(IdentityError::Damaged { .. })));
    }
}
