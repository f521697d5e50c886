//! The public conversions.

use epmesh_facts as facts;
use epmesh_identity as identity;
use epmesh_proto::v1 as proto;
use epmesh_rpc as rpc;

use super::{
    error::WireError,
    reader::{Reader, Wire},
};

/// A fact that has a message of its own.
pub trait OnWire: Sized {
    /// The message.
    type Message;

    /// The message of this fact; there always is one.
    fn to_wire(&self) -> Self::Message;

    /// The fact of a message.
    ///
    /// # Errors
    /// The first field that is beyond a bound of [`super::limits`], or that this version does not know.
    fn from_wire(message: Self::Message) -> Result<Self, WireError>;
}

macro_rules! conversions {
    ($($message:ident = $fact:path,)+) => {
        $(
            impl OnWire for $fact {
                type Message = proto::$message;

                fn to_wire(&self) -> proto::$message {
                    self.encode()
                }

                fn from_wire(message: proto::$message) -> Result<Self, WireError> {
                    Self::decode(message, &mut Reader::strict())
                }
            }
        )+
    };
}

conversions! {
    AddressProbe = facts::AddressProbe,
    Binding = rpc::Binding,
    Boot = facts::Boot,
    Directory = facts::Directory,
    Endpoint = rpc::Endpoint,
    EndpointMap = facts::EndpointMap,
    Failure = facts::Failure,
    Host = facts::Host,
    HostsFile = facts::HostsFile,
    HostsLine = facts::HostsLine,
    Identity = identity::Identity,
    IdentityProbe = facts::IdentityProbe,
    Interface = rpc::InterfaceId,
    InterfaceAddress = facts::InterfaceAddress,
    InterfaceProbe = facts::InterfaceProbe,
    Listener = facts::Listener,
    Look = facts::LookRequest,
    Lookup = facts::Lookup,
    MapView = facts::MapView,
    Neighbour = facts::Neighbour,
    NtdsSettings = facts::NtdsSettings,
    PeerObservation = facts::PeerObservation,
    Plan = facts::Plan,
    PortProbe = facts::PortProbe,
    PortRange = facts::PortRange,
    Ports = facts::Ports,
    Process = facts::Process,
    Record = facts::Record,
    Replication = facts::Replication,
    Resolver = facts::Resolver,
    Section = facts::Section,
    Service = facts::Service,
    Services = facts::Services,
    Stage = facts::Stage,
    Statement = facts::Statement,
    Subject = facts::StatementKey,
    Target = facts::Target,
}
