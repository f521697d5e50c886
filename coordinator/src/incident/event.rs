//! Events on incidents, as finished bytes.

use epmesh_common::{diagnosis::Verdict, facts::Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::IncidentDocument;
use crate::alert::Event;

/// The kind of an event: what happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// The incident was opened: there is a fault that makes links fail, or will.
    #[serde(rename = "incident.opened")]
    Opened,
    /// Its state, side, cause or fault became another.
    #[serde(rename = "incident.changed")]
    Changed,
    /// The incident is over.
    #[serde(rename = "incident.resolved")]
    Resolved,
    /// The incident was over and came back.
    #[serde(rename = "incident.reopened")]
    Reopened,
}

impl EventKind {
    /// The type in the event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "incident.opened",
            Self::Changed => "incident.changed",
            Self::Resolved => "incident.resolved",
            Self::Reopened => "incident.reopened",
        }
    }
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: EventKind,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    incident: &'a IncidentDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<serde_json::Value>,
}

/// The members of a verdict that only the grouping needs, and that are left out of an event.
const INSIDE: [&str; 2] = ["shown", "roots"];

/// The event of a change of an incident, with the verdict on one of its links as an example.
///
/// A proof or a list of links that would not fit into [`Event::LARGEST`] bytes is cut; the first items
/// are kept. Where that is not enough, the verdict and the places are left out. `epmesh incident ID`
/// shows all of it.
///
/// # Errors
/// When it cannot be written as JSON, which its types do not allow.
pub(super) fn event(
    kind: EventKind,
    mut incident: IncidentDocument,
    mut verdict: Option<Verdict>,
    at: Timestamp,
) -> Result<Event, serde_json::Error> {
    loop {
        let body = payload(kind, &incident, verdict.as_ref(), at)?;
        let proof = verdict.as_ref().map_or(0, |verdict| verdict.evidence.len());
        let links = incident.links.longest();
        let places = incident.places.len();
        if body.len() <= Event::LARGEST || (verdict.is_none() && links + places == 0) {
            return Ok(Event {
                id: format!("msg_{}", Uuid::new_v4().simple()),
                kind: kind.as_str().to_owned(),
                subject: format!("{} {}", incident.row.id, incident.row.subject),
                at,
                body,
            });
        }
        if proof + links == 0 && verdict.take().is_none() {
            incident.places.truncate(places / 2);
        }
        if let Some(verdict) = &mut verdict {
            verdict.evidence.truncate(proof / 2);
        }
        incident.links.truncate(links / 2);
    }
}

fn payload(
    kind: EventKind,
    incident: &IncidentDocument,
    verdict: Option<&Verdict>,
    at: Timestamp,
) -> Result<String, serde_json::Error> {
    let plain = |verdict: &Verdict| -> Result<serde_json::Value, serde_json::Error> {
        let mut value = serde_json::to_value(verdict)?;
        if let Some(members) = value.as_object_mut() {
            INSIDE.iter().for_each(|name| drop(members.remove(*name)));
        }
        Ok(value)
    };
    let verdict = verdict.map(plain).transpose()?;
    serde_json::to_string(&Payload { kind, timestamp: at, data: Data { incident, verdict } })
}
