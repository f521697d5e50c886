//! Errors of a conversation, and of what a client is asked to do.

use epmesh_codec::{DecodeError, EncodeError};
use thiserror::Error;

use super::packet_type::PacketType;

/// The peer broke the rules of the conversation: Windows error 1728, `RPC_S_PROTOCOL_ERROR`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// The first bytes are not those of a DCE/RPC 5.0 PDU: something else listens there.
    #[error("the peer does not speak DCE/RPC 5.0: its bytes begin {start}")]
    NotRpc {
        /// The first bytes (at most 16), in hex.
        start: String,
    },
    /// A PDU or stub could not be decoded.
    #[error("bad {what}")]
    Decode {
        /// What was being decoded.
        what: &'static str,
        /// Why not.
        #[source]
        source: DecodeError,
    },
    /// A PDU that is not an answer to what was asked.
    #[error("{got:?} came while the client was {waiting_for}")]
    UnexpectedPdu {
        /// The type that came.
        got: PacketType,
        /// What was awaited.
        waiting_for: &'static str,
    },
    /// The answer belongs to another call.
    #[error("call id {got} where {expected} was awaited")]
    CallId {
        /// The call id awaited.
        expected: u32,
        /// The call id found.
        got: u32,
    },
    /// `bind_ack` has another number of results than `bind` had contexts.
    #[error("{got} presentation context results for {expected} contexts")]
    ResultCount {
        /// Contexts offered.
        expected: usize,
        /// Results found.
        got: usize,
    },
    /// The server accepted a context with a transfer syntax that was not offered.
    #[error("context accepted with transfer syntax {0}, which was not offered")]
    TransferSyntax(super::InterfaceId),
    /// The server agreed to fragments smaller than every implementation must take.
    #[error("maximum fragment of {0} bytes is under the required 1432")]
    FragmentSize(u16),
    /// Fragments do not follow each other as they must.
    #[error("fragment {index}: {reason}")]
    Fragments {
        /// Number of the fragment in its call, from 0.
        index: usize,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// More than is accepted: bytes, fragments, unread input.
    #[error("{what}: more than {max}")]
    TooMuch {
        /// What was counted.
        what: &'static str,
        /// The limit.
        max: usize,
    },
}

impl ProtocolError {
    pub(crate) fn decode(what: &'static str) -> impl FnOnce(DecodeError) -> Self {
        move |source| Self::Decode { what, source }
    }
}

/// The caller asked a [`Client`](super::Client) for something it cannot do in its state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClientError {
    /// Not possible now.
    #[error("{action} is not possible while the client is {state}")]
    State {
        /// What was asked.
        action: &'static str,
        /// The client's state.
        state: &'static str,
    },
    /// All call ids are used up.
    #[error("no call id left on this connection")]
    CallIds,
    /// The request has no form on the wire.
    #[error("request cannot be encoded")]
    Encode(#[from] EncodeError),
}
