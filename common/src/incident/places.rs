//! Domain controllers, sites and DNS servers, and what works of what many links show.
//!
//! What one domain controller's links show is worked out from these when somebody asks. Of a site or
//! a DNS server there may be a hundred thousand links: of these it is counted as they come and go.

use epmesh_facts::DnsName;
use epmesh_rpc::InterfaceId;

use super::{
    look::{Ends, List, Look},
    numbers::{FastMap, Number, Numbered},
    table::LinkId,
    works::{Counts, Ways, Works},
};
use crate::diagnosis::{Link, ServerName};

/// All that has a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    pub(super) dcs: Numbered<DnsName, Dc>,
    pub(super) sites: Numbered<String, Site>,
    pub(super) servers: Numbered<ServerName, Server>,
    pub(super) interfaces: Numbered<InterfaceId, ()>,
    /// From one site to another.
    pub(super) ways: FastMap<(Number, Number), Ways>,
    /// The link that was last put, and where it stands: the next is mostly the next of the same
    /// destination.
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
    /// The links of which it is the source, in no order that means anything.
    pub(super) as_source: Vec<LinkId>,
    /// The links of which it is the destination, in the order of their sources' numbers.
    pub(super) as_destination: Vec<Seat>,
    /// The sites in which links that lead from site to site have it, and how many.
    pub(super) sites: Counts,
    /// The DNS servers that it found to be right, and how many times.
    pub(super) servers: Counts,
    /// The addresses at which it was last reached: mostly all reach the same.
    pub(super) reached: List<std::net::IpAddr>,
    /// The DNS servers that it last found to be right.
    pub(super) right: List<Number>,
}

/// A link by what tells it from the others of its destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) source: Number,
    pub(super) interface: Number,
    pub(super) link: LinkId,
}

impl Dc {
    /// Where a link stands among those of this destination, or would.
    fn seat(&self, source: Number, interface: Number) -> Result<usize, usize> {
        let seats = &self.as_destination;
        seats.binary_search_by_key(&(source, interface), |seat| (seat.source, seat.interface))
    }
}

/// A site.
#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    pub(super) works: Ways,
    pub(super) dcs: Vec<Number>,
}

/// A DNS server.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    pub(super) works: Works,
    /// Who found it to be right.
    pub(super) dcs: Vec<Number>,
}

impl Places {
    /// The numbers of a link that is put, and its own if it is held.
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

    /// The link that was last put, if it is still there.
    pub(super) fn recent(&self) -> Option<LinkId> {
        self.recent.map(|recent| recent.link)
    }

    /// A link that is held.
    pub(super) fn held(&self, link: &Link) -> Option<(Ends, LinkId)> {
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

    /// Links in order go by this.
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

    pub(super) fn join(&mut self, ends: Ends, link: LinkId) {
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
            // Who goes came last more often than not.
            && let Some(place) = dc.as_source.iter().rposition(|known| *known == link)
        {
            dc.as_source.swap_remove(place);
        }
    }

    /// A link shows this now.
    pub(super) fn seen(&mut self, ends: Ends, look: &Look) {
        self.each(look, |works| works.add(look.at));
        if let Some((from, to)) = look.sites() {
            for (dc, site) in [(ends.destination, from), (ends.source, to)] {
                let is_new = self.dcs.get_mut(dc).is_some_and(|dc| dc.sites.add(site));
                if is_new && let Some(site) = self.sites.get_mut(site) {
                    site.dcs.push(dc);
                }
            }
        }
        if let Some(dc) = self.dcs.get_mut(ends.destination) {
            for server in look.right() {
                if dc.servers.add(*server)
                    && let Some(server) = self.servers.get_mut(*server)
                {
                    server.dcs.push(ends.destination);
                }
            }
        }
    }

    /// A link that showed the same before did so again, later.
    pub(super) fn seen_again(&mut self, look: &Look) {
        self.each(look, |works| works.raise(look.at));
    }

    /// A link shows this no more.
    pub(super) fn unseen(&mut self, ends: Ends, look: &Look) {
        self.each(look, |works| works.remove(look.at));
        let leave = |dcs: &mut Vec<Number>, dc: Number| {
            if let Some(place) = dcs.iter().position(|known| *known == dc) {
                dcs.swap_remove(place);
            }
        };
        if let Some((from, to)) = look.sites() {
            if self.ways.get(&(from, to)) == Some(&Ways::default()) {
                self.ways.remove(&(from, to));
            }
            for (dc, site) in [(ends.destination, from), (ends.source, to)] {
                let was_last = self.dcs.get_mut(dc).is_some_and(|dc| dc.sites.remove(site));
                if was_last && let Some(site) = self.sites.get_mut(site) {
                    leave(&mut site.dcs, dc);
                }
            }
        }
        if let Some(dc) = self.dcs.get_mut(ends.destination) {
            for server in look.right() {
                if dc.servers.remove(*server)
                    && let Some(server) = self.servers.get_mut(*server)
                {
                    leave(&mut server.dcs, ends.destination);
                }
            }
        }
    }

    /// All that is counted of what a look shows.
    fn each(&mut self, look: &Look, what: impl Fn(&mut Works) + Copy) {
        if let Some((from, to)) = look.sites() {
            self.ways.entry((from, to)).or_default().each(look, what);
            for site in [from, to] {
                if let Some(site) = self.sites.get_mut(site) {
                    site.works.each(look, what);
                }
            }
        }
        for server in look.right() {
            if let Some(server) = self.servers.get_mut(*server) {
                what(&mut server.works);
            }
        }
    }

    /// Whether nothing is kept but names.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.ways.is_empty()
            && self.dcs.all().all(|dc| {
                dc.as_source.is_empty()
                    && dc.as_destination.is_empty()
                    && dc.sites.is_empty()
                    && dc.servers.is_empty()
            })
            && self.sites.all().all(|site| site.dcs.is_empty() && site.works == Ways::default())
            && self
                .servers
                .all()
                .all(|server| server.dcs.is_empty() && server.works == Works::default())
    }
}
