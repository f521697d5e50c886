//! The things whose working would contradict a root that some link has: only of these is it kept at
//! hand when they last worked, and in a healthy fleet there are none.

use std::collections::BTreeSet;

use epmesh_facts::Timestamp;

use super::{
    key::Key,
    look::{Ends, Look, Wanted},
    numbers::{FastMap, Number},
    table::RootId,
};

/// What is watched.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    keys: FastMap<Key, Watched>,
    /// By what they go, and how many: few links have anything to do with them.
    anchors: FastMap<Anchor, u32>,
    /// What may have changed since it was last settled.
    pending: Vec<Key>,
}

/// By what a key goes: the first that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Anchor {
    Dc(Number),
    Site(Number),
    Servers,
}

impl Anchor {
    fn of(key: Key) -> Self {
        match key {
            Key::Dc(dc, _)
            | Key::Client(dc, _)
            | Key::Path(dc, _, _)
            | Key::Application(dc)
            | Key::Port(dc, _)
            | Key::Resolver(dc) => Self::Dc(dc),
            Key::SitePath(site, _, _) | Key::Site(site, _) => Self::Site(site),
            Key::Server(_) => Self::Servers,
        }
    }
}

#[derive(Clone, Debug)]
struct Watched {
    /// The roots that it would contradict.
    roots: BTreeSet<RootId>,
    last: Last,
    /// When it last worked, as incidents have it; `None` when nobody shows it to.
    settled: Option<Timestamp>,
    is_pending: bool,
}

/// When a link last showed it.
#[derive(Clone, Copy, Debug)]
enum Last {
    /// To be read off the links: nobody asked yet, or the one that showed it last does so no more.
    Unread,
    Known(Option<Timestamp>),
}

/// A change of when something last worked.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) roots: Vec<RootId>,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

impl Watch {
    pub(super) fn add(&mut self, key: Key, root: RootId) {
        let watched = self.keys.entry(key).or_insert_with(|| {
            self.pending.push(key);
            *self.anchors.entry(Anchor::of(key)).or_default() += 1;
            let (last, settled) = (Last::Unread, None);
            Watched { roots: BTreeSet::new(), last, settled, is_pending: true }
        });
        watched.roots.insert(root);
    }

    pub(super) fn remove(&mut self, key: Key, root: RootId) {
        if let Some(watched) = self.keys.get_mut(&key) {
            watched.roots.remove(&root);
            if watched.roots.is_empty() {
                self.keys.remove(&key);
                let anchor = Anchor::of(key);
                match self.anchors.get_mut(&anchor) {
                    Some(count) if *count > 1 => *count -= 1,
                    _ => _ = self.anchors.remove(&anchor),
                }
            }
        }
    }

    /// A link shows this now.
    pub(super) fn seen(&mut self, ends: Ends, look: &Look) {
        self.each(ends, look, |last| match last {
            Last::Known(known) if *known < Some(look.at) => {
                *known = Some(look.at);
                true
            }
            _ => false,
        });
    }

    /// A link shows this no more.
    pub(super) fn unseen(&mut self, ends: Ends, look: &Look) {
        self.each(ends, look, |last| {
            let was_last = matches!(last, Last::Known(known) if *known <= Some(look.at));
            if was_last {
                *last = Last::Unread;
            }
            was_last
        });
    }

    fn each(&mut self, ends: Ends, look: &Look, changes: impl Fn(&mut Last) -> bool) {
        if self.keys.is_empty() {
            return;
        }
        let goes_by = |anchor| self.anchors.contains_key(&anchor);
        let site = |site: Option<Number>| site.is_some_and(|site| goes_by(Anchor::Site(site)));
        let wanted = Wanted {
            source: goes_by(Anchor::Dc(ends.source)),
            destination: goes_by(Anchor::Dc(ends.destination)),
            sites: site(look.destination_site) || site(look.source_site),
            servers: goes_by(Anchor::Servers),
        };
        look.each_key(ends, wanted, |key| {
            if let Some(watched) = self.keys.get_mut(&key)
                && changes(&mut watched.last)
                && !watched.is_pending
            {
                watched.is_pending = true;
                self.pending.push(key);
            }
        });
    }

    /// Settles what changed: `read` tells when a link last showed something.
    pub(super) fn settle(
        &mut self,
        mut read: impl FnMut(Key) -> Option<Timestamp>,
        mut moved: impl FnMut(Moved),
    ) {
        for key in std::mem::take(&mut self.pending) {
            let Some(watched) = self.keys.get_mut(&key) else { continue };
            watched.is_pending = false;
            let to = match watched.last {
                Last::Known(last) => last,
                Last::Unread => read(key),
            };
            watched.last = Last::Known(to);
            let from = std::mem::replace(&mut watched.settled, to);
            if from != to {
                moved(Moved { roots: watched.roots.iter().copied().collect(), from, to });
            }
        }
    }

    /// When something last worked, as of the last time that it was settled.
    pub(super) fn settled(&self, key: Key) -> Option<Timestamp> {
        self.keys.get(&key)?.settled
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.anchors.is_empty()
    }
}

impl Moved {
    /// Whether what began then is contradicted now and was not, or the other way round.
    pub(super) fn decides(&self, since: Timestamp) -> bool {
        (self.from < Some(since)) != (self.to < Some(since))
    }

    /// The earlier of the two: of what began then or before, nothing is decided.
    pub(super) fn earliest(&self) -> Option<Timestamp> {
        self.from.min(self.to)
    }
}
