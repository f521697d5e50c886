//! What is said to a receiver.

use epmesh_common::{diagnosis::Verdict, facts::Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::incident::IncidentDocument;

/// What happened to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// It is there: a fault that makes links fail, or will.
    #[serde(rename = "incident.opened")]
    Opened,
    /// Its state, side or cause, or what is broken, became another.
    #[serde(rename = "incident.changed")]
    Changed,
    /// It is over.
    #[serde(rename = "incident.resolved")]
    Resolved,
    /// It was over, and is there again.
    #[serde(rename = "incident.reopened")]
    Reopened,
}

impl EventKind {
    /// The type as it stands in the event.
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

/// An event, serialised once: these bytes are signed and sent on every try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id, the same on every try and for every receiver.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// What it is about, for lists and logs.
    pub subject: String,
    /// When it happened.
    pub at: Timestamp,
    /// The JSON that is sent.
    pub body: String,
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

/// The members of a verdict that the grouping works with and that are no part of an event.
const INSIDE: [&str; 2] = ["shown", "roots"];

impl Event {
    /// The largest body in bytes; a proof or a list of links that would not fit is cut, what comes
    /// first kept, and where that is not enough the verdict and the places are left out: an event that
    /// does not fit into the store would never be sent. The whole of it is one `epmesh incident ID` away.
    pub const LARGEST: usize = 40 * 1024;

    /// The event of an incident's turn, with the verdict on one of its links as an example.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which its types do not allow.
    pub fn of_incident(
        kind: EventKind,
        incident: &IncidentDocument,
        verdict: Option<&Verdict>,
        at: Timestamp,
    ) -> Result<Self, serde_json::Error> {
        let mut incident = incident.clone();
        let mut verdict = verdict.cloned();
        loop {
            let body = Self::payload(kind, &incident, verdict.as_ref(), at)?;
            let proof = verdict.as_ref().map_or(0, |verdict| verdict.evidence.len());
            let links = incident.links.longest();
            let places = incident.places.len();
            if body.len() <= Self::LARGEST || (verdict.is_none() && links + places == 0) {
                return Ok(Self {
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
}
