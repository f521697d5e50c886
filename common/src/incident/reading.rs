//! When something was last shown to work, read off what is counted or off the links themselves.

use epmesh_facts::Timestamp;

use super::{key::Key, numbers::Number, places::Places, table::LinkId, works::Works};

impl Places {
    /// When a link last showed this. It is read off the links that can, where it is not counted.
    pub(super) fn last(
        &mut self,
        key: Key,
        shows: impl Fn(LinkId) -> Option<Timestamp>,
    ) -> Option<Timestamp> {
        if let Some(works) = self.works(key) {
            if works.links == 0 {
                return None;
            }
            if !works.is_stale {
                return Some(works.last);
            }
        }
        let last = self.links(key).filter_map(shows).max();
        if let (Some(works), Some(last)) = (self.works(key), last) {
            (works.last, works.is_stale) = (last, false);
        }
        last
    }

    fn works(&mut self, key: Key) -> Option<&mut Works> {
        match key {
            Key::SitePath(from, to, got) => self.ways.get_mut(&(from, to))?.get_mut(got),
            Key::Site(site, got) => self.sites.get_mut(site)?.works.get_mut(got),
            Key::Server(server) => self.servers.get_mut(server).map(|server| &mut server.works),
            _ => None,
        }
    }

    /// The links that can show this.
    fn links(&self, key: Key) -> Box<dyn Iterator<Item = LinkId> + '_> {
        let of = |dc: Number| self.dcs.get(dc).into_iter();
        let as_source = move |dc| of(dc).flat_map(|dc| dc.as_source.iter().copied());
        let as_destination =
            move |dc| of(dc).flat_map(|dc| dc.as_destination.iter().map(|seat| seat.link));
        let in_site = |site: Number| self.sites.get(site).into_iter().flat_map(|site| &site.dcs);
        match key {
            Key::Dc(dc, _) | Key::Application(dc) | Key::Port(dc, _) => Box::new(as_source(dc)),
            Key::Client(dc, _) | Key::Resolver(dc) => Box::new(as_destination(dc)),
            Key::Path(from, to, _) => {
                let seats = self.dcs.get(from).map_or(&[][..], |dc| &dc.as_destination);
                let start = seats.partition_point(|seat| seat.source < to);
                let seats = seats.iter().skip(start).take_while(move |seat| seat.source == to);
                Box::new(seats.map(|seat| seat.link))
            }
            Key::SitePath(from, _, _) => {
                Box::new(in_site(from).flat_map(move |dc| as_destination(*dc)))
            }
            Key::Site(site, _) => Box::new(
                in_site(site).flat_map(move |dc| as_destination(*dc).chain(as_source(*dc))),
            ),
            Key::Server(server) => {
                let dcs = self.servers.get(server).into_iter().flat_map(|server| &server.dcs);
                Box::new(dcs.flat_map(move |dc| as_destination(*dc)))
            }
        }
    }
}
