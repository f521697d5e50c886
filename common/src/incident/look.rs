//! What the last look at a link showed, in little room: a large fleet has half a million of them.

use std::{net::IpAddr, sync::Arc};

use epmesh_facts::Timestamp;

use super::{
    key::{Got, Key},
    numbers::Number,
};
use crate::diagnosis::ProvenReachable;

/// The ends of a link and its interface, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ends {
    pub(super) destination: Number,
    pub(super) source: Number,
    pub(super) interface: Number,
}

/// A list that links have in common; `None` is the empty one.
pub(super) type List<T> = Option<Arc<Vec<T>>>;

/// What a look showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// When it was; the earliest moment where there was none.
    pub(super) at: Timestamp,
    /// The addresses of the source that answered, in order.
    pub(super) reached: List<IpAddr>,
    /// The DNS servers that are right about the source, in the order of their numbers.
    pub(super) right: List<Number>,
    pub(super) destination_site: Option<Number>,
    pub(super) source_site: Option<Number>,
    /// The DNS server whose answer the destination uses.
    pub(super) decided_by: Option<Number>,
    port: Option<u16>,
    got: Gots,
    /// IPv4 works here and IPv6 does not.
    pub(super) lacks_ipv6: bool,
}

impl Look {
    /// All but the lists and what goes by numbers.
    pub(super) fn of(works: &ProvenReachable) -> Self {
        let v4 = |list: &[IpAddr]| list.iter().any(IpAddr::is_ipv4);
        let v6 = |list: &[IpAddr]| list.iter().any(IpAddr::is_ipv6);
        let lacks_ipv6 = v6(&works.missed) && !v6(&works.reached) && v4(&works.reached);
        let Some(at) = works.at else { return Self { lacks_ipv6, ..Self::default() } };
        let mut got = Gots::default();
        for (is_shown, way) in [
            (works.mapper, Got::Mapper),
            (works.dynamic, Got::Dynamic),
            (v4(&works.reached), Got::Ipv4),
            (v6(&works.reached), Got::Ipv6),
        ] {
            if is_shown {
                got.insert(way);
            }
        }
        Self { at, port: works.port, got, lacks_ipv6, ..Self::default() }
    }

    /// Whether `later` shows the same, whenever it was.
    pub(super) fn is_same(&self, later: &Self) -> bool {
        self.port == later.port
            && self.got == later.got
            && self.lacks_ipv6 == later.lacks_ipv6
            && self.destination_site == later.destination_site
            && self.source_site == later.source_site
            && self.decided_by == later.decided_by
            && self.reached == later.reached
            && self.right == later.right
    }

    /// How far it got, apart from single addresses.
    pub(super) fn gots(&self) -> impl Iterator<Item = Got> + use<> {
        let got = self.got;
        Gots::ALL.into_iter().filter(move |way| got.has(*way))
    }

    /// The sites that it led from and to, if it led from one to another and anywhere at all.
    pub(super) fn sites(&self) -> Option<(Number, Number)> {
        let sites = self.destination_site.zip(self.source_site);
        sites.filter(|(from, to)| from != to && self.got != Gots::default())
    }

    pub(super) fn reached(&self) -> &[IpAddr] {
        self.reached.as_ref().map_or(&[], |list| list)
    }

    pub(super) fn right(&self) -> &[Number] {
        self.right.as_ref().map_or(&[], |list| list)
    }

    /// All that it shows to work, and that is wanted. Some may come twice.
    pub(super) fn each_key(&self, ends: Ends, wanted: Wanted, mut each: impl FnMut(Key)) {
        let (from, to) = (ends.destination, ends.source);
        let sites = self.sites().filter(|_| wanted.sites);
        for got in self.gots() {
            if wanted.source {
                each(Key::Dc(to, got));
            }
            if wanted.destination {
                each(Key::Client(from, got));
                each(Key::Path(from, to, got));
            }
            if let Some((from, to)) = sites {
                each(Key::SitePath(from, to, got));
                each(Key::Site(from, got));
                each(Key::Site(to, got));
            }
        }
        if wanted.source {
            if let Some(port) = self.port {
                each(Key::Application(to));
                each(Key::Port(to, port));
            }
            for address in self.reached() {
                each(Key::Dc(to, Got::Address(*address)));
            }
        }
        if wanted.destination && self.right.is_some() {
            each(Key::Resolver(from));
        }
        if wanted.servers {
            for server in self.right() {
                each(Key::Server(*server));
            }
        }
    }

    /// Whether this is one of [`each_key`](Self::each_key).
    pub(super) fn shows(&self, ends: Ends, key: Key) -> bool {
        let (from, to) = (ends.destination, ends.source);
        match key {
            Key::Dc(dc, Got::Address(address)) => dc == to && self.reached().contains(&address),
            Key::Dc(dc, got) => dc == to && self.got.has(got),
            Key::Client(dc, got) => dc == from && self.got.has(got),
            Key::Path(one, other, got) => (one, other) == (from, to) && self.got.has(got),
            Key::SitePath(one, other, got) => {
                self.sites() == Some((one, other)) && self.got.has(got)
            }
            Key::Site(site, got) => {
                self.sites().is_some_and(|(from, to)| site == from || site == to)
                    && self.got.has(got)
            }
            Key::Application(dc) => dc == to && self.port.is_some(),
            Key::Port(dc, port) => dc == to && self.port == Some(port),
            Key::Server(server) => self.right().contains(&server),
            Key::Resolver(dc) => dc == from && self.right.is_some(),
        }
    }
}

/// What of all that a look shows is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// What goes by the source.
    pub(super) source: bool,
    /// What goes by the destination.
    pub(super) destination: bool,
    /// What goes by the sites.
    pub(super) sites: bool,
    /// What goes by DNS servers.
    pub(super) servers: bool,
}

/// A set of how far a look got; single addresses are not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Gots(u8);

impl Gots {
    const ALL: [Got; 4] = [Got::Mapper, Got::Dynamic, Got::Ipv4, Got::Ipv6];

    const fn bit(got: Got) -> u8 {
        match got {
            Got::Mapper => 1,
            Got::Dynamic => 2,
            Got::Ipv4 => 4,
            Got::Ipv6 => 8,
            Got::Address(_) => 0,
        }
    }

    fn insert(&mut self, got: Got) {
        self.0 |= Self::bit(got);
    }

    fn has(self, got: Got) -> bool {
        self.0 & Self::bit(got) != 0
    }
}
