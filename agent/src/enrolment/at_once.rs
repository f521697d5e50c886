//! Enrolment from the command line: done at once, or left to the agent's next start.

use anyhow::Context as _;
use epmesh_common::facts::DnsName;
use futures_util::future::BoxFuture;

use super::{pending::PendingEnrolment, settings::EnrolmentSettings};
use crate::session::{Enrolment, Identity, IdentityError, JoinToken, enrol};

/// Enrols this host as `name` and keeps the identity in the state folder. The future is boxed, and so compiled
/// here once, and not again in each program that awaits it.
///
/// # Errors
/// When the coordinator cannot be trusted or refuses, or the identity cannot be kept.
pub fn enroll(
    settings: &EnrolmentSettings,
    coordinator: String,
    token: JoinToken,
    name: DnsName,
) -> BoxFuture<'_, anyhow::Result<Identity>> {
    Box::pin(enroll_as(settings, coordinator, token, name))
}

async fn enroll_as(
    settings: &EnrolmentSettings,
    coordinator: String,
    token: JoinToken,
    name: DnsName,
) -> anyhow::Result<Identity> {
    let server_name = settings.server_name.clone();
    let enrolment = Enrolment { coordinator, server_name, token, name, key: None };
    let identity = enrol(&enrolment).await?;
    identity.save(&settings.state_dir).context("the enrolment is lost")?;
    Ok(identity)
}

/// Leaves the enrolment to the agent, which enrols when it starts. A host that is enrolled stays as it is.
/// Returns what was done, in words.
///
/// # Errors
/// When the identity that is there cannot be used, or what is pending cannot be kept.
pub fn leave_pending(
    settings: &EnrolmentSettings,
    coordinator: &str,
    token: &JoinToken,
    name: Option<&DnsName>,
) -> anyhow::Result<String> {
    match Identity::load(&settings.state_dir) {
        Ok(identity) => {
            let name = identity.name;
            return Ok(format!("enrolled as {name} already: nothing is to be done"));
        }
        Err(IdentityError::NotEnrolled { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let pending = PendingEnrolment {
        coordinator: coordinator.to_owned(),
        token: token.secret_text().to_owned(),
        name: name.cloned(),
        key: None,
    };
    pending.save(&settings.state_dir)?;
    Ok("the agent enrols when it starts".to_owned())
}
