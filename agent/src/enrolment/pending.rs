//! Joining a mesh without anybody at the keyboard: a pending join lies in the state folder, and the
//! agent enrols when it starts. An installer, a package's configuration and an administrator all
//! leave the same file, `join.json`, readable by the service alone; it is deleted once it is used.

use std::{
    fmt, fs, io,
    path::Path,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use epmesh_common::{
    error::chain,
    facts::{DnsName, Section, SectionKind},
};
use rand::{SeedableRng as _, rngs::StdRng};
use rcgen::KeyPair;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Config},
    files,
    notice::{Notice, Notices},
    platform::{Platform, unnamed},
    session::{Backoff, EnrolError, Enrolment, Identity, IdentityError, JoinToken, enrol},
};

/// The longest `join.json` that is read.
const LONGEST: u64 = 64 << 10;

/// The bounds of the waits while the coordinator cannot be reached.
const UNREACHED: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));

/// The wait after a refusal: an operator has to do something first (release a name, make another
/// token), and a fleet of refused agents must not be a burden.
const REFUSED: Duration = Duration::from_secs(900);

/// What is needed to join, kept until it is done.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PendingJoin {
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

impl fmt::Debug for PendingJoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingJoin")
            .field("coordinator", &self.coordinator)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The pending join cannot be used, or the agent cannot join.
#[derive(Debug, Error)]
pub enum JoinError {
    /// There is neither an identity nor a pending join.
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
    /// It does not hold a pending join.
    #[error("{} is no pending join: {why}; delete it and run `epmesh-agent enroll`", path.display())]
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

impl PendingJoin {
    /// The pending join in the state folder, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn load(state_dir: &Path) -> Result<Option<Self>, JoinError> {
        let path = path(state_dir);
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(JoinError::File { action: "read", path, source }),
        };
        let damaged = |why| JoinError::Damaged { path: path.clone(), why };
        // serde's words can repeat a value, and the values are secrets: only the place is told.
        let join: Self = serde_json::from_slice(&bytes).map_err(|error| {
            damaged(format!("line {}, column {}", error.line(), error.column()))
        })?;
        config::coordinator(&join.coordinator)
            .map_err(|why| damaged(format!("the address of the coordinator: {why}")))?;
        join.token.parse::<JoinToken>().map_err(|error| damaged(error.to_string()))?;
        Ok(Some(join))
    }

    /// Keeps it in the state folder, readable by the service alone, in place of the one before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, state_dir: &Path) -> Result<(), JoinError> {
        let path = path(state_dir);
        let write = || {
            files::private_dir(state_dir)?;
            files::write_private(&path, &serde_json::to_vec_pretty(self).map_err(io::Error::other)?)
        };
        write().map_err(|source| JoinError::File { action: "write", path: path.clone(), source })
    }

    /// Deletes the pending join, if there is one.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub fn remove(state_dir: &Path) -> Result<(), JoinError> {
        let path = path(state_dir);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(JoinError::File { action: "delete", path, source })
            }
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The identity of this agent: the one in the state folder, or the one that the pending join there
/// gives, however long that takes. `None` when it was told to stop before.
///
/// # Errors
/// When there is neither, or a file cannot be used.
pub async fn identity(
    config: &Config,
    platform: &Arc<dyn Platform>,
    notices: &Notices,
    shutdown: &CancellationToken,
) -> Result<Option<Identity>, JoinError> {
    let state_dir = &config.state_dir;
    match Identity::load(state_dir) {
        Ok(identity) => {
            // What an end between keeping the one and deleting the other left.
            PendingJoin::remove(state_dir)?;
            Ok(Some(identity))
        }
        Err(identity @ IdentityError::NotEnrolled { .. }) => {
            let Some(join) = PendingJoin::load(state_dir)? else {
                return Err(JoinError::Nothing { identity });
            };
            tokio::select! {
                () = shutdown.cancelled() => Ok(None),
                joined = joined(config, join, platform, notices) => joined.map(Some),
            }
        }
        Err(error) => Err(JoinError::Identity(error)),
    }
}

/// Tries until it is let in.
async fn joined(
    config: &Config,
    mut join: PendingJoin,
    platform: &Arc<dyn Platform>,
    notices: &Notices,
) -> Result<Identity, JoinError> {
    let state_dir = &config.state_dir;
    if join.key.is_none() {
        // Without a key there is nothing to ask for; the next try may have one.
        join.key = KeyPair::generate().ok().map(|key| key.serialize_pem());
        join.save(state_dir)?;
    }
    let identity = until_in(|| attempt(config, &join, platform), notices).await;
    PendingJoin::remove(state_dir)?;
    notices.tell(&Notice::Enrolled(identity.name.clone()));
    Ok(identity)
}

/// Tries until one try succeeds, with the waits that its failures call for.
async fn until_in<F>(mut attempt: impl FnMut() -> F, notices: &Notices) -> Identity
where
    F: Future<Output = Result<Identity, Unjoined>>,
{
    let mut backoff = Backoff::between(UNREACHED.0, UNREACHED.1);
    let mut random = StdRng::from_os_rng();
    let mut said = None;
    loop {
        let (notice, wait) = match attempt().await {
            Ok(identity) => return identity,
            Err(Unjoined::Refused(why)) => (Notice::Refused(why), REFUSED),
            Err(Unjoined::Later(why)) => (Notice::Unreachable(why), backoff.next(&mut random)),
        };
        // Said once, not at every try: it goes to the event log.
        if said.as_ref() == Some(&notice) {
            tracing::warn!(again_in_s = wait.as_secs(), "{notice}");
        } else {
            notices.tell(&notice);
            said = Some(notice);
        }
        tokio::time::sleep(wait).await;
    }
}

enum Unjoined {
    Refused(String),
    Later(String),
}

async fn attempt(
    config: &Config,
    join: &PendingJoin,
    platform: &Arc<dyn Platform>,
) -> Result<Identity, Unjoined> {
    let later = |why: String| {
        Unjoined::Later(format!("could not join the mesh of {}: {why}", join.coordinator))
    };
    let name = match config.name.clone().or_else(|| join.name.clone()) {
        Some(name) => name,
        None => host_name(platform)
            .await
            .ok_or_else(|| later("this host does not tell its name yet".to_owned()))?,
    };
    let token = join.token.parse().map_err(|error| later(format!("{error}")))?;
    let enrolment = Enrolment {
        coordinator: join.coordinator.clone(),
        server_name: config.server_name.clone(),
        token,
        name: name.clone(),
        key: join.key.clone(),
    };
    let identity = enrol(&enrolment).await.map_err(|error| match error {
        EnrolError::Refused { .. } | EnrolError::Answer(_) => Unjoined::Refused(format!(
            "could not join the mesh of {} as {name}: {}; it is asked again every {} minutes. \
             Look at the tokens and the enrolments there, or give another token with \
             `epmesh-agent enroll`",
            join.coordinator,
            chain(&error),
            REFUSED.as_secs() / 60,
        )),
        other => later(chain(&other)),
    })?;
    // Asked again with the same key, the coordinator gives the same once more.
    identity.save(&config.state_dir).map_err(|error| later(chain(&error)))?;
    Ok(identity)
}

/// The name that the host tells; one that has none yet is not to be enrolled as "unnamed".
pub async fn host_name(platform: &Arc<dyn Platform>) -> Option<DnsName> {
    match platform.collect(SectionKind::Host, Instant::now()).await {
        Section::Host(host) if host.name != unnamed() => Some(host.name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
