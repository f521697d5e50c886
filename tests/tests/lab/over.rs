//! Whether all is over: every link is healthy and no incident is open.

use std::time::{Duration, Instant};

use epmesh::{
    incident::{Damping, IncidentDocument, IncidentList, Status},
    query::LinkRow,
};
use epmesh_common::{
    diagnosis::{Blamed, Cause, CulpritText, State, Verdict},
    facts::Timestamp,
};

use crate::lab::Lab;

/// These take dc2's registration away.
const LOSES_REGISTRATION: &[&str] = &["no-drsuapi", "stopped", "killed", "no-rpc"];
/// This starts its host anew: what was lost before counts no more.
const RESTARTS: &str = "not-started";

/// Of a registration that was lost so often it is said that it comes and goes, for so long, and that is right.
const FLAPPING: usize = 3;
const REMEMBERED: Duration = Duration::from_secs(2 * 3600);

/// Until all that was wrong has been seen to be well.
const SEEN: Duration = Duration::from_secs(140);
/// The time between two looks in the lab.
const INTERVAL: Duration = Duration::from_secs(5);

/// When the lab took dc2's registration away.
#[derive(Default)]
pub(crate) struct Losses(Vec<Instant>);

impl Losses {
    /// Notes a fault that has been switched on.
    pub(crate) fn note(&mut self, fault: &str) {
        if fault == RESTARTS {
            self.0.clear();
        } else if LOSES_REGISTRATION.contains(&fault) {
            self.0.push(Instant::now());
        }
    }

    /// Whether dc2's links may be latent since its registration comes and goes.
    fn are_remembered(&self) -> bool {
        self.0.iter().filter(|at| at.elapsed() <= REMEMBERED).count() >= FLAPPING
    }

    /// Whether this is what may be said of dc2 now, although all is healed.
    fn excuse(&self, state: State, cause: Cause, culprit: &CulpritText) -> bool {
        self.are_remembered()
            && state == State::Latent
            && [Cause::ServiceDied, Cause::EndpointsUnregistered].contains(&cause)
            && culprit.name.ends_with(" on dc2.lab.test")
            && culprit.value.starts_with("flapping: registered now, ")
    }
}

/// Waits until all that was wrong is over. `losses` are those of the whole run.
pub(crate) fn wait(lab: &Lab, what: &str, losses: &Losses) {
    lab.until_nothing_is_left(what, SEEN + held(lab), || {
        let left = left(lab, losses);
        (!left.is_empty()).then(|| left.join("\n"))
    });
}

/// How long the incident that came back most often is held open.
fn held(lab: &Lab) -> Duration {
    let list: IncidentList = lab.ask(&["incidents", "--all"]);
    let often = list.incidents.iter().map(|row| row.reopened).max().unwrap_or_default();
    let now = Timestamp::default();
    Damping::usual(INTERVAL).hold(&vec![now; often], now)
}

/// Links that are not healthy and incidents that are open, in words.
fn left(lab: &Lab, losses: &Losses) -> Vec<String> {
    let links: Vec<LinkRow> = lab.ask(&["links"]);
    let mut left = Vec::new();
    if links.len() != 6 {
        left.push(format!("{} links", links.len()));
    }
    for row in links.iter().filter(|row| row.state != State::Healthy) {
        let (destination, source) = (row.destination.host(), row.source.host());
        let verdict: Verdict = lab.ask(&["diagnose", destination, source]);
        let culprit = verdict.culprit.as_ref().map(Blamed::text);
        let is_excused = culprit
            .as_ref()
            .is_some_and(|culprit| losses.excuse(verdict.state, verdict.cause, culprit));
        if verdict.state != State::Healthy && !is_excused {
            left.push(format!(
                "{destination} <- {source}: {} {}: {}",
                verdict.state,
                verdict.cause,
                culprit.map_or_else(|| "nobody".to_owned(), |culprit| culprit.to_string())
            ));
        }
    }
    let list: IncidentList = lab.ask(&["incidents"]);
    for row in list.incidents.iter().filter(|row| row.status == Status::Open) {
        let whole: IncidentDocument = lab.ask(&["incident", &row.id]);
        if whole.row.status == Status::Open
            && !losses.excuse(whole.row.state, whole.row.cause, &whole.culprit)
        {
            left.push(serde_json::to_string_pretty(&whole).unwrap_or_default());
        }
    }
    left
}
