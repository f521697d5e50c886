//! DCE/RPC, connection-oriented (C706 chapter 12, MS-RPCE), as far as asking an endpoint mapper
//! needs it: a codec for both sides and a client, without I/O and without a clock.
//!
//! From the wire upwards:
//!
//! | module | what |
//! |---|---|
//! | [`limits`] | what is accepted at most |
//! | [`epmesh_codec`] | bounded reader, writer, both byte orders; what can be wrong with bytes and values |
//! | `error` | what can be wrong with conversations |
//! | `text` | what a peer sent as text |
//! | `packet_type`, `header`, `auth`, `bind`, `request`, `pdu` | the PDUs |
//! | `fragment` | byte stream to PDUs, fragments to stubs, and back |
//! | `ndr`, `floor_protocol`, `tower`, `binding` | what stands in stubs: handles, pointers, towers |
//! | [`epm`] | `ept_lookup`, `ept_map`, `ept_lookup_handle_free` and a walk through a whole map |
//! | `client` | the conversation: bytes in, events out |
//! | `status`, [`windows_error`] | outcomes, and what a Windows caller sees of them |
//! | `interface`, [`names`] | interface identifiers and the names of the known ones |
//!
//! A server (the simulated domain controller of the tests) is made of the same parts:
//! [`Splitter`], [`Pdu::decode`], [`Reassembler`], [`epm::MapRequest::decode`] on its way in,
//! [`epm::MapReply::encode`], [`fragment_response`] and [`Pdu::encode`] on its way out.
//!
//! What comes from a peer is never trusted: every length and count is checked against a limit
//! before it is used, nothing is allocated from one, and text is made fit for a screen.
//!
//! # Specifications
//!
//! Modules and items name the section of the specification that they follow:
//!
//! | name | title |
//! |---|---|
//! | [C706] | DCE 1.1: Remote Procedure Call |
//! | [MS-EERR] | ExtendedError Remote Data Structure |
//! | [MS-RPCE] | Remote Procedure Call Protocol Extensions |
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-EERR]: https://learn.microsoft.com/openspecs/windows_protocols/ms-eerr/572bb78f-9116-4966-8f9d-4593456da307
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

pub mod epm;
pub mod limits;
pub mod names;
pub mod windows_error;

mod auth;
mod bind;
mod binding;
mod client;
mod ept_status;
mod error;
mod floor_protocol;
mod fragment;
mod header;
mod interface;
mod ndr;
mod packet_type;
mod pdu;
mod request;
mod status;
mod text;
mod tower;

pub use auth::{AuthVerifier, auth_level, auth_type};
pub use bind::{Bind, BindAck, BindNak, Context, ContextResult, NDR, NDR64};
pub use binding::{Binding, ParseSequenceError, ProtocolSequence, SequenceName};
pub use client::{Bound, Client, Event, FaultEvent};
pub use epm::Endpoint;
pub use epmesh_codec::{ByteOrder, DecodeError, EncodeError};
pub use error::{ClientError, ProtocolError};
pub use floor_protocol::FloorProtocol;
pub use fragment::{Assembled, Reassembler, Splitter, fragment_request, fragment_response};
pub use header::{Flags, Header};
pub use interface::{InterfaceId, ParseInterfaceError};
pub use ndr::ContextHandle;
pub use packet_type::PacketType;
pub use pdu::{Body, Pdu};
pub use request::{Fault, Request, Response};
pub use status::Status;
pub use tower::{Floor, Tower, TowerBytes};
