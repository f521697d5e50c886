//! Events, as they are sent to receivers.

use epmesh_common::facts::Timestamp;

/// An event, serialised once: these bytes are signed and sent on every try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The id, the same on every try and for every receiver.
    pub id: String,
    /// The type.
    pub kind: String,
    /// What the event is about, for lists and logs.
    pub subject: String,
    /// When that happened.
    pub at: Timestamp,
    /// The JSON that is sent.
    pub body: String,
}

impl Event {
    /// The largest body in bytes: an event that does not fit into the store would never be sent.
    pub const LARGEST: usize = 40 * 1024;
}
