//! Observations that contradict a candidate fault.

use std::net::IpAddr;

use super::numbers::Number;

/// Something that a look at a peer can find to work. A candidate fault that would break it is
/// contradicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Contradiction {
    /// A domain controller was reached by another one.
    Dc(Number, Reach),
    /// A domain controller reached another one.
    Client(Number, Reach),
    /// The first domain controller reached the second.
    Path(Number, Number, Reach),
    /// A domain controller in the first site reached one in the second.
    SitePath(Number, Number, Reach),
    /// A domain controller was reached from another site into this one, or out of it.
    Site(Number, Reach),
    /// An RPC interface of this domain controller was reached.
    Application(Number),
    /// This TCP port of a domain controller was reached.
    Port(Number, u16),
    /// This DNS server gave a right answer.
    Server(Number),
    /// A DNS server gave this domain controller a right answer.
    Resolver(Number),
}

/// The reach of a look at a peer: how far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Reach {
    /// To the endpoint mapper.
    Mapper,
    /// To the interface, at a port of the dynamic range.
    Dynamic,
    /// To the interface, at any port.
    Rpc,
    /// To the end of an answer of several packets.
    Large,
    /// To any port over IPv4.
    Ipv4,
    /// To any port over IPv6.
    Ipv6,
    /// To this address.
    Address(IpAddr),
}
