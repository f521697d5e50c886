//! The success of the last look over a link, in little memory: a large fleet has half a million links.

use std::{net::IpAddr, sync::Arc};

use super::{
    contradiction::{Contradiction, Reach},
    numbers::Number,
};
use crate::{diagnosis::ProvenReachable, facts::Timestamp};

/// The ends of a link and its interface, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ends {
    pub(super) destination: Number,
    pub(super) source: Number,
    pub(super) interface: Number,
}

/// A list that links have in common; `None` is the empty one.
pub(super) type List<T> = Option<Arc<Vec<T>>>;

/// The success of one look: what it found to work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CompactReach {
    /// When the look was; the earliest moment where there was none.
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
    reaches: ReachSet,
    /// IPv4 works here and IPv6 does not.
    pub(super) lacks_ipv6: bool,
}

impl CompactReach {
    /// All but the lists and the numbers, which `Places::compact` adds.
    pub(super) fn of(works: &ProvenReachable) -> Self {
        let v4 = |list: &[IpAddr]| list.iter().any(IpAddr::is_ipv4);
        let v6 = |list: &[IpAddr]| list.iter().any(IpAddr::is_ipv6);
        let lacks_ipv6 = v6(&works.missed) && !v6(&works.reached) && v4(&works.reached);
        let Some(at) = works.at else { return Self { lacks_ipv6, ..Self::default() } };
        let mut reaches = ReachSet::default();
        for (works, reach) in [
            (works.mapper, Reach::Mapper),
            (works.dynamic, Reach::Dynamic),
            (works.port.is_some(), Reach::Rpc),
            (works.large, Reach::Large),
            (v4(&works.reached), Reach::Ipv4),
            (v6(&works.reached), Reach::Ipv6),
        ] {
            if works {
                reaches.insert(reach);
            }
        }
        Self { at, port: works.port, reaches, lacks_ipv6, ..Self::default() }
    }

    /// Whether the same worked in `later`, whenever it was.
    pub(super) fn is_same(&self, later: &Self) -> bool {
        self.port == later.port
            && self.reaches == later.reaches
            && self.lacks_ipv6 == later.lacks_ipv6
            && self.destination_site == later.destination_site
            && self.source_site == later.source_site
            && self.decided_by == later.decided_by
            && self.reached == later.reached
            && self.right == later.right
    }

    /// The stages that the look reached, apart from single addresses.
    pub(super) fn reaches(&self) -> impl Iterator<Item = Reach> + use<> {
        let reaches = self.reaches;
        ReachSet::ALL.into_iter().filter(move |reach| reaches.has(*reach))
    }

    /// The sites of the destination and the source, where the look led from one to another and reached
    /// anything.
    pub(super) fn sites(&self) -> Option<(Number, Number)> {
        let sites = self.destination_site.zip(self.source_site);
        sites.filter(|(from, to)| from != to && self.reaches != ReachSet::default())
    }

    pub(super) fn reached(&self) -> &[IpAddr] {
        self.reached.as_ref().map_or(&[], |list| list)
    }

    pub(super) fn right(&self) -> &[Number] {
        self.right.as_ref().map_or(&[], |list| list)
    }

    /// Calls `each` with every wanted contradiction that the look gives. Some may come twice.
    pub(super) fn each_contradiction(
        &self,
        ends: Ends,
        wanted: Wanted,
        mut each: impl FnMut(Contradiction),
    ) {
        let (from, to) = (ends.destination, ends.source);
        let sites = self.sites().filter(|_| wanted.sites);
        for reach in self.reaches() {
            if wanted.source {
                each(Contradiction::Dc(to, reach));
            }
            if wanted.destination {
                each(Contradiction::Client(from, reach));
                each(Contradiction::Path(from, to, reach));
            }
            if let Some((from, to)) = sites {
                each(Contradiction::SitePath(from, to, reach));
                each(Contradiction::Site(from, reach));
                each(Contradiction::Site(to, reach));
            }
        }
        if wanted.source {
            if let Some(port) = self.port {
                each(Contradiction::Application(to));
                each(Contradiction::Port(to, port));
            }
            for address in self.reached() {
                each(Contradiction::Dc(to, Reach::Address(*address)));
            }
        }
        if wanted.destination && self.right.is_some() {
            each(Contradiction::Resolver(from));
        }
        if wanted.servers {
            for server in self.right() {
                each(Contradiction::Server(*server));
            }
        }
    }

    /// Whether the look gives this contradiction.
    pub(super) fn gives(&self, ends: Ends, contradiction: Contradiction) -> bool {
        let (from, to) = (ends.destination, ends.source);
        match contradiction {
            Contradiction::Dc(dc, Reach::Address(address)) => {
                dc == to && self.reached().contains(&address)
            }
            Contradiction::Dc(dc, reach) => dc == to && self.reaches.has(reach),
            Contradiction::Client(dc, reach) => dc == from && self.reaches.has(reach),
            Contradiction::Path(one, other, reach) => {
                (one, other) == (from, to) && self.reaches.has(reach)
            }
            Contradiction::SitePath(one, other, reach) => {
                self.sites() == Some((one, other)) && self.reaches.has(reach)
            }
            Contradiction::Site(site, reach) => {
                self.sites().is_some_and(|(from, to)| site == from || site == to)
                    && self.reaches.has(reach)
            }
            Contradiction::Application(dc) => dc == to && self.port.is_some(),
            Contradiction::Port(dc, port) => dc == to && self.port == Some(port),
            Contradiction::Server(server) => self.right().contains(&server),
            Contradiction::Resolver(dc) => dc == from && self.right.is_some(),
        }
    }
}

/// The contradictions of a look that are wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The contradictions named by the source.
    pub(super) source: bool,
    /// The contradictions named by the destination.
    pub(super) destination: bool,
    /// The contradictions named by the sites.
    pub(super) sites: bool,
    /// The contradictions named by DNS servers.
    pub(super) servers: bool,
}

/// A set of reaches; single addresses are not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ReachSet(u8);

impl ReachSet {
    const ALL: [Reach; 6] =
        [Reach::Mapper, Reach::Dynamic, Reach::Ipv4, Reach::Ipv6, Reach::Rpc, Reach::Large];

    const fn bit(reach: Reach) -> u8 {
        match reach {
            Reach::Mapper => 1,
            Reach::Dynamic => 2,
            Reach::Ipv4 => 4,
            Reach::Ipv6 => 8,
            Reach::Rpc => 16,
            Reach::Large => 32,
            Reach::Address(_) => 0,
        }
    }

    fn insert(&mut self, reach: Reach) {
        self.0 |= Self::bit(reach);
    }

    fn has(self, reach: Reach) -> bool {
        self.0 & Self::bit(reach) != 0
    }
}
