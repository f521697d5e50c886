//! The network between hosts: what a firewall stops, what a device changes, and what becomes of what is
//! sent.

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
    /// How it refuses.
    pub refusal: Refusal,
}

/// How a filter refuses what it does not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It drops in silence.
    Silence,
    /// It answers with a TCP reset.
    Reset,
    /// It answers with ICMP "communication administratively prohibited" (RFC 1812 5.2.7.1).
    Prohibited,
}

/// Something on the way from one end to another that does more than to stop what passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// From where.
    pub from: Scope,
    /// To where.
    pub to: Scope,
    /// What it does.
    pub does: Meddling,
}

/// What a device on the way does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meddling {
    /// It understands RPC and answers for the endpoint mapper that drsuapi is not registered.
    Denies,
    /// It understands RPC, translates ports, and writes this one into the endpoint mapper's answer; it has
    /// no translation for it.
    Alters(u16),
    /// It answers on port 135 in place of the endpoint mapper.
    Answers(Guise),
    /// It loses long packets: a tunnel whose "fragmentation needed" does not come back, a filter on
    /// fragments. Over the ports of RPC alone, or over all.
    LosesLarge {
        /// Whether an answer of LDAP, which is as long, is lost too.
        ldap: bool,
    },
    /// It lets connections through, and not the bind at the port that the endpoint mapper named.
    CutsBind(BindCut),
}

/// What becomes of a bind that is not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindCut {
    /// No answer comes.
    Silence,
    /// The connection is reset.
    Reset,
    /// What answers in place of the server does not have the interface.
    Rejected,
}

/// A load balancer: it has an address, and sends each client to one of several machines, always the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balancer {
    /// Its address.
    pub address: IpAddr,
    /// The machines, in its order.
    pub machines: Vec<Who>,
    /// The place of the machine to which the first domain controller is sent.
    pub first: usize,
}

impl Balancer {
    /// The machine to which `client` is sent; nobody is sent back to himself.
    #[must_use]
    pub fn sends(&self, client: usize) -> Option<Who> {
        let turn =
            self.machines.iter().cycle().skip(self.first + client % self.machines.len().max(1));
        turn.take(self.machines.len()).copied().find(|who| *who != Who::Dc(client))
    }
}

/// What answers on port 135 in place of the endpoint mapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guise {
    /// The endpoint mapper of a member server, to which the port is forwarded; by its number among the
    /// strangers.
    Member(usize),
    /// A web server.
    Http,
    /// An RPC server that is no endpoint mapper.
    OtherRpc,
    /// Something that takes the connection and never says anything.
    Silent,
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
    /// Every second domain controller: those with an even number, or those with an odd one.
    EverySecond {
        /// Those with an odd one.
        is_odd: bool,
    },
}

impl Scope {
    pub(super) fn holds(self, site: usize, dc: Option<usize>) -> bool {
        match self {
            Self::Any => true,
            Self::Site(wanted) => wanted == site,
            Self::OutsideSite(other) => other != site,
            Self::Dc(wanted) => dc == Some(wanted),
            Self::EverySecond { is_odd } => dc.is_some_and(|dc| (dc % 2 == 1) == is_odd),
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
    /// A firewall answers with ICMP "administratively prohibited".
    Prohibited,
    /// Nothing comes back.
    Silent,
    /// The sender has no way to such an address.
    NoWay,
}
