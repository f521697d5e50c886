//! The verdicts of a fleet, and the incidents that follow from them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{
    Changes, Incident,
    key::{Key, Names, against, shown},
    table::{Ends, Held, LinkId, RootEntry, RootId, Slab, Trouble, View},
};
use crate::{
    diagnosis::{Link, State, Subject, Verdict},
    facts::Timestamp,
};

/// Groups links by what explains their trouble.
///
/// [`put`](Self::put) and [`remove`](Self::remove) take changes in; [`regroup`](Self::regroup)
/// works out what they change. The same verdicts give the same incidents, in whatever order they
/// came.
#[derive(Clone, Debug, Default)]
pub struct Grouper {
    pub(super) names: Names,
    pub(super) ids: HashMap<Link, LinkId>,
    pub(super) links: Slab<Held>,
    pub(super) by_source: Ends,
    pub(super) by_destination: Ends,
    pub(super) root_ids: HashMap<Subject, RootId>,
    pub(super) roots: Slab<RootEntry>,
    /// What links show to work.
    pub(super) works: HashMap<Key, Works>,
    /// The roots that each thing would contradict.
    pub(super) contradicts: HashMap<Key, BTreeSet<RootId>>,
    /// The links in trouble that have to be looked at again.
    pub(super) dirty: HashSet<LinkId>,
    /// The incidents: the root, and the links in trouble that it explains.
    pub(super) groups: BTreeMap<RootId, BTreeSet<LinkId>>,
    pub(super) unexplained: BTreeSet<LinkId>,
    /// Incidents that ended when a link of theirs changed or went, for the next report of changes.
    pub(super) ended: HashMap<Subject, BTreeSet<Link>>,
}

/// That something works: how many of the links that are held show it, and when one last did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Works {
    links: u32,
    pub(super) last: Timestamp,
}

impl Grouper {
    /// A fleet of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the verdict on a link in, in the place of the one before. `since` is when the link was
    /// first seen to be as it is: a fault that would break it may have begun after something else was
    /// last seen to work.
    pub fn put(&mut self, link: &Link, verdict: &Verdict, since: Timestamp) {
        let trouble = Trouble::of(verdict, since);
        let at = verdict.shown.at.unwrap_or_default();
        let keys = shown(&mut self.names, link, &verdict.shown).into_boxed_slice();
        let view = View::of(&verdict.shown);
        let known = self.ids.get(link).copied();
        if let Some(id) = known
            && let Some(held) = self.links.get_mut(id)
        {
            let same = held.state == verdict.state
                && held.keys == keys
                && match (&held.trouble, &trouble) {
                    (None, None) => true,
                    (Some(before), Some(now)) => before.is_same(now),
                    _ => false,
                };
            if same {
                held.view = view;
                let keys = if at > held.at { held.keys.clone() } else { Box::default() };
                held.at = at;
                for key in &keys {
                    self.seen(*key, at);
                }
                return;
            }
        }
        if known.is_some() {
            self.remove(link);
        }
        for key in &keys {
            self.works.entry(*key).or_default().links += 1;
            self.seen(*key, at);
        }
        let held = Held { link: link.clone(), state: verdict.state, at, keys, view, trouble: None };
        let id = self.links.add(held);
        self.ids.insert(link.clone(), id);
        let (from, to) = (self.names.dcs.of(&link.destination), self.names.dcs.of(&link.source));
        self.by_destination.add(from, id);
        self.by_source.add(to, id);
        if let Some(mut trouble) = trouble {
            trouble.ids = trouble.roots.iter().map(|root| self.root(&root.subject, id)).collect();
            self.touch_roots(&trouble.ids);
            self.dirty.insert(id);
            if let Some(held) = self.links.get_mut(id) {
                held.trouble = Some(Box::new(trouble));
            }
        }
    }

    /// Forgets a link.
    pub fn remove(&mut self, link: &Link) {
        let Some(id) = self.ids.remove(link) else { return };
        let Some(held) = self.links.remove(id) else { return };
        for key in &held.keys {
            self.unsee(*key);
        }
        if let Some(dc) = self.names.dcs.known(&link.destination) {
            self.by_destination.remove(dc, id);
        }
        if let Some(dc) = self.names.dcs.known(&link.source) {
            self.by_source.remove(dc, id);
        }
        self.dirty.remove(&id);
        self.unexplained.remove(&id);
        if let Some(trouble) = held.trouble {
            // While the link is still in its incidents, for what is said of the change.
            for root in &trouble.explained_by {
                self.end(*root, Some((id, link)));
            }
            self.touch_roots(&trouble.ids);
            for root in trouble.ids {
                self.leave(root, id);
            }
            self.dirty.remove(&id);
        }
    }

    /// How many links are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether no link is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
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
    pub fn incident(&self, subject: &Subject) -> Option<Incident> {
        let root = *self.root_ids.get(subject)?;
        self.groups.contains_key(&root).then(|| self.report(root)).flatten()
    }

    /// The links in trouble that no incident explains, in order. Works out first what changed.
    pub fn unexplained(&mut self) -> Vec<Link> {
        self.regroup();
        let links = self.unexplained.iter().filter_map(|id| self.links.get(*id));
        let mut links: Vec<Link> = links.map(|held| held.link.clone()).collect();
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
        Some(self.links.get(*self.ids.get(link)?)?.state)
    }

    /// The subjects of the incidents that explain a link, as of the last
    /// [`regroup`](Self::regroup).
    #[must_use]
    pub fn explained_by(&self, link: &Link) -> Vec<Subject> {
        let held = self.ids.get(link).and_then(|id| self.links.get(*id));
        let roots = held.and_then(|held| held.trouble.as_ref()).into_iter();
        let roots = roots.flat_map(|trouble| &trouble.explained_by);
        roots.filter_map(|root| Some(self.roots.get(*root)?.subject.clone())).collect()
    }

    fn root(&mut self, subject: &Subject, link: LinkId) -> RootId {
        if let Some(id) = self.root_ids.get(subject).copied() {
            if let Some(entry) = self.roots.get_mut(id) {
                entry.links.insert(link);
            }
            return id;
        }
        let against = against(&mut self.names, subject).into_boxed_slice();
        let id = self.roots.add(RootEntry {
            subject: subject.clone(),
            against: against.clone(),
            links: BTreeSet::from([link]),
        });
        for key in &against {
            self.contradicts.entry(*key).or_default().insert(id);
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
        for key in &entry.against {
            if let Some(roots) = self.contradicts.get_mut(key) {
                roots.remove(&root);
                if roots.is_empty() {
                    self.contradicts.remove(key);
                }
            }
        }
    }

    /// Something was seen to work. Roots that this contradicts are looked at again where a link of
    /// theirs has been in trouble since before.
    fn seen(&mut self, key: Key, at: Timestamp) {
        let Some(works) = self.works.get_mut(&key) else { return };
        let (before, first) = (works.last, works.last == Timestamp::default());
        if at <= before && !first {
            return;
        }
        works.last = works.last.max(at);
        let Some(roots) = self.contradicts.get(&key) else { return };
        let is_hit = |link: &LinkId| {
            let trouble = self.links.get(*link).and_then(|held| held.trouble.as_ref());
            trouble.is_some_and(|trouble| trouble.since <= at && (first || trouble.since > before))
        };
        let hit = |root: &&RootId| {
            self.roots.get(**root).is_some_and(|entry| entry.links.iter().any(is_hit))
        };
        let roots: Vec<RootId> = roots.iter().filter(hit).copied().collect();
        self.touch_roots(&roots);
    }

    /// One link less shows something to work. After the last one it contradicts nothing any more.
    fn unsee(&mut self, key: Key) {
        let Some(works) = self.works.get_mut(&key) else { return };
        works.links = works.links.saturating_sub(1);
        if works.links > 0 {
            return;
        }
        self.works.remove(&key);
        if let Some(roots) = self.contradicts.get(&key) {
            let roots: Vec<RootId> = roots.iter().copied().collect();
            self.touch_roots(&roots);
        }
    }

    /// The links in trouble that a root can explain: those that are so since after all that it would
    /// break was last seen to work.
    pub(super) fn explicable(&self, root: RootId) -> BTreeSet<LinkId> {
        let Some(entry) = self.roots.get(root) else { return BTreeSet::new() };
        let works = entry.against.iter().filter_map(|key| self.works.get(key));
        let last = works.map(|works| works.last).max();
        let can = |link: &&LinkId| {
            let trouble = self.links.get(**link).and_then(|held| held.trouble.as_ref());
            trouble.is_some_and(|trouble| last.is_none_or(|last| last < trouble.since))
        };
        entry.links.iter().filter(can).copied().collect()
    }

    /// All links that have one of these roots have to be looked at again.
    fn touch_roots(&mut self, roots: &[RootId]) {
        for root in roots {
            if let Some(entry) = self.roots.get(*root) {
                self.dirty.extend(entry.links.iter().copied());
            }
        }
    }

    /// Takes an incident back; what it explained is remembered until changes are told. A link that
    /// is no longer held is given with its number.
    pub(super) fn end(&mut self, root: RootId, gone: Option<(LinkId, &Link)>) {
        let Some(links) = self.groups.remove(&root) else { return };
        let Some(entry) = self.roots.get(root) else { return };
        let name = |id: &LinkId| match gone {
            Some((number, link)) if number == *id => Some(link.clone()),
            _ => self.links.get(*id).map(|held| held.link.clone()),
        };
        let names: BTreeSet<Link> = links.iter().filter_map(name).collect();
        self.ended.entry(entry.subject.clone()).or_insert(names);
        for id in &links {
            let trouble = self.links.get_mut(*id).and_then(|held| held.trouble.as_mut());
            if let Some(trouble) = trouble {
                trouble.explained_by.retain(|known| *known != root);
            }
        }
    }
}
