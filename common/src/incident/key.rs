//! What a look can show to work, and which roots that contradicts.

use std::net::IpAddr;

use super::{numbers::Number, places::Places};
use crate::diagnosis::{Fault, Traffic};

/// Something that a look can show to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    /// Somebody reached this domain controller.
    Dc(Number, Got),
    /// This one reached somebody.
    Client(Number, Got),
    /// The first reached the second.
    Path(Number, Number, Got),
    /// Somebody in the first site reached somebody in the second.
    SitePath(Number, Number, Got),
    /// Somebody got into this site, or out of it.
    Site(Number, Got),
    /// An interface of this domain controller was reached.
    Application(Number),
    /// This port of it was.
    Port(Number, u16),
    /// This DNS server was right about something.
    Server(Number),
    /// This domain controller was told something right by a DNS server.
    Resolver(Number),
}

/// How far a look got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Got {
    /// As far as the endpoint mapper.
    Mapper,
    /// As far as the interface, at a port of the dynamic range.
    Dynamic,
    /// Somewhere over IPv4.
    Ipv4,
    /// Somewhere over IPv6.
    Ipv6,
    /// This address.
    Address(IpAddr),
}

/// What would contradict a root; nothing for one that a working link elsewhere does not touch.
pub(super) fn against(names: &mut Places, subject: &Fault) -> Vec<Key> {
    match subject {
        Fault::Application { dc } => vec![Key::Application(names.dcs.number(dc))],
        Fault::Port { dc, port } => vec![Key::Port(names.dcs.number(dc), *port)],
        Fault::DnsServer { server } => vec![Key::Server(names.servers.number(server))],
        Fault::Resolver { dc } => vec![Key::Resolver(names.dcs.number(dc))],
        Fault::Dc { dc, traffic } => {
            let (dc, got) = (names.dcs.number(dc), got(*traffic));
            vec![Key::Dc(dc, got)]
        }
        Fault::Client { dc, traffic } => {
            let (dc, got) = (names.dcs.number(dc), got(*traffic));
            vec![Key::Client(dc, got)]
        }
        Fault::Isolated { dc, traffic } => {
            let (dc, got) = (names.dcs.number(dc), got(*traffic));
            vec![Key::Dc(dc, got), Key::Client(dc, got)]
        }
        Fault::Between { one, other, traffic } => {
            let (one, other) = (names.dcs.number(one), names.dcs.number(other));
            let got = got(*traffic);
            vec![Key::Path(one, other, got), Key::Path(other, one, got)]
        }
        Fault::SitePath { from, to, traffic } => {
            let (from, to) = (names.sites.number(from), names.sites.number(to));
            vec![Key::SitePath(from, to, got(*traffic))]
        }
        Fault::BetweenSites { one, other, traffic } => {
            let (one, other) = (names.sites.number(one), names.sites.number(other));
            let got = got(*traffic);
            vec![Key::SitePath(one, other, got), Key::SitePath(other, one, got)]
        }
        Fault::Site { site, traffic } => {
            let (site, got) = (names.sites.number(site), got(*traffic));
            vec![Key::Site(site, got)]
        }
        Fault::Service { .. }
        | Fault::Condition { .. }
        | Fault::Registration { .. }
        | Fault::EndpointMapper { .. }
        | Fault::HostsLine { .. }
        | Fault::Cache { .. }
        | Fault::DnsRecord { .. }
        | Fault::NtdsSettings { .. }
        | Fault::Names { .. }
        | Fault::Path { .. } => Vec::new(),
    }
}

fn got(traffic: Traffic) -> Got {
    match traffic {
        Traffic::EndpointMapper => Got::Mapper,
        Traffic::DynamicPorts => Got::Dynamic,
        Traffic::Ipv4 => Got::Ipv4,
        Traffic::Ipv6 => Got::Ipv6,
        Traffic::Address(address) => Got::Address(address),
    }
}
