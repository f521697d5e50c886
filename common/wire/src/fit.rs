//! Bringing what was collected within the bounds of a report.

use epmesh_facts::{Body, PeerObservation, Section};

use super::{
    error::WireError,
    reader::{Reader, Wire},
};

/// A body within the bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The body.
    pub body: Body,
    /// What was cut to get there, in words; for the notes of the report.
    pub notes: Vec<String>,
}

/// Brings a body within [`super::limits`], so that its receiver does not refuse it. An agent does
/// this before it computes the digest.
///
/// Control characters in texts become U+FFFD and long texts are cut. A list that would lie when
/// cut (an endpoint map, a hosts file, the answer of a name server) turns into "could not be
/// seen" with the reason; other lists lose their end.
///
/// # Errors
/// When something is wrong that cutting does not cure.
pub fn fit(body: &Body) -> Result<Fitted, WireError> {
    let mut reader = Reader::cutting();
    let body = match body {
        Body::Own(section) => Body::Own(Box::new(Section::decode(section.encode(), &mut reader)?)),
        Body::Peer(peer) => Body::Peer(PeerObservation::decode(peer.encode(), &mut reader)?),
    };
    Ok(Fitted { body, notes: reader.into_notes() })
}
