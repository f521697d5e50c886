//! Putting what a look showed into little memory.
//!
//! Half a million links are put every minute, and nearly all of them show what they showed before: a
//! name that is the one before is not looked up again, and links share their lists.

use std::{net::IpAddr, sync::Arc};

use super::{
    compact_reach::{CompactReach, Ends, List},
    numbers::{Number, Numbered},
    places::{Places, Site},
};
use crate::diagnosis::ProvenReachable;

impl Places {
    /// The compact form of what a look showed. `before` is that of the look before, or of another link:
    /// most likely much of it is the same.
    pub(super) fn compact(
        &mut self,
        ends: Ends,
        works: &ProvenReachable,
        before: &CompactReach,
    ) -> CompactReach {
        let mut reach = CompactReach::of(works);
        let site = |sites: &mut Numbered<String, Site>, name: &Option<String>, likely| {
            name.as_ref().map(|name| sites.number_likely(name, likely))
        };
        reach.destination_site =
            site(&mut self.sites, &works.destination_site, before.destination_site);
        let likely = self.dcs.get(ends.source).and_then(|dc| dc.sites.first());
        reach.source_site =
            site(&mut self.sites, &works.source_site, likely.or(before.source_site));
        reach.decided_by = works
            .decided_by
            .as_ref()
            .map(|server| self.servers.number_likely(server, before.decided_by));
        if works.at.is_some() {
            reach.reached = self.reached(ends.source, works, before);
            reach.right = self.right(ends.destination, works, before);
        }
        reach
    }

    fn reached(
        &mut self,
        dc: Number,
        works: &ProvenReachable,
        before: &CompactReach,
    ) -> List<IpAddr> {
        if works.reached.is_empty() {
            return None;
        }
        let mut common = self.dcs.get_mut(dc).map(|dc| &mut dc.reached);
        let find = |wanted: &[IpAddr], common: &Option<&mut List<_>>| {
            let lists = [before.reached.as_ref(), common.as_ref().and_then(|list| list.as_ref())];
            lists.into_iter().flatten().find(|list| list.as_slice() == wanted).cloned()
        };
        if let Some(found) = find(&works.reached, &common) {
            return Some(found);
        }
        let mut list = works.reached.clone();
        list.sort_unstable();
        list.dedup();
        let list = find(&list, &common).unwrap_or_else(|| Arc::new(list));
        if let Some(common) = &mut common {
            **common = Some(list.clone());
        }
        Some(list)
    }

    fn right(
        &mut self,
        dc: Number,
        works: &ProvenReachable,
        before: &CompactReach,
    ) -> List<Number> {
        if works.right.is_empty() {
            return None;
        }
        let common = self.dcs.get(dc).and_then(|dc| dc.right.clone());
        let is = |list: &&Arc<Vec<Number>>| {
            list.len() == works.right.len()
                && list.iter().zip(&works.right).all(|(known, name)| self.servers.is(*known, name))
        };
        if let Some(list) = [before.right.as_ref(), common.as_ref()].into_iter().flatten().find(is)
        {
            return Some(list.clone());
        }
        let mut list: Vec<Number> =
            works.right.iter().map(|server| self.servers.number(server)).collect();
        list.sort_unstable();
        list.dedup();
        let lists = [before.right.as_ref(), common.as_ref()];
        let known = lists.into_iter().flatten().find(|known| ***known == list).cloned();
        let list = known.unwrap_or_else(|| Arc::new(list));
        if let Some(dc) = self.dcs.get_mut(dc) {
            dc.right = Some(list.clone());
        }
        Some(list)
    }
}
