//! Enrolment when the agent starts, with what was left pending; tried until the coordinator admits it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use epmesh_agent_host::platform::{Platform, unnamed};
use epmesh_common::{
    error::chain,
    facts::{DnsName, Section, SectionKind},
};
use rand::{SeedableRng as _, rngs::StdRng};
use rcgen::KeyPair;
use tokio_util::sync::CancellationToken;

use super::{
    pending::{PendingEnrolment, PendingError},
    settings::EnrolmentSettings,
};
use crate::{
    notice::{Notice, Notices},
    session::{Backoff, EnrolError, Enrolment, Identity, IdentityError, enrol},
};

/// The bounds of the waits while the coordinator cannot be reached.
const UNREACHED: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));

/// The wait after a refusal: an operator has to do something first (release a name, make another
/// token), and a fleet of refused agents must not be a burden.
const REFUSED: Duration = Duration::from_secs(900);

/// The identity of this agent: the one in the state folder, or the one that the pending enrolment there
/// gives, however long that takes. `None` when it was told to stop before.
///
/// # Errors
/// When there is neither, or a file cannot be used.
pub async fn identity(
    settings: &EnrolmentSettings,
    platform: &Arc<dyn Platform>,
    notices: &Notices,
    shutdown: &CancellationToken,
) -> Result<Option<Identity>, PendingError> {
    let state_dir = &settings.state_dir;
    match Identity::load(state_dir) {
        Ok(identity) => {
            // What an end between keeping the one and deleting the other left.
            PendingEnrolment::remove(state_dir)?;
            Ok(Some(identity))
        }
        Err(identity @ IdentityError::NotEnrolled { .. }) => {
            let Some(pending) = PendingEnrolment::load(state_dir)? else {
                return Err(PendingError::Nothing { identity });
            };
            tokio::select! {
                () = shutdown.cancelled() => Ok(None),
                enrolled = enrolled(settings, pending, platform, notices) => enrolled.map(Some),
            }
        }
        Err(error) => Err(PendingError::Identity(error)),
    }
}

/// Tries until it is let in.
async fn enrolled(
    settings: &EnrolmentSettings,
    mut pending: PendingEnrolment,
    platform: &Arc<dyn Platform>,
    notices: &Notices,
) -> Result<Identity, PendingError> {
    let state_dir = &settings.state_dir;
    if pending.key.is_none() {
        // Without a key there is nothing to ask for; the next try may have one.
        pending.key = KeyPair::generate().ok().map(|key| key.serialize_pem());
        pending.save(state_dir)?;
    }
    let identity = until_admitted(|| attempt(settings, &pending, platform), notices).await;
    PendingEnrolment::remove(state_dir)?;
    notices.tell(&Notice::Enrolled(identity.name.clone()));
    Ok(identity)
}

/// Tries until one try succeeds, with the waits that its failures call for.
async fn until_admitted<F>(mut attempt: impl FnMut() -> F, notices: &Notices) -> Identity
where
    F: Future<Output = Result<Identity, AttemptError>>,
{
    let mut backoff = Backoff::between(UNREACHED.0, UNREACHED.1);
    let mut random = StdRng::from_os_rng();
    let mut said = None;
    loop {
        let (notice, wait) = match attempt().await {
            Ok(identity) => return identity,
            Err(AttemptError::Refused(why)) => (Notice::Refused(why), REFUSED),
            Err(AttemptError::Later(why)) => (Notice::Unreachable(why), backoff.next(&mut random)),
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

/// Why one attempt gave no identity, in words.
enum AttemptError {
    /// The coordinator refused: an operator has to do something.
    Refused(String),
    /// The next attempt may succeed.
    Later(String),
}

async fn attempt(
    settings: &EnrolmentSettings,
    pending: &PendingEnrolment,
    platform: &Arc<dyn Platform>,
) -> Result<Identity, AttemptError> {
    let later = |why: String| {
        AttemptError::Later(format!("could not enrol with {}: {why}", pending.coordinator))
    };
    let name = match settings.name.clone().or_else(|| pending.name.clone()) {
        Some(name) => name,
        None => host_name(platform)
            .await
            .ok_or_else(|| later("this host does not tell its name yet".to_owned()))?,
    };
    let token = pending.token.parse().map_err(|error| later(format!("{error}")))?;
    let enrolment = Enrolment {
        coordinator: pending.coordinator.clone(),
        server_name: settings.server_name.clone(),
        token,
        name: name.clone(),
        key: pending.key.clone(),
    };
    let identity = enrol(&enrolment).await.map_err(|error| match error {
        EnrolError::Refused { .. } | EnrolError::Answer(_) => AttemptError::Refused(format!(
            "could not enrol with {} as {name}: {}; it is asked again every {} minutes. \
             Look at the tokens and the enrolments there, or give another token with \
             `epmesh-agent enroll`",
            pending.coordinator,
            chain(&error),
            REFUSED.as_secs() / 60,
        )),
        other => later(chain(&other)),
    })?;
    // Asked again with the same key, the coordinator gives the same once more.
    identity.save(&settings.state_dir).map_err(|error| later(chain(&error)))?;
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
