//! Sections and subjects on the wire.

use epmesh_facts::{Section, SectionKind, StatementKey};
use epmesh_proto::v1 as proto;

use super::{
    error::{Problem, WireError},
    reader::{Reader, Wire, WireEnum as _, wire_enum},
};

wire_enum!(
    SectionKind = proto::SectionKind {
        Host,
        EndpointMap,
        Services,
        Ports,
        Resolver,
        Directory,
        Replication,
        RpcSettings,
        PortUse,
        Filters,
        Events,
    }
);

impl Wire for Section {
    type Message = proto::Section;

    fn encode(&self) -> proto::Section {
        use proto::section::Facts;
        proto::Section {
            facts: Some(match self {
                Self::Host(facts) => Facts::Host(facts.encode()),
                Self::EndpointMap(facts) => Facts::EndpointMap(facts.encode()),
                Self::Services(facts) => Facts::Services(facts.encode()),
                Self::Ports(facts) => Facts::Ports(facts.encode()),
                Self::Resolver(facts) => Facts::Resolver(facts.encode()),
                Self::Directory(facts) => Facts::Directory(facts.encode()),
                Self::Replication(facts) => Facts::Replication(facts.encode()),
                Self::RpcSettings(facts) => Facts::RpcSettings(facts.encode()),
                Self::PortUse(facts) => Facts::PortUse(facts.encode()),
                Self::Filters(facts) => Facts::Filters(facts.encode()),
                Self::Events(facts) => Facts::Events(facts.encode()),
            }),
        }
    }

    fn decode(m: proto::Section, r: &mut Reader) -> Result<Self, WireError> {
        use proto::section::Facts;
        Ok(match m.facts {
            Some(Facts::Host(facts)) => Self::Host(r.message("host", Some(facts))?),
            Some(Facts::EndpointMap(facts)) => {
                Self::EndpointMap(r.message("endpoint_map", Some(facts))?)
            }
            Some(Facts::Services(facts)) => Self::Services(r.message("services", Some(facts))?),
            Some(Facts::Ports(facts)) => Self::Ports(r.message("ports", Some(facts))?),
            Some(Facts::Resolver(facts)) => Self::Resolver(r.message("resolver", Some(facts))?),
            Some(Facts::Directory(facts)) => Self::Directory(r.message("directory", Some(facts))?),
            Some(Facts::Replication(facts)) => {
                Self::Replication(r.message("replication", Some(facts))?)
            }
            Some(Facts::RpcSettings(facts)) => {
                Self::RpcSettings(r.message("rpc_settings", Some(facts))?)
            }
            Some(Facts::PortUse(facts)) => Self::PortUse(r.message("port_use", Some(facts))?),
            Some(Facts::Filters(facts)) => Self::Filters(r.message("filters", Some(facts))?),
            Some(Facts::Events(facts)) => Self::Events(r.message("events", Some(facts))?),
            None => return r.refuse(Problem::UnknownCase),
        })
    }
}

impl Wire for StatementKey {
    type Message = proto::Subject;

    fn encode(&self) -> proto::Subject {
        use proto::subject::Subject as Wired;
        proto::Subject {
            subject: Some(match self {
                Self::Own(kind) => Wired::Own(kind.number()),
                Self::Peer(name) => Wired::Peer(name.to_string()),
            }),
        }
    }

    fn decode(m: proto::Subject, r: &mut Reader) -> Result<Self, WireError> {
        use proto::subject::Subject as Wired;
        Ok(match m.subject {
            Some(Wired::Own(number)) => Self::Own(r.known("own", number)?),
            Some(Wired::Peer(text)) => Self::Peer(r.name("peer", &text)?),
            None => return r.refuse(Problem::UnknownCase),
        })
    }
}
