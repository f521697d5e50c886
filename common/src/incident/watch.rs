//! The contradictions of the candidate faults that links have now, and when each was last seen.
//!
//! Only for these is the time of the last success kept; a healthy fleet has none.

use std::collections::BTreeSet;

use epmesh_facts::Timestamp;

use super::{
    compact_reach::{CompactReach, Ends, Wanted},
    contradiction::Contradiction,
    link_entry::FaultId,
    numbers::{FastMap, Number},
};

/// The contradictions that matter now.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    watched: FastMap<Contradiction, Watched>,
    /// What they are named by, and how many there are: few links bear on any.
    anchors: FastMap<Anchor, u32>,
    /// The contradictions that may have changed since the last [`update`](Self::update).
    pending: Vec<Contradiction>,
}

/// What a contradiction is named by: the first place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Anchor {
    Dc(Number),
    Site(Number),
    Servers,
}

impl Anchor {
    fn of(contradiction: Contradiction) -> Self {
        match contradiction {
            Contradiction::Dc(dc, _)
            | Contradiction::Client(dc, _)
            | Contradiction::Path(dc, _, _)
            | Contradiction::Application(dc)
            | Contradiction::Port(dc, _)
            | Contradiction::Resolver(dc) => Self::Dc(dc),
            Contradiction::SitePath(site, _, _) | Contradiction::Site(site, _) => Self::Site(site),
            Contradiction::Server(_) => Self::Servers,
        }
    }
}

#[derive(Clone, Debug)]
struct Watched {
    /// The faults that this contradicts.
    faults: BTreeSet<FaultId>,
    last: Last,
    /// When it was last seen, as of the last update, on which incidents rest; `None` where no link
    /// gives it.
    updated: Option<Timestamp>,
    is_pending: bool,
}

/// The time at which a contradiction was last seen on a link.
#[derive(Clone, Copy, Debug)]
enum Last {
    /// To be read from the links: it was not needed yet, or the link on which it was seen last no longer
    /// gives it.
    Unread,
    Known(Option<Timestamp>),
}

/// A change of the time at which a contradiction was last seen.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) faults: Vec<FaultId>,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

impl Watch {
    /// Begins to watch a contradiction of a fault.
    pub(super) fn begin(&mut self, contradiction: Contradiction, fault: FaultId) {
        let watched = self.watched.entry(contradiction).or_insert_with(|| {
            self.pending.push(contradiction);
            *self.anchors.entry(Anchor::of(contradiction)).or_default() += 1;
            let (last, updated) = (Last::Unread, None);
            Watched { faults: BTreeSet::new(), last, updated, is_pending: true }
        });
        watched.faults.insert(fault);
    }

    /// Watches a contradiction no longer for this fault.
    pub(super) fn end(&mut self, contradiction: Contradiction, fault: FaultId) {
        if let Some(watched) = self.watched.get_mut(&contradiction) {
            watched.faults.remove(&fault);
            if watched.faults.is_empty() {
                self.watched.remove(&contradiction);
                let anchor = Anchor::of(contradiction);
                match self.anchors.get_mut(&anchor) {
                    Some(count) if *count > 1 => *count -= 1,
                    _ => _ = self.anchors.remove(&anchor),
                }
            }
        }
    }

    /// Notes what works on a link from now on.
    pub(super) fn add(&mut self, ends: Ends, reach: &CompactReach) {
        self.change(ends, reach, |last| match last {
            Last::Known(known) if *known < Some(reach.at) => {
                *known = Some(reach.at);
                true
            }
            _ => false,
        });
    }

    /// Notes what no longer works on a link.
    pub(super) fn take_out(&mut self, ends: Ends, reach: &CompactReach) {
        self.change(ends, reach, |last| {
            let was_last = matches!(last, Last::Known(known) if *known <= Some(reach.at));
            if was_last {
                *last = Last::Unread;
            }
            was_last
        });
    }

    fn change(&mut self, ends: Ends, reach: &CompactReach, change: impl Fn(&mut Last) -> bool) {
        if self.watched.is_empty() {
            return;
        }
        let is_named_by = |anchor| self.anchors.contains_key(&anchor);
        let site = |site: Option<Number>| site.is_some_and(|site| is_named_by(Anchor::Site(site)));
        let wanted = Wanted {
            source: is_named_by(Anchor::Dc(ends.source)),
            destination: is_named_by(Anchor::Dc(ends.destination)),
            sites: site(reach.destination_site) || site(reach.source_site),
            servers: is_named_by(Anchor::Servers),
        };
        reach.each_contradiction(ends, wanted, |contradiction| {
            if let Some(watched) = self.watched.get_mut(&contradiction)
                && change(&mut watched.last)
                && !watched.is_pending
            {
                watched.is_pending = true;
                self.pending.push(contradiction);
            }
        });
    }

    /// Works out anew when each changed contradiction was last seen, and calls `moved` where that became
    /// another time. `read` tells when it was last seen on any link.
    pub(super) fn update(
        &mut self,
        mut read: impl FnMut(Contradiction) -> Option<Timestamp>,
        mut moved: impl FnMut(Moved),
    ) {
        for contradiction in std::mem::take(&mut self.pending) {
            let Some(watched) = self.watched.get_mut(&contradiction) else { continue };
            watched.is_pending = false;
            let to = match watched.last {
                Last::Known(last) => last,
                Last::Unread => read(contradiction),
            };
            watched.last = Last::Known(to);
            let from = std::mem::replace(&mut watched.updated, to);
            if from != to {
                moved(Moved { faults: watched.faults.iter().copied().collect(), from, to });
            }
        }
    }

    /// The time at which a contradiction was last seen, as of the last update.
    pub(super) fn last_seen(&self, contradiction: Contradiction) -> Option<Timestamp> {
        self.watched.get(&contradiction)?.updated
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.watched.is_empty() && self.anchors.is_empty()
    }
}

impl Moved {
    /// Whether trouble that began then is contradicted now and was not before, or the other way
    /// round.
    pub(super) fn decides(&self, since: Timestamp) -> bool {
        (self.from < Some(since)) != (self.to < Some(since))
    }

    /// The earlier of the two times. Nothing changes for trouble that began then or before.
    pub(super) fn earliest(&self) -> Option<Timestamp> {
        self.from.min(self.to)
    }
}
