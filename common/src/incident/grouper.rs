//! The verdicts of a fleet, and the groups of links that one fault explains.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use epmesh_facts::Timestamp;

use super::{
    compact_reach::{CompactReach, Ends},
    contradicted_by::contradicted_by,
    link_entry::{FaultEntry, FaultId, LinkEntry, LinkId, Trouble},
    numbers::FastSet,
    places::Places,
    slab::Slab,
    watch::{Moved, Watch},
};
use crate::diagnosis::{Fault, Link, State, Verdict};

/// Groups links by what explains their trouble.
///
/// [`put`](Self::put) and [`remove`](Self::remove) take changes in; [`regroup`](Self::regroup)
/// works out the incidents that follow. The same verdicts give the same incidents, in whatever order
/// they came.
#[derive(Clone, Debug, Default)]
pub struct Grouper {
    pub(super) places: Places,
    pub(super) links: Slab<LinkEntry>,
    pub(super) fault_ids: HashMap<Fault, FaultId>,
    pub(super) faults: Slab<FaultEntry>,
    pub(super) watch: Watch,
    /// The links in trouble whose incidents have to be worked out anew.
    dirty: FastSet<LinkId>,
    /// The faults for all of whose links that has to be done.
    dirty_faults: FastSet<FaultId>,
    /// The incidents: the fault, and the links in trouble that it explains.
    pub(super) groups: BTreeMap<FaultId, BTreeSet<LinkId>>,
    pub(super) unexplained: BTreeSet<LinkId>,
    /// Incidents that ended since the last regrouping, and the links that they explained.
    pub(super) ended: HashMap<Fault, Vec<Ends>>,
}

impl Grouper {
    /// A grouper without links.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for so many more links.
    pub fn reserve(&mut self, links: usize) {
        self.links.reserve(links);
    }

    /// Takes in the verdict on a link; it replaces the one before. `since` is when the link was first
    /// seen to be as it is: the fault that breaks it may have begun after something else was last seen
    /// to work.
    pub fn put(&mut self, link: &Link, verdict: &Verdict, since: Timestamp) {
        let (ends, known) = self.places.find(link);
        if let Some(id) = known {
            return self.change(id, verdict, since);
        }
        // The link before is mostly one of the same destination, so that much is the same.
        let other = self.places.recent().and_then(|id| self.links.get(id));
        let (none, other) = (CompactReach::default(), other.map(|entry| &entry.reach));
        let reach = self.places.compact(ends, &verdict.works, other.unwrap_or(&none));
        let (state, trouble) = (verdict.state, None);
        let id = self.links.add(LinkEntry { ends, state, reach: none, trouble });
        self.places.enter(ends, id);
        self.set_reach(id, reach);
        self.set_trouble(id, Trouble::of(verdict, since));
    }

    fn change(&mut self, id: LinkId, verdict: &Verdict, since: Timestamp) {
        let Some(entry) = self.links.get_mut(id) else { return };
        let reach = self.places.compact(entry.ends, &verdict.works, &entry.reach);
        let (is_same, reaches_same) = (entry.is_same(verdict, since), entry.reach.is_same(&reach));
        entry.state = verdict.state;
        if reaches_same && reach.at > entry.reach.at {
            self.places.raise(&reach);
            self.watch.add(entry.ends, &reach);
            entry.reach.at = reach.at;
        } else if !reaches_same || reach.at != entry.reach.at {
            if entry.trouble.is_some() && !reaches_same {
                // The pattern of its incidents may be another one now.
                self.dirty.insert(id);
            }
            self.set_reach(id, reach);
        }
        if !is_same {
            self.set_trouble(id, Trouble::of(verdict, since));
        }
    }

    /// Forgets a link.
    pub fn remove(&mut self, link: &Link) {
        let Some((ends, id)) = self.places.known(link) else { return };
        self.set_trouble(id, None);
        self.set_reach(id, CompactReach::default());
        self.places.leave(ends, id);
        self.links.remove(id);
    }

    /// Sets what works on a link from now on.
    fn set_reach(&mut self, id: LinkId, reach: CompactReach) {
        let Some(entry) = self.links.get_mut(id) else { return };
        // The new one goes in first: what goes on to work is then never counted as gone, and
        // need not be read from all other links.
        self.places.add(entry.ends, &reach);
        self.watch.add(entry.ends, &reach);
        let before = std::mem::replace(&mut entry.reach, reach);
        self.places.take_out(entry.ends, &before);
        self.watch.take_out(entry.ends, &before);
    }

    /// Sets what is wrong with a link from now on.
    fn set_trouble(&mut self, id: LinkId, trouble: Option<Trouble>) {
        let Some(entry) = self.links.get_mut(id) else { return };
        let before = entry.trouble.take();
        if before.is_none() && trouble.is_none() {
            return;
        }
        self.dirty.remove(&id);
        self.unexplained.remove(&id);
        for fault in before.iter().flat_map(|before| &before.explained_by) {
            self.end(*fault);
        }
        let mut faults = Vec::new();
        if let Some(mut trouble) = trouble {
            let since = trouble.since;
            faults = trouble
                .candidates
                .iter()
                .map(|candidate| self.fault_id(&candidate.fault, id, since))
                .collect();
            trouble.ids.clone_from(&faults);
            self.dirty.insert(id);
            if let Some(entry) = self.links.get_mut(id) {
                entry.trouble = Some(Box::new(trouble));
            }
        }
        let Some(before) = before else { return };
        for fault in before.ids {
            // The links that shared this fault with it may form other groups now.
            if self.can_explain(fault, before.since) {
                self.dirty_faults.insert(fault);
            }
            if !faults.contains(&fault) {
                self.leave(fault, id);
            }
        }
    }

    /// The number of links.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether there is no link.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.len() == 0
    }

    /// The state of a link.
    #[must_use]
    pub fn state(&self, link: &Link) -> Option<State> {
        Some(self.entry(link)?.state)
    }

    /// The faults of the incidents that explain a link, as of the last [`regroup`](Self::regroup).
    #[must_use]
    pub fn explained_by(&self, link: &Link) -> Vec<Fault> {
        let trouble = self.entry(link).and_then(|entry| entry.trouble.as_ref()).into_iter();
        let ids = trouble.flat_map(|trouble| &trouble.explained_by);
        ids.filter_map(|id| Some(self.faults.get(*id)?.fault.clone())).collect()
    }

    fn entry(&self, link: &Link) -> Option<&LinkEntry> {
        self.links.get(self.places.known(link)?.1)
    }

    fn fault_id(&mut self, fault: &Fault, link: LinkId, since: Timestamp) -> FaultId {
        if let Some(id) = self.fault_ids.get(fault).copied() {
            if let Some(entry) = self.faults.get_mut(id) {
                entry.links.insert(link);
                entry.latest = entry.latest.max(since);
            }
            return id;
        }
        let contradictions = contradicted_by(&mut self.places, fault).into_boxed_slice();
        let id = self.faults.add(FaultEntry {
            fault: fault.clone(),
            contradictions: contradictions.clone(),
            links: BTreeSet::from([link]),
            latest: since,
        });
        for contradiction in contradictions {
            self.watch.begin(contradiction, id);
        }
        self.fault_ids.insert(fault.clone(), id);
        id
    }

    fn leave(&mut self, id: FaultId, link: LinkId) {
        let Some(entry) = self.faults.get_mut(id) else { return };
        entry.links.remove(&link);
        if !entry.links.is_empty() {
            return;
        }
        let Some(entry) = self.faults.remove(id) else { return };
        self.fault_ids.remove(&entry.fault);
        for contradiction in entry.contradictions {
            self.watch.end(contradiction, id);
        }
    }

    /// When a fault was last contradicted, as of the last [`regroup`](Self::regroup).
    fn last_contradicted(&self, entry: &FaultEntry) -> Option<Timestamp> {
        let times = entry.contradictions.iter();
        times.filter_map(|contradiction| self.watch.last_seen(*contradiction)).max()
    }

    fn can_explain(&self, fault: FaultId, since: Timestamp) -> bool {
        self.faults.get(fault).is_some_and(|entry| self.last_contradicted(entry) < Some(since))
    }

    /// The links in trouble that a fault can explain: those whose trouble began after the fault was last
    /// contradicted.
    pub(super) fn explicable(&self, fault: FaultId) -> BTreeSet<LinkId> {
        let Some(entry) = self.faults.get(fault) else { return BTreeSet::new() };
        let last = self.last_contradicted(entry);
        let can = |link: &&LinkId| {
            let trouble = self.links.get(**link).and_then(|entry| entry.trouble.as_ref());
            trouble.is_some_and(|trouble| last < Some(trouble.since))
        };
        entry.links.iter().filter(can).copied().collect()
    }

    /// Takes the links in trouble that changes since the last time bear on, in the order of their
    /// numbers.
    pub(super) fn take_dirty(&mut self) -> Vec<LinkId> {
        let Self { places, links, faults, watch, dirty_faults, .. } = self;
        let read = |contradiction| {
            places.last_seen(contradiction, |id| {
                let entry = links.get(id)?;
                entry.reach.gives(entry.ends, contradiction).then_some(entry.reach.at)
            })
        };
        let is_hit = |entry: &FaultEntry, moved: &Moved| {
            Some(entry.latest) > moved.earliest()
                && entry.links.iter().any(|link| {
                    let trouble = links.get(*link).and_then(|entry| entry.trouble.as_ref());
                    trouble.is_some_and(|trouble| moved.decides(trouble.since))
                })
        };
        watch.update(read, |moved| {
            let of = moved.faults.iter().copied();
            dirty_faults.extend(
                of.filter(|fault| faults.get(*fault).is_some_and(|entry| is_hit(entry, &moved))),
            );
        });
        let mut dirty = std::mem::take(&mut self.dirty);
        for fault in std::mem::take(&mut self.dirty_faults) {
            if let Some(entry) = self.faults.get(fault) {
                dirty.extend(entry.links.iter().copied());
            }
        }
        let mut dirty: Vec<LinkId> = dirty.into_iter().collect();
        dirty.sort_unstable();
        dirty
    }

    /// Ends an incident. The links that it explained are remembered until the changes are told.
    pub(super) fn end(&mut self, fault: FaultId) {
        let Some(links) = self.groups.remove(&fault) else { return };
        let Some(entry) = self.faults.get(fault) else { return };
        if !self.ended.contains_key(&entry.fault) {
            let known = links.iter().filter_map(|id| self.links.get(*id));
            self.ended.insert(entry.fault.clone(), known.map(|entry| entry.ends).collect());
        }
        for id in &links {
            let trouble = self.links.get_mut(*id).and_then(|entry| entry.trouble.as_mut());
            if let Some(trouble) = trouble {
                trouble.explained_by.retain(|known| *known != fault);
            }
        }
    }
}
