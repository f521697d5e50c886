//! Working out incidents anew, in the parts of the fleet that changes bear on.

use std::collections::{BTreeMap, BTreeSet};

use epmesh_facts::DnsName;

use super::{
    Grouper,
    cover::{Candidate, cover},
    link_entry::{FaultId, LinkId},
    numbers::{FastMap, FastSet},
};
use crate::diagnosis::{Fault, Link, ServerName, State};

/// The wrong names from which on a DNS server is held to be wrong as a whole. Below that each record is
/// a fault of its own.
const WRONG_NAMES: usize = 3;

/// The same of names that a server does not have for which no domain controller speaks: it may well not hold the
/// forest's zones at all.
const MISSING_NAMES: usize = 2;

/// The incidents that a change opened, changed or ended, by their faults, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New incidents.
    pub opened: Vec<Fault>,
    /// Incidents that were there before. They may explain other links now, or have another pattern.
    pub changed: Vec<Fault>,
    /// Incidents that are over, and the links that they explained last.
    pub closed: Vec<(Fault, BTreeSet<Link>)>,
}

impl Grouper {
    /// Works out what the changes since the last time lead to, and tells which incidents they opened,
    /// changed or ended.
    pub fn regroup(&mut self) -> Changes {
        let pending = self.take_dirty();
        let mut explained = BTreeSet::new();
        let mut walk = Walk::default();
        for start in pending {
            let Some(part) = walk.part(self, start) else { continue };
            explain(self, &part, &mut explained);
        }
        let ended = std::mem::take(&mut self.ended);
        let mut changes = Changes::default();
        for fault in explained {
            let is_known = ended.contains_key(&fault);
            let list = if is_known { &mut changes.changed } else { &mut changes.opened };
            list.push(fault);
        }
        changes.closed = ended
            .into_iter()
            .filter(|(fault, _)| changes.changed.binary_search(fault).is_err())
            .map(|(fault, links)| {
                let links = links.into_iter().filter_map(|ends| self.places.link(ends)).collect();
                (fault, links)
            })
            .collect();
        changes.closed.sort();
        changes
    }

    /// The links in trouble that no incident explains, in order; as of the last
    /// [`regroup`](Self::regroup).
    #[must_use]
    pub fn unexplained(&self) -> Vec<Link> {
        let entries = self.unexplained.iter().filter_map(|id| self.links.get(*id));
        let mut links: Vec<Link> =
            entries.filter_map(|entry| self.places.link(entry.ends)).collect();
        links.sort();
        links
    }
}

/// Links in trouble that share faults, directly or over others. Each fault comes with the links that it
/// can explain.
#[derive(Debug, Default)]
struct Part {
    links: Vec<LinkId>,
    faults: BTreeMap<Fault, (FaultId, BTreeSet<LinkId>)>,
}

/// The links walked over so far, and which links each fault can explain.
#[derive(Debug, Default)]
struct Walk {
    links: FastSet<LinkId>,
    /// The set of a fault that is in a part already is empty, and is not asked for again.
    explicable: FastMap<FaultId, BTreeSet<LinkId>>,
}

impl Walk {
    /// All links that share faults with a link, directly or over others; `None` when the link was walked
    /// over already or is not in trouble.
    fn part(&mut self, grouper: &Grouper, start: LinkId) -> Option<Part> {
        grouper.links.get(start)?.trouble.as_ref()?;
        if !self.links.insert(start) {
            return None;
        }
        let mut part = Part::default();
        let mut queue = vec![start];
        while let Some(id) = queue.pop() {
            part.links.push(id);
            let trouble = grouper.links.get(id).and_then(|entry| entry.trouble.as_ref());
            for fault in trouble.into_iter().flat_map(|trouble| &trouble.ids) {
                let explicable =
                    self.explicable.entry(*fault).or_insert_with(|| explicable(grouper, *fault));
                if !explicable.contains(&id) {
                    continue;
                }
                let Some(entry) = grouper.faults.get(*fault) else { continue };
                queue.extend(explicable.iter().copied().filter(|link| self.links.insert(*link)));
                let explicable = std::mem::take(explicable);
                part.faults.insert(entry.fault.clone(), (*fault, explicable));
            }
        }
        Some(part)
    }
}

/// The links that a fault can explain. There are none for a DNS server that is not wrong as a whole.
pub(super) fn explicable(grouper: &Grouper, fault: FaultId) -> BTreeSet<LinkId> {
    let links = grouper.explicable(fault);
    match grouper.faults.get(fault).map(|entry| &entry.fault) {
        Some(Fault::DnsServer { server }) if !is_wrong_as_a_whole(grouper, server, &links) => {
            BTreeSet::new()
        }
        _ => links,
    }
}

/// Whether a DNS server answered nobody, or is wrong about many names.
fn is_wrong_as_a_whole(grouper: &Grouper, server: &ServerName, links: &BTreeSet<LinkId>) -> bool {
    let is_outside = matches!(server, ServerName::Address(_));
    let (mut wrong, mut missing) = (BTreeSet::<&DnsName>::new(), BTreeSet::<&DnsName>::new());
    for entry in links.iter().filter_map(|id| grouper.links.get(*id)) {
        let candidates = entry.trouble.iter().flat_map(|trouble| &trouble.candidates);
        let mut records = candidates.filter_map(|candidate| match &candidate.fault {
            Fault::DnsRecord { name, value, .. } => Some((name, value)),
            _ => None,
        });
        let Some((name, value)) = records.next() else { return true };
        wrong.insert(name);
        if value.is_none() && is_outside {
            missing.insert(name);
        }
        if wrong.len() >= WRONG_NAMES || missing.len() >= MISSING_NAMES {
            return true;
        }
    }
    false
}

/// Ends the incidents of a part and finds those that explain it now: first the failing links, then the
/// latent ones that no incident of these explains.
fn explain(grouper: &mut Grouper, part: &Part, explained: &mut BTreeSet<Fault>) {
    let mut before = BTreeSet::new();
    for id in &part.links {
        grouper.unexplained.remove(id);
        let trouble = grouper.links.get(*id).and_then(|entry| entry.trouble.as_ref());
        before.extend(trouble.into_iter().flat_map(|trouble| trouble.explained_by.iter().copied()));
    }
    for fault in before {
        grouper.end(fault);
    }
    let in_state = |wanted: State| -> Vec<LinkId> {
        let state = |id: &LinkId| grouper.links.get(*id).map(|entry| entry.state);
        part.links.iter().copied().filter(|id| state(id) == Some(wanted)).collect()
    };
    let faults: Vec<(&Fault, FaultId, &BTreeSet<LinkId>)> =
        part.faults.iter().map(|(fault, (id, links))| (fault, *id, links)).collect();
    let mut latent: BTreeSet<LinkId> = in_state(State::Latent).into_iter().collect();
    let mut groups: Vec<(FaultId, BTreeSet<LinkId>)> = Vec::new();
    for (fault, links) in solve(&in_state(State::Failing), &faults) {
        latent.retain(|id| !links.contains(id));
        groups.push((fault, links));
    }
    // The faults of the rest are not charged with failing links that another explains already.
    let rest: Vec<LinkId> = latent.iter().copied().collect();
    for (fault, mut links) in solve(&rest, &faults) {
        links.retain(|id| latent.contains(id));
        groups.push((fault, links));
    }
    for (fault, links) in groups {
        explained.extend(grouper.faults.get(fault).map(|entry| entry.fault.clone()));
        for id in &links {
            let trouble = grouper.links.get_mut(*id).and_then(|entry| entry.trouble.as_mut());
            if let Some(trouble) = trouble {
                trouble.explained_by.push(fault);
            }
        }
        grouper.groups.insert(fault, links);
    }
    for id in &part.links {
        let trouble = grouper.links.get(*id).and_then(|entry| entry.trouble.as_ref());
        if trouble.is_some_and(|trouble| trouble.explained_by.is_empty()) {
            grouper.unexplained.insert(*id);
        }
    }
}

/// The fewest faults that explain all of `links` that any fault explains. The faults come in their own
/// order, so that the outcome does not depend on numbers.
fn solve(
    links: &[LinkId],
    faults: &[(&Fault, FaultId, &BTreeSet<LinkId>)],
) -> Vec<(FaultId, BTreeSet<LinkId>)> {
    if links.is_empty() {
        return Vec::new();
    }
    let places: FastMap<LinkId, usize> =
        links.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let candidates: Vec<Candidate> = faults
        .iter()
        .map(|(fault, _, explicable)| {
            let all = explicable.iter();
            let mut covers: Vec<usize> = all.filter_map(|id| places.get(id).copied()).collect();
            covers.sort_unstable();
            Candidate { covers, rank: fault.rank() }
        })
        .collect();
    let chosen = cover(links.len(), &candidates).into_iter();
    let chosen = chosen.filter_map(|index| faults.get(index));
    chosen.map(|(_, fault, explicable)| (*fault, (*explicable).clone())).collect()
}
