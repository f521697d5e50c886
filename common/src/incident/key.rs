//! What a look shows to work, and which roots that contradicts.

use std::{collections::HashMap, hash::Hash};

use crate::{
    diagnosis::{Link, ServerName, Shown, Subject, Traffic},
    facts::DnsName,
};

/// Names as numbers.
#[derive(Clone, Debug)]
pub(super) struct Numbers<T> {
    of: HashMap<T, u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { of: HashMap::new() }
    }
}

impl<T: Hash + Eq + Clone> Numbers<T> {
    pub(super) fn of(&mut self, name: &T) -> u32 {
        if let Some(number) = self.of.get(name) {
            return *number;
        }
        let number = u32::try_from(self.of.len()).unwrap_or(u32::MAX);
        self.of.insert(name.clone(), number);
        number
    }

    pub(super) fn known(&self, name: &T) -> Option<u32> {
        self.of.get(name).copied()
    }
}

/// All that is numbered.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) dcs: Numbers<DnsName>,
    pub(super) sites: Numbers<String>,
    pub(super) servers: Numbers<ServerName>,
    addresses: Numbers<std::net::IpAddr>,
}

/// Something that a look can show to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    /// Somebody reached this domain controller.
    Dc(u32, Got),
    /// This one reached somebody.
    Client(u32, Got),
    /// The first reached the second.
    Path(u32, u32, Got),
    /// Somebody in the first site reached somebody in the second.
    SitePath(u32, u32, Got),
    /// Somebody got into this site, or out of it.
    Site(u32, Got),
    /// An interface of this domain controller was reached.
    Application(u32),
    /// This port of it was.
    Port(u32, u16),
    /// This DNS server was right about something.
    Server(u32),
    /// This domain controller was told something right by a DNS server.
    Resolver(u32),
}

/// How far a look got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Got {
    /// As far as the endpoint mapper.
    Mapper,
    /// As far as the interface.
    Interface,
    /// Somewhere over IPv4.
    Ipv4,
    /// Somewhere over IPv6.
    Ipv6,
    /// This address.
    Address(u32),
}

/// Two links of the same ends.
fn ends(names: &mut Names, link: &Link) -> (u32, u32) {
    (names.dcs.of(&link.destination), names.dcs.of(&link.source))
}

/// All that a link's look shows to work.
pub(super) fn shown(names: &mut Names, link: &Link, shown: &Shown) -> Vec<Key> {
    let mut keys = Vec::new();
    if shown.at.is_none() {
        return keys;
    }
    let (from, to) = ends(names, link);
    let sites = match (&shown.destination_site, &shown.source_site) {
        (Some(from), Some(to)) if from != to => Some((names.sites.of(from), names.sites.of(to))),
        _ => None,
    };
    let mut got = Vec::new();
    if shown.mapper {
        got.push(Got::Mapper);
    }
    if let Some(port) = shown.port {
        got.push(Got::Interface);
        keys.push(Key::Application(to));
        keys.push(Key::Port(to, port));
    }
    if shown.reached.iter().any(std::net::IpAddr::is_ipv4) {
        got.push(Got::Ipv4);
    }
    if shown.reached.iter().any(std::net::IpAddr::is_ipv6) {
        got.push(Got::Ipv6);
    }
    for got in got {
        keys.extend([Key::Dc(to, got), Key::Client(from, got), Key::Path(from, to, got)]);
        if let Some((from, to)) = sites {
            keys.extend([Key::SitePath(from, to, got), Key::Site(from, got), Key::Site(to, got)]);
        }
    }
    for address in &shown.reached {
        keys.push(Key::Dc(to, Got::Address(names.addresses.of(address))));
    }
    keys.extend(shown.right.iter().map(|server| Key::Server(names.servers.of(server))));
    if !shown.right.is_empty() {
        keys.push(Key::Resolver(from));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What would contradict a root; nothing for one that a working link elsewhere does not touch.
pub(super) fn against(names: &mut Names, subject: &Subject) -> Vec<Key> {
    match subject {
        Subject::Application { dc } => vec![Key::Application(names.dcs.of(dc))],
        Subject::Port { dc, port } => vec![Key::Port(names.dcs.of(dc), *port)],
        Subject::DnsServer { server } => vec![Key::Server(names.servers.of(server))],
        Subject::Resolver { dc } => vec![Key::Resolver(names.dcs.of(dc))],
        Subject::Dc { dc, traffic } => {
            let (dc, got) = (names.dcs.of(dc), got(names, *traffic));
            vec![Key::Dc(dc, got)]
        }
        Subject::Client { dc, traffic } => {
            let (dc, got) = (names.dcs.of(dc), got(names, *traffic));
            vec![Key::Client(dc, got)]
        }
        Subject::Isolated { dc, traffic } => {
            let (dc, got) = (names.dcs.of(dc), got(names, *traffic));
            vec![Key::Dc(dc, got), Key::Client(dc, got)]
        }
        Subject::Between { one, other, traffic } => {
            let (one, other) = (names.dcs.of(one), names.dcs.of(other));
            let got = got(names, *traffic);
            vec![Key::Path(one, other, got), Key::Path(other, one, got)]
        }
        Subject::SitePath { from, to, traffic } => {
            let (from, to) = (names.sites.of(from), names.sites.of(to));
            vec![Key::SitePath(from, to, got(names, *traffic))]
        }
        Subject::BetweenSites { one, other, traffic } => {
            let (one, other) = (names.sites.of(one), names.sites.of(other));
            let got = got(names, *traffic);
            vec![Key::SitePath(one, other, got), Key::SitePath(other, one, got)]
        }
        Subject::Site { site, traffic } => {
            let (site, got) = (names.sites.of(site), got(names, *traffic));
            vec![Key::Site(site, got)]
        }
        Subject::Service { .. }
        | Subject::Condition { .. }
        | Subject::Registration { .. }
        | Subject::EndpointMapper { .. }
        | Subject::HostsLine { .. }
        | Subject::Cache { .. }
        | Subject::DnsRecord { .. }
        | Subject::NtdsSettings { .. }
        | Subject::Names { .. }
        | Subject::Path { .. } => Vec::new(),
    }
}

fn got(names: &mut Names, traffic: Traffic) -> Got {
    match traffic {
        Traffic::EndpointMapper => Got::Mapper,
        Traffic::DynamicPorts => Got::Interface,
        Traffic::Ipv4 => Got::Ipv4,
        Traffic::Ipv6 => Got::Ipv6,
        Traffic::Address(address) => Got::Address(names.addresses.of(&address)),
    }
}
