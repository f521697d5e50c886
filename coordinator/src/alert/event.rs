//! What is said to a receiver.

use epmesh_common::{
    diagnosis::{Link, Verdict},
    facts::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What happened to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// It turned failing or latent.
    #[serde(rename = "link.opened")]
    Opened,
    /// It went from latent to failing or back, or its unknown cause became known.
    #[serde(rename = "link.changed")]
    Changed,
    /// It is healthy again.
    #[serde(rename = "link.resolved")]
    Resolved,
}

impl EventKind {
    /// The type as it stands in the event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "link.opened",
            Self::Changed => "link.changed",
            Self::Resolved => "link.resolved",
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
    link: LinkName<'a>,
    verdict: &'a Verdict,
}

#[derive(Serialize)]
struct LinkName<'a> {
    destination: &'a str,
    source: &'a str,
    interface: &'a str,
}

impl Event {
    /// The largest body in bytes; a proof that would not fit is cut, its first steps kept. The
    /// whole of it is one `epmesh diagnose` away.
    pub const LARGEST: usize = 40 * 1024;

    /// The event of a link's turn.
    ///
    /// # Errors
    /// When the verdict cannot be written as JSON, which its types do not allow.
    pub fn of_link(
        kind: EventKind,
        link: &Link,
        verdict: &Verdict,
        at: Timestamp,
    ) -> Result<Self, serde_json::Error> {
        let mut verdict = verdict.clone();
        loop {
            let body = Self::payload(kind, link, &verdict, at)?;
            if body.len() <= Self::LARGEST || verdict.evidence.is_empty() {
                return Ok(Self {
                    id: format!("msg_{}", Uuid::new_v4().simple()),
                    kind: kind.as_str().to_owned(),
                    subject: format!(
                        "{} <- {} {}",
                        link.destination, link.source, verdict.interface
                    ),
                    at,
                    body,
                });
            }
            let half = verdict.evidence.len() / 2;
            verdict.evidence.truncate(half);
        }
    }

    fn payload(
        kind: EventKind,
        link: &Link,
        verdict: &Verdict,
        at: Timestamp,
    ) -> Result<String, serde_json::Error> {
        let name = LinkName {
            destination: link.destination.as_str(),
            source: link.source.as_str(),
            interface: &verdict.interface,
        };
        let data = Data { link: name, verdict };
        serde_json::to_string(&Payload { kind, timestamp: at, data })
    }
}
