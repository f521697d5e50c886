//! Culprits on the way to the source: a port, a firewall, an RPC filter, what answers for the endpoint mapper.

use std::{fmt, net::IpAddr};

use epmesh_facts::{DnsName, Failure};
use uuid::Uuid;

use super::named::Named;

/// The value of a culprit whose registration the source lists, and of which the destination is told that there is none.
pub(super) const WITHHELD: &str =
    "listed in the source's own endpoint map, and the destination is told \"not registered\"";

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

/// The trouble with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortTrouble {
    /// The port cannot be reached, and by the source's own word nothing listens there.
    Closed(Failure),
    /// The port cannot be reached; what other witnesses saw tells where that lies.
    Unreached(Failure, Witnesses),
    /// The endpoint map names it, and by the source's own word nothing listens there.
    NamedAndClosed,
    /// The port was reached, and the bind to the interface failed.
    BindFailed(Failure),
    /// The bind to the interface failed, and others are accepted at the same address.
    BindCut(Failure, Named),
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
            Self::Closed(failure) => {
                write!(f, "{failure}; by the source's own word nothing listens there")
            }
            Self::Unreached(failure, witnesses) => write!(f, "{failure}; {witnesses}"),
            Self::NamedAndClosed => {
                f.write_str("the endpoint map names this port, and nothing listens there")
            }
            Self::BindFailed(failure) => write!(f, "bind to the interface: {failure}"),
            Self::BindCut(failure, served) => {
                write!(
                    f,
                    "bind to the interface: {failure}; accepted at the same address: {served}"
                )
            }
            Self::OtherProcess { listener, service } => {
                write!(f, "process {listener} listens there, but the service is process {service}")
            }
            Self::OtherInterface => {
                f.write_str("the process that listens there does not offer the interface")
            }
        }
    }
}

/// The word of the other witnesses on an address that the destination does not get through to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witnesses {
    /// Some got through after the destination had failed: something on the way of the destination stops it.
    Reach {
        /// The witnesses that got through.
        from: Named,
        /// The destination.
        destination: DnsName,
    },
    /// Some got through, and others fail as the destination does.
    Divided {
        /// The witnesses that got through.
        from: Named,
        /// The witnesses that fail.
        failed: Named,
        /// The destination.
        destination: DnsName,
    },
    /// All who looked fail in the same way.
    AllFail(Named),
    /// All who looked fail, and get through at another address of the same host.
    ReachedElsewhere(Named),
    /// All who looked fail, and the address is a translated one.
    Translated(Named),
    /// All who looked fail, and not by silence alone.
    AllRefused(Named),
    /// All who looked fail, and none of them stands in the source's own site.
    NoNeighbour(Named),
    /// Some got through before, and nobody has looked since.
    ReachedBefore(Named),
    /// Nobody else has looked.
    Nobody,
}

impl fmt::Display for Witnesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reach { from, destination } => {
                write!(
                    f,
                    "{from} {} this port: a firewall, a filter or a route stops {destination} on its way to this \
                     address",
                    from.verb("reaches", "reach")
                )
            }
            Self::Divided { from, failed, destination } => write!(
                f,
                "{from} {} this port, {failed} {} not: a firewall, a filter or a route stops {destination} and \
                 others on their way to this address",
                from.verb("reaches", "reach"),
                failed.verb("does", "do")
            ),
            Self::AllFail(from) => {
                write!(
                    f,
                    "the same from {from}: a filter on the host itself, or one on every way to it"
                )
            }
            Self::ReachedElsewhere(from) => write!(
                f,
                "the same from {from}, while the host is reached at another address: a route or a filter on \
                 the way to this one, or a filter of the host on this adapter"
            ),
            Self::Translated(from) => write!(
                f,
                "the same from {from}, and the host does not own this address: the device that \
                 translates it does not let this through"
            ),
            Self::AllRefused(from) => write!(
                f,
                "the same from {from}: something in front of the host answers for it, since Windows' \
                 firewall drops in silence"
            ),
            Self::NoNeighbour(from) => write!(
                f,
                "the same from {from}, and nobody in the site of the source has looked: something between the \
                 sites, or a filter on the host"
            ),
            Self::ReachedBefore(from) => write!(
                f,
                "{from} reached this port earlier, and nobody has looked since: a filter on the host or on the \
                 way"
            ),
            Self::Nobody => f.write_str(
                "no other domain controller has looked: a filter on the host or on the way",
            ),
        }
    }
}

/// The ports that the destination is told, or those that it should be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RightPorts {
    /// The ports of the source's own endpoint map.
    OwnMap(Vec<u16>),
    /// The ports that others are told at the same address.
    Others(Vec<u16>, Named),
}

impl fmt::Display for RightPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ports: &[u16]| {
            let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
            ports.join(", ")
        };
        match self {
            Self::OwnMap(ports) => {
                write!(f, "the host's own endpoint map has port {}", list(ports))
            }
            Self::Others(ports, from) => {
                write!(f, "{from} {} told port {}", from.verb("is", "are"), list(ports))
            }
        }
    }
}

/// The witnesses that are answered where the destination is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnsweredTo {
    /// These other witnesses.
    Others(Named),
    /// The host itself, over TCP; nobody in its own site has looked.
    Itself,
}

impl fmt::Display for AnsweredTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Others(from) => write!(f, "answered at the same address: {from}"),
            Self::Itself => f.write_str(
                "the host answers itself over TCP, and nobody in its site has looked: something between the \
                 sites, or a filter on the host",
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

/// The effect of an RPC filter on the destination.
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
                write!(f, "{WITHHELD}; the filter keeps the endpoint mapper from naming it")
            }
            Self::Calls(port) => {
                write!(f, "the filter blocks calls to the interface; port {port} refuses access")
            }
        }
    }
}
