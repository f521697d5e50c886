//! The public conversions: `From` to the wire, `TryFrom` from it.

use epmesh_proto::v1 as proto;

use super::{
    error::WireError,
    reader::{Reader, Wire},
};
use crate::{facts, identity, rpc};

macro_rules! conversions {
    ($($message:ident = $fact:path,)+) => {
        $(
            impl From<&$fact> for proto::$message {
                fn from(fact: &$fact) -> Self {
                    fact.encode()
                }
            }

            impl TryFrom<proto::$message> for $fact {
                type Error = WireError;

                fn try_from(message: proto::$message) -> Result<Self, WireError> {
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
    Look = facts::Look,
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
    Subject = facts::Subject,
    Target = facts::Target,
}
