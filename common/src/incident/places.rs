//! Domain controllers, sites and DNS servers, with their links and counts.
//!
//! What the links of one domain controller show is read from them when needed. A site or a DNS server
//! may have a hundred thousand links, so what these show is counted as it changes.

use epmesh_facts::DnsName;
use epmesh_rpc::InterfaceId;

use super::{
    compact_reach::{CompactReach, Ends, List},
    link_entry::LinkId,
    numbers::{FastMap, Number, Numbered},
    success_count::{NumberCounts, ReachCounts, SuccessCount},
};
use crate::diagnosis::{Link, ServerName};

/// The things that links name, each under a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    pub(super) dcs: Numbered<DnsName, Dc>,
    pub(super) sites: Numbered<String, Site>,
    pub(super) servers: Numbered<ServerName, Server>,
    pub(super) interfaces: Numbered<InterfaceId, ()>,
    /// What links from one site to another show.
    pub(super) site_paths: FastMap<(Number, Number), ReachCounts>,
    /// The link that was last put, and its place: the next one to come is mostly the next of the
    /// same destination.
    recent: Option<Recent>,
}

#[derive(Clone, Copy, Debug)]
struct Recent {
    ends: Ends,
    place: usize,
    link: LinkId,
}

/// A domain controller.
#[derive(Clone, Debug, Default)]
pub(super) struct Dc {
    /// The links of which this is the source, in no meaningful order.
    pub(super) as_source: Vec<LinkId>,
    /// The links of which this is the destination, in the order of their sources' numbers.
    pub(super) as_destination: Vec<Seat>,
    /// The sites that links from one site to another place it in, and how many links do.
    pub(super) sites: NumberCounts,
    /// The DNS servers that gave it right answers, and on how many links.
    pub(super) servers: NumberCounts,
    /// The addresses at which it was last reached: mostly all witnesses reach the same.
    pub(super) reached: List<std::net::IpAddr>,
    /// The DNS servers that last gave it right answers.
    pub(super) right: List<Number>,
}

/// A link among those of one destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) source: Number,
    pub(super) interface: Number,
    pub(super) link: LinkId,
}

impl Dc {
    /// The place of a link among those of this destination, or the place where it would go.
    fn seat(&self, source: Number, interface: Number) -> Result<usize, usize> {
        let seats = &self.as_destination;
        seats.binary_search_by_key(&(source, interface), |seat| (seat.source, seat.interface))
    }
}

/// A site.
#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    pub(super) counts: ReachCounts,
    pub(super) dcs: Vec<Number>,
}

/// A DNS server.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    pub(super) count: SuccessCount,
    /// The domain controllers that got right answers from it.
    pub(super) dcs: Vec<Number>,
}

impl Places {
    /// The numbers of the ends of a link, and of the link itself where it is known.
    pub(super) fn find(&mut self, link: &Link) -> (Ends, Option<LinkId>) {
        let recent = self.recent.map(|recent| recent.ends);
        let destination =
            self.dcs.number_likely(&link.destination, recent.map(|ends| ends.destination));
        let interface =
            self.interfaces.number_likely(&link.interface, recent.map(|ends| ends.interface));
        let place = match self.recent {
            Some(recent) if recent.ends.destination == destination => recent.place + 1,
            _ => 0,
        };
        let next = self.dcs.get(destination).and_then(|dc| dc.as_destination.get(place)).copied();
        let source = self.dcs.number_likely(&link.source, next.map(|seat| seat.source));
        let ends = Ends { destination, source, interface };
        let dc = self.dcs.get(destination);
        let place = match next {
            Some(seat) if (seat.source, seat.interface) == (source, interface) => Some(place),
            _ => dc.and_then(|dc| dc.seat(source, interface).ok()),
        };
        let seats = self.dcs.get(destination).map(|dc| &dc.as_destination);
        let seat = place.and_then(|place| Some((place, seats?.get(place)?.link)));
        if let Some((place, link)) = seat {
            self.recent = Some(Recent { ends, place, link });
        }
        (ends, seat.map(|(_, link)| link))
    }

    /// The link that was last put, if it is still known.
    pub(super) fn recent(&self) -> Option<LinkId> {
        self.recent.map(|recent| recent.link)
    }

    /// The numbers of a known link.
    pub(super) fn known(&self, link: &Link) -> Option<(Ends, LinkId)> {
        let ends = self.known_ends(link)?;
        let dc = self.dcs.get(ends.destination)?;
        let place = dc.seat(ends.source, ends.interface).ok()?;
        Some((ends, dc.as_destination.get(place)?.link))
    }

    fn known_ends(&self, link: &Link) -> Option<Ends> {
        Some(Ends {
            destination: self.dcs.known(&link.destination)?,
            source: self.dcs.known(&link.source)?,
            interface: self.interfaces.known(&link.interface)?,
        })
    }

    pub(super) fn link(&self, ends: Ends) -> Option<Link> {
        Some(Link {
            destination: self.dcs.name(ends.destination)?.clone(),
            source: self.dcs.name(ends.source)?.clone(),
            interface: *self.interfaces.name(ends.interface)?,
        })
    }

    /// The names by which links are put in order.
    pub(super) fn order(
        &self,
        ends: Ends,
    ) -> (Option<&DnsName>, Option<&DnsName>, Option<&InterfaceId>) {
        (
            self.dcs.name(ends.destination),
            self.dcs.name(ends.source),
            self.interfaces.name(ends.interface),
        )
    }

    pub(super) fn enter(&mut self, ends: Ends, link: LinkId) {
        let Ends { destination, source, interface } = ends;
        if let Some(dc) = self.dcs.get_mut(destination)
            && let Err(place) = dc.seat(source, interface)
        {
            dc.as_destination.insert(place, Seat { source, interface, link });
            self.recent = Some(Recent { ends, place, link });
        }
        if let Some(dc) = self.dcs.get_mut(source) {
            dc.as_source.push(link);
        }
    }

    pub(super) fn leave(&mut self, ends: Ends, link: LinkId) {
        if let Some(dc) = self.dcs.get_mut(ends.destination)
            && let Ok(place) = dc.seat(ends.source, ends.interface)
        {
            dc.as_destination.remove(place);
        }
        if let Some(dc) = self.dcs.get_mut(ends.source)
            // The link that leaves is mostly the one that came last.
            && let Some(place) = dc.as_source.iter().rposition(|known| *known == link)
        {
            dc.as_source.swap_remove(place);
        }
    }

    /// Counts what works on a link from now on.
    pub(super) fn add(&mut self, ends: Ends, reach: &CompactReach) {
        self.change_counts(reach, |count| count.add(reach.at));
        if let Some((from, to)) = reach.sites() {
            for (dc, site) in [(ends.destination, from), (ends.source, to)] {
                let is_new = self.dcs.get_mut(dc).is_some_and(|dc| dc.sites.add(site));
                if is_new && let Some(site) = self.sites.get_mut(site) {
                    site.dcs.push(dc);
                }
            }
        }
        if let Some(dc) = self.dcs.get_mut(ends.destination) {
            for server in reach.right() {
                if dc.servers.add(*server)
                    && let Some(server) = self.servers.get_mut(*server)
                {
                    server.dcs.push(ends.destination);
                }
            }
        }
    }

    /// Notes that the same worked on a link at a later time.
    pub(super) fn raise(&mut self, reach: &CompactReach) {
        self.change_counts(reach, |count| count.raise(reach.at));
    }

    /// Takes what no longer works on a link out of the counts.
    pub(super) fn take_out(&mut self, ends: Ends, reach: &CompactReach) {
        self.change_counts(reach, |count| count.remove(reach.at));
        let leave = |dcs: &mut Vec<Number>, dc: Number| {
            if let Some(place) = dcs.iter().position(|known| *known == dc) {
                dcs.swap_remove(place);
            }
        };
        if let Some((from, to)) = reach.sites() {
            if self.site_paths.get(&(from, to)) == Some(&ReachCounts::default()) {
                self.site_paths.remove(&(from, to));
            }
            for (dc, site) in [(ends.destination, from), (ends.source, to)] {
                let was_last = self.dcs.get_mut(dc).is_some_and(|dc| dc.sites.remove(site));
                if was_last && let Some(site) = self.sites.get_mut(site) {
                    leave(&mut site.dcs, dc);
                }
            }
        }
        if let Some(dc) = self.dcs.get_mut(ends.destination) {
            for server in reach.right() {
                if dc.servers.remove(*server)
                    && let Some(server) = self.servers.get_mut(*server)
                {
                    leave(&mut server.dcs, ends.destination);
                }
            }
        }
    }

    /// Changes every count that a look bears on.
    fn change_counts(&mut self, reach: &CompactReach, change: impl Fn(&mut SuccessCount) + Copy) {
        if let Some((from, to)) = reach.sites() {
            self.site_paths.entry((from, to)).or_default().change(reach, change);
            for site in [from, to] {
                if let Some(site) = self.sites.get_mut(site) {
                    site.counts.change(reach, change);
                }
            }
        }
        for server in reach.right() {
            if let Some(server) = self.servers.get_mut(*server) {
                change(&mut server.count);
            }
        }
    }

    /// Whether nothing is left but names.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.site_paths.is_empty()
            && self.dcs.all().all(|dc| {
                dc.as_source.is_empty()
                    && dc.as_destination.is_empty()
                    && dc.sites.is_empty()
                    && dc.servers.is_empty()
            })
            && self
                .sites
                .all()
                .all(|site| site.dcs.is_empty() && site.counts == ReachCounts::default())
            && self
                .servers
                .all()
                .all(|server| server.dcs.is_empty() && server.count == SuccessCount::default())
    }
}
