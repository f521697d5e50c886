//! The time at which something was last seen to work, read from the counts or from the links themselves.

use epmesh_facts::Timestamp;

use super::{
    contradiction::Contradiction, link_entry::LinkId, numbers::Number, places::Places,
    success_count::SuccessCount,
};

impl Places {
    /// The time of the last look that gave a contradiction. Where nothing counts them, `seen_at` is asked of
    /// every link that can give it.
    pub(super) fn last_seen(
        &mut self,
        contradiction: Contradiction,
        seen_at: impl Fn(LinkId) -> Option<Timestamp>,
    ) -> Option<Timestamp> {
        if let Some(count) = self.count(contradiction) {
            if count.links == 0 {
                return None;
            }
            if !count.is_stale {
                return Some(count.last);
            }
        }
        let last = self.links(contradiction).filter_map(seen_at).max();
        if let (Some(count), Some(last)) = (self.count(contradiction), last) {
            (count.last, count.is_stale) = (last, false);
        }
        last
    }

    fn count(&mut self, contradiction: Contradiction) -> Option<&mut SuccessCount> {
        match contradiction {
            Contradiction::SitePath(from, to, reach) => {
                self.site_paths.get_mut(&(from, to))?.get_mut(reach)
            }
            Contradiction::Site(site, reach) => self.sites.get_mut(site)?.counts.get_mut(reach),
            Contradiction::Server(server) => {
                self.servers.get_mut(server).map(|server| &mut server.count)
            }
            _ => None,
        }
    }

    /// The links that can give a contradiction.
    fn links(&self, contradiction: Contradiction) -> Box<dyn Iterator<Item = LinkId> + '_> {
        let of = |dc: Number| self.dcs.get(dc).into_iter();
        let as_source = move |dc| of(dc).flat_map(|dc| dc.as_source.iter().copied());
        let as_destination =
            move |dc| of(dc).flat_map(|dc| dc.as_destination.iter().map(|seat| seat.link));
        let in_site = |site: Number| self.sites.get(site).into_iter().flat_map(|site| &site.dcs);
        match contradiction {
            Contradiction::Dc(dc, _)
            | Contradiction::Application(dc)
            | Contradiction::Port(dc, _) => Box::new(as_source(dc)),
            Contradiction::Client(dc, _) | Contradiction::Resolver(dc) => {
                Box::new(as_destination(dc))
            }
            Contradiction::Path(from, to, _) => {
                let seats = self.dcs.get(from).map_or(&[][..], |dc| &dc.as_destination);
                let start = seats.partition_point(|seat| seat.source < to);
                let seats = seats.iter().skip(start).take_while(move |seat| seat.source == to);
                Box::new(seats.map(|seat| seat.link))
            }
            Contradiction::SitePath(from, _, _) => {
                Box::new(in_site(from).flat_map(move |dc| as_destination(*dc)))
            }
            Contradiction::Site(site, _) => Box::new(
                in_site(site).flat_map(move |dc| as_destination(*dc).chain(as_source(*dc))),
            ),
            Contradiction::Server(server) => {
                let dcs = self.servers.get(server).into_iter().flat_map(|server| &server.dcs);
                Box::new(dcs.flat_map(move |dc| as_destination(*dc)))
            }
        }
    }
}
