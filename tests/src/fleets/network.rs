//! What lies between hosts: what a firewall stops, and what becomes of what is sent.

use std::net::IpAddr;

/// Something a firewall does not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// From where.
    pub from: Scope,
    /// To where.
    pub to: Scope,
    /// Which ports.
    pub ports: PortSet,
    /// Only this family of addresses.
    pub v6_only: bool,
    /// Only this one address of the target.
    pub address: Option<IpAddr>,
    /// Whether it answers with a reset.
    pub rejects: bool,
}

/// One end of a way through the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Anybody.
    Any,
    /// Everybody in this site.
    Site(usize),
    /// Everybody who is not in this site.
    OutsideSite(usize),
    /// This domain controller.
    Dc(usize),
}

impl Scope {
    pub(super) fn holds(self, site: usize, dc: Option<usize>) -> bool {
        match self {
            Self::Any => true,
            Self::Site(wanted) => wanted == site,
            Self::OutsideSite(other) => other != site,
            Self::Dc(wanted) => dc == Some(wanted),
        }
    }
}

/// Ports of a firewall rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortSet {
    /// All.
    All,
    /// The endpoint mapper.
    Mapper,
    /// 49152 to 65535.
    Dynamic,
    /// LDAP, TCP and UDP.
    Ldap,
    /// NetBIOS name service.
    NetBios,
    /// DNS.
    Dns,
}

impl PortSet {
    pub(super) const fn holds(self, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Mapper => port == 135,
            Self::Dynamic => port >= 49152,
            Self::Ldap => port == 389,
            Self::NetBios => port == 137,
            Self::Dns => port == 53,
        }
    }
}

/// Who is behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A domain controller.
    Dc(usize),
    /// Somebody else.
    Stranger(usize),
}

/// Where something that is sent to a port ends up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It gets to the host.
    Through(Who),
    /// A firewall answers with a reset.
    Rejected,
    /// Nothing comes back.
    Silent,
    /// The sender has no way to such an address.
    NoWay,
}
