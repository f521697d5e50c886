//! Culprits on the way to the source: a port, a firewall, an RPC filter, what answers for the endpoint mapper.

use std::{fmt, net::IpAddr};

use epmesh_facts::{DnsName, Failure};
use uuid::Uuid;

/// The value of a culprit whose registration the source lists and the destination is denied.
pub(super) const DENIED: &str =
    "listed in the source's own endpoint map, denied to the destination";

/// A port of a domain controller at one of its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortAt {
    /// The address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// The domain controller.
    pub dc: DnsName,
}

/// `10.0.0.12 port 135 (dc2.lab.test)`.
impl fmt::Display for PortAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} port {} ({})", self.address, self.port, self.dc)
    }
}

/// What is wrong with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortTrouble {
    /// It cannot be reached, and by the source's own word nothing listens there.
    Closed(Failure),
    /// It cannot be reached; what other witnesses saw tells where that lies.
    Unreached(Failure, Witnesses),
    /// The endpoint map names it, and by the source's own word nothing listens there.
    NamedAndClosed,
    /// It was reached, and the bind to the interface failed.
    BindFailed(Failure),
    /// Another process than the service listens there.
    OtherProcess {
        /// The process that listens.
        listener: u32,
        /// The process of the service.
        service: u32,
    },
    /// What listens there does not have the interface.
    OtherInterface,
}

impl fmt::Display for PortTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(failure) => write!(f, "{failure}; nothing listens there"),
            Self::Unreached(failure, witnesses) => write!(f, "{failure}; {witnesses}"),
            Self::NamedAndClosed => f.write_str(
                "the endpoint map names this port, and nothing listens \
                                                 there",
            ),
            Self::BindFailed(failure) => write!(f, "bind to the interface: {failure}"),
            Self::OtherProcess { listener, service } => {
                write!(f, "process {listener} listens there, the service is process {service}")
            }
            Self::OtherInterface => f.write_str(
                "the process that listens there does not offer the \
                                                 interface",
            ),
        }
    }
}

/// What the other witnesses saw at an address that the destination does not get through to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witnesses {
    /// Some got through after the destination had failed: the path from the destination is cut.
    Reach {
        /// Those that got through.
        from: Named,
        /// The destination.
        destination: DnsName,
    },
    /// All who looked fail in the same way.
    AllFail(Named),
    /// Some got through before, and nobody has looked since.
    ReachedBefore(Named),
    /// Nobody else has looked.
    Nobody,
}

/// The first of some witnesses, and how many more there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The first of them.
    pub first: Vec<DnsName>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.first.iter().map(DnsName::as_str).collect();
        f.write_str(&names.join(", "))?;
        if self.more > 0 { write!(f, " and {} more", self.more) } else { Ok(()) }
    }
}

impl fmt::Display for Witnesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reach { from, destination } => {
                write!(f, "reached from {from}, so that the path from {destination} is cut")
            }
            Self::AllFail(from) => {
                write!(
                    f,
                    "the same from {from}: either the host filters, or every path to it is cut"
                )
            }
            Self::ReachedBefore(from) => write!(
                f,
                "reached from {from} earlier, and no look since: a filter on the host or on the path"
            ),
            Self::Nobody => f.write_str(
                "no other domain controller has looked: a filter on the host or on the path",
            ),
        }
    }
}

/// The stage at which a client and the endpoint mapper did not understand each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapperStage {
    /// The bind to the endpoint mapper's own interface.
    Bind,
    /// The question for the interface's endpoints.
    Map,
}

impl fmt::Display for MapperStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bind => "bind to the endpoint mapper",
            Self::Map => "ept_map",
        })
    }
}

/// An RPC filter of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterName {
    /// Its display name.
    pub name: String,
    /// Its key.
    pub key: Uuid,
}

impl fmt::Display for FilterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.key)
    }
}

/// What an RPC filter keeps from the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterEffect {
    /// The endpoint mapper does not name the interface, which the source itself lists.
    Resolution,
    /// Calls of the interface; the port that denied access.
    Calls(u16),
}

impl fmt::Display for FilterEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolution => {
                write!(f, "{DENIED}; the filter keeps the endpoint mapper from naming it")
            }
            Self::Calls(port) => {
                write!(f, "it blocks calls to the interface; port {port} denies access")
            }
        }
    }
}
