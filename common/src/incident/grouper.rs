//! The verdicts of a fleet, and the incidents that follow from them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use epmesh_facts::Timestamp;

use super::{
    Changes, Incident,
    key::against,
    look::{Ends, Look},
    numbers::FastSet,
    places::Places,
    table::{Held, LinkId, RootEntry, RootId, Slab, Trouble},
    watch::{Moved, Watch},
};
use crate::diagnosis::{Fault, Link, State, Verdict};

/// Groups links by what explains their trouble.
///
/// [`put`](Self::put) and [`remove`](Self::remove) take changes in; [`regroup`](Self::regroup)
/// works out what they change. The same verdicts give the same incidents, in whatever order they
/// came.
#[derive(Clone, Debug, Default)]
pub struct Grouper {
    pub(super) places: Places,
    pub(super) links: Slab<Held>,
    pub(super) root_ids: HashMap<Fault, RootId>,
    pub(super) roots: Slab<RootEntry>,
    pub(super) watch: Watch,
    /// The links in trouble that have to be looked at again.
    dirty: FastSet<LinkId>,
    /// The roots all of whose links have to be looked at again.
    dirty_roots: FastSet<RootId>,
    /// The incidents: the root, and the links in trouble that it explains.
    pub(super) groups: BTreeMap<RootId, BTreeSet<LinkId>>,
    pub(super) unexplained: BTreeSet<LinkId>,
    /// Incidents that ended since changes were last told, and what they explained.
    pub(super) ended: HashMap<Fault, Vec<Ends>>,
}

impl Grouper {
    /// A fleet of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for so many more links at once.
    pub fn reserve(&mut self, links: usize) {
        self.links.reserve(links);
    }

    /// Takes the verdict on a link in, in the place of the one before. `since` is when the link was
    /// first seen to be as it is: a fault that would break it may have begun after something else was
    /// last seen to work.
    pub fn put(&mut self, link: &Link, verdict: &Verdict, since: Timestamp) {
        let (ends, known) = self.places.find(link);
        if let Some(id) = known {
            return self.change(id, verdict, since);
        }
        // Mostly another link of the same destination: much is the same.
        let other = self.places.recent().and_then(|id| self.links.get(id));
        let (none, other) = (Look::default(), other.map(|held| &held.look));
        let look = self.places.look(ends, &verdict.works, other.unwrap_or(&none));
        let (state, trouble) = (verdict.state, None);
        let id = self.links.add(Held { ends, state, look: Look::default(), trouble });
        self.places.join(ends, id);
        self.show(id, look);
        self.suffer(id, Trouble::of(verdict, since));
    }

    fn change(&mut self, id: LinkId, verdict: &Verdict, since: Timestamp) {
        let Some(held) = self.links.get_mut(id) else { return };
        let look = self.places.look(held.ends, &verdict.works, &held.look);
        let (is_same, shows_same) = (held.is_same(verdict, since), held.look.is_same(&look));
        held.state = verdict.state;
        if shows_same && look.at > held.look.at {
            self.places.seen_again(&look);
            self.watch.seen(held.ends, &look);
            held.look.at = look.at;
        } else if !shows_same || look.at != held.look.at {
            if held.trouble.is_some() && !shows_same {
                // What is said of its incidents may be something else now.
                self.dirty.insert(id);
            }
            self.show(id, look);
        }
        if !is_same {
            self.suffer(id, Trouble::of(verdict, since));
        }
    }

    /// Forgets a link.
    pub fn remove(&mut self, link: &Link) {
        let Some((ends, id)) = self.places.held(link) else { return };
        self.suffer(id, None);
        self.show(id, Look::default());
        self.places.leave(ends, id);
        self.links.remove(id);
    }

    /// What a link shows from now on.
    fn show(&mut self, id: LinkId, look: Look) {
        let Some(held) = self.links.get_mut(id) else { return };
        // First what it shows now: what it goes on to show is not to be read off all links.
        self.places.seen(held.ends, &look);
        self.watch.seen(held.ends, &look);
        let before = std::mem::replace(&mut held.look, look);
        self.places.unseen(held.ends, &before);
        self.watch.unseen(held.ends, &before);
    }

    /// What is wrong with a link from now on.
    fn suffer(&mut self, id: LinkId, trouble: Option<Trouble>) {
        let Some(held) = self.links.get_mut(id) else { return };
        let before = held.trouble.take();
        if before.is_none() && trouble.is_none() {
            return;
        }
        self.dirty.remove(&id);
        self.unexplained.remove(&id);
        for root in before.iter().flat_map(|before| &before.explained_by) {
            self.end(*root);
        }
        let mut roots = Vec::new();
        if let Some(mut trouble) = trouble {
            let since = trouble.since;
            roots = trouble.roots.iter().map(|root| self.root(&root.fault, id, since)).collect();
            trouble.ids.clone_from(&roots);
            self.dirty.insert(id);
            if let Some(held) = self.links.get_mut(id) {
                held.trouble = Some(Box::new(trouble));
            }
        }
        let Some(before) = before else { return };
        for root in before.ids {
            // Those with which it had this root hang together without it now, or no more.
            if self.can_explain(root, before.since) {
                self.dirty_roots.insert(root);
            }
            if !roots.contains(&root) {
                self.leave(root, id);
            }
        }
    }

    /// How many links are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether no link is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.len() == 0
    }

    /// The incidents, in the order of their subjects. Works out first what changed.
    pub fn incidents(&mut self) -> Vec<Incident> {
        self.regroup();
        let mut found: Vec<Incident> =
            self.groups.keys().filter_map(|root| self.report(*root)).collect();
        found.sort_by(|one, other| one.subject.cmp(&other.subject));
        found
    }

    /// The incident of one subject, as of the last [`regroup`](Self::regroup).
    #[must_use]
    pub fn incident(&self, subject: &Fault) -> Option<Incident> {
        let root = *self.root_ids.get(subject)?;
        self.groups.contains_key(&root).then(|| self.report(root)).flatten()
    }

    /// The links in trouble that no incident explains, in order. Works out first what changed.
    pub fn unexplained(&mut self) -> Vec<Link> {
        self.regroup();
        let held = self.unexplained.iter().filter_map(|id| self.links.get(*id));
        let mut links: Vec<Link> = held.filter_map(|held| self.places.link(held.ends)).collect();
        links.sort();
        links
    }

    /// Works out what the changes since the last time come to, and tells which incidents they
    /// made, changed or ended.
    pub fn regroup(&mut self) -> Changes {
        super::regroup::regroup(self)
    }

    /// The state of a link.
    #[must_use]
    pub fn state(&self, link: &Link) -> Option<State> {
        Some(self.held(link)?.state)
    }

    /// The subjects of the incidents that explain a link, as of the last
    /// [`regroup`](Self::regroup).
    #[must_use]
    pub fn explained_by(&self, link: &Link) -> Vec<Fault> {
        let roots = self.held(link).and_then(|held| held.trouble.as_ref()).into_iter();
        let roots = roots.flat_map(|trouble| &trouble.explained_by);
        roots.filter_map(|root| Some(self.roots.get(*root)?.subject.clone())).collect()
    }

    fn held(&self, link: &Link) -> Option<&Held> {
        self.links.get(self.places.held(link)?.1)
    }

    fn root(&mut self, subject: &Fault, link: LinkId, since: Timestamp) -> RootId {
        if let Some(id) = self.root_ids.get(subject).copied() {
            if let Some(entry) = self.roots.get_mut(id) {
                entry.links.insert(link);
                entry.latest = entry.latest.max(since);
            }
            return id;
        }
        let against = against(&mut self.places, subject).into_boxed_slice();
        let id = self.roots.add(RootEntry {
            subject: subject.clone(),
            against: against.clone(),
            links: BTreeSet::from([link]),
            latest: since,
        });
        for key in against {
            self.watch.add(key, id);
        }
        self.root_ids.insert(subject.clone(), id);
        id
    }

    fn leave(&mut self, root: RootId, link: LinkId) {
        let Some(entry) = self.roots.get_mut(root) else { return };
        entry.links.remove(&link);
        if !entry.links.is_empty() {
            return;
        }
        let Some(entry) = self.roots.remove(root) else { return };
        self.root_ids.remove(&entry.subject);
        for key in entry.against {
            self.watch.remove(key, root);
        }
    }

    /// When what a root would break was last seen to work, as of the last
    /// [`regroup`](Self::regroup).
    fn last(&self, entry: &RootEntry) -> Option<Timestamp> {
        entry.against.iter().filter_map(|key| self.watch.settled(*key)).max()
    }

    fn can_explain(&self, root: RootId, since: Timestamp) -> bool {
        self.roots.get(root).is_some_and(|entry| self.last(entry) < Some(since))
    }

    /// The links in trouble that a root can explain: those that are so since after all that it would
    /// break was last seen to work.
    pub(super) fn explicable(&self, root: RootId) -> BTreeSet<LinkId> {
        let Some(entry) = self.roots.get(root) else { return BTreeSet::new() };
        let last = self.last(entry);
        let can = |link: &&LinkId| {
            let trouble = self.links.get(**link).and_then(|held| held.trouble.as_ref());
            trouble.is_some_and(|trouble| last < Some(trouble.since))
        };
        entry.links.iter().filter(can).copied().collect()
    }

    /// The links in trouble that changes since the last time bear on, in order of their numbers.
    pub(super) fn take_dirty(&mut self) -> Vec<LinkId> {
        let Self { places, links, roots, watch, dirty_roots, .. } = self;
        let read = |key| {
            places.last(key, |id| {
                let held = links.get(id)?;
                held.look.shows(held.ends, key).then_some(held.look.at)
            })
        };
        let is_hit = |entry: &RootEntry, moved: &Moved| {
            Some(entry.latest) > moved.earliest()
                && entry.links.iter().any(|link| {
                    let trouble = links.get(*link).and_then(|held| held.trouble.as_ref());
                    trouble.is_some_and(|trouble| moved.decides(trouble.since))
                })
        };
        watch.settle(read, |moved| {
            let of = moved.roots.iter().copied();
            dirty_roots.extend(
                of.filter(|root| roots.get(*root).is_some_and(|entry| is_hit(entry, &moved))),
            );
        });
        let mut dirty = std::mem::take(&mut self.dirty);
        for root in std::mem::take(&mut self.dirty_roots) {
            if let Some(entry) = self.roots.get(root) {
                dirty.extend(entry.links.iter().copied());
            }
        }
        let mut dirty: Vec<LinkId> = dirty.into_iter().collect();
        dirty.sort_unstable();
        dirty
    }

    /// Takes an incident back; what it explained is remembered until changes are told.
    pub(super) fn end(&mut self, root: RootId) {
        let Some(links) = self.groups.remove(&root) else { return };
        let Some(entry) = self.roots.get(root) else { return };
        if !self.ended.contains_key(&entry.subject) {
            let held = links.iter().filter_map(|id| self.links.get(*id));
            self.ended.insert(entry.subject.clone(), held.map(|held| held.ends).collect());
        }
        for id in &links {
            let trouble = self.links.get_mut(*id).and_then(|held| held.trouble.as_mut());
            if let Some(trouble) = trouble {
                trouble.explained_by.retain(|known| *known != root);
            }
        }
    }
}
