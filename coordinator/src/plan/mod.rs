//! Plans: which domain controllers each agent looks at.
//!
//! In a small forest all agents look at all peers. In a large one each agent looks at its replication
//! partners and at a sample of the rest, chosen by rendezvous hashing: the cost of an agent stays
//! constant, and a domain controller that comes or goes changes few plans.

mod rendezvous;

use std::collections::{BTreeMap, BTreeSet};

use epmesh_common::facts::{DnsName, Target};
use uuid::Uuid;

/// The number of peers up to which all look at all.
pub const EVERYONE: usize = 64;

/// The number of peers that an agent looks at besides its replication partners when there are more.
pub const SAMPLE: usize = 32;

/// The most replication partners that are planned for one agent.
pub const MOST_PARTNERS: usize = 128;

/// The number of a peer's witnesses that read its whole endpoint map and try its well-known ports, while nothing is
/// wrong. It costs both sides more than the rest of a look.
pub const MAP_READERS: usize = 2;

/// A known domain controller, as far as planning needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Whether an agent is enrolled for it.
    pub agent: bool,
    /// The DNS name of its forest, where known.
    pub forest: Option<DnsName>,
    /// The GUID of its NTDS Settings object, where known.
    pub dsa_guid: Option<Uuid>,
    /// Its site, by the directory.
    pub site: Option<String>,
    /// The domain controllers from which it replicates.
    pub partners: BTreeSet<DnsName>,
    /// Whether long answers of it were lost on the way to a witness. Then all its witnesses read its whole map: to whom
    /// else they do not arrive must not hang on who is chosen.
    pub loses_long_answers: bool,
}

impl Member {
    /// Whether the two may be of the same forest: nothing says otherwise.
    #[must_use]
    pub fn may_share_forest(&self, other: &Self) -> bool {
        match (&self.forest, &other.forest) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        }
    }
}

/// The target that an agent needs to look at `dc` once: without its whole map, with its well-known ports.
/// `member` is what is known of it.
#[must_use]
pub fn target(dc: &DnsName, member: Option<&Member>) -> Target {
    Target {
        name: dc.clone(),
        dsa_guid: member.and_then(|member| member.dsa_guid),
        forest: member.and_then(|member| member.forest.clone()),
        whole_map: false,
        well_known: true,
    }
}

/// The targets of every agent among `members`.
#[must_use]
pub fn targets(members: &BTreeMap<DnsName, Member>) -> BTreeMap<DnsName, Vec<Target>> {
    let mut chosen = BTreeMap::new();
    let mut witnesses: BTreeMap<&DnsName, Vec<&DnsName>> = BTreeMap::new();
    for (agent, member) in members.iter().filter(|(_, member)| member.agent) {
        let peers = peers(agent, member, members);
        for peer in &peers {
            witnesses.entry(peer).or_default().push(agent);
        }
        chosen.insert(agent.clone(), peers);
    }
    let readers: BTreeMap<&DnsName, Vec<&DnsName>> = witnesses
        .into_iter()
        .map(|(peer, witnesses)| (peer, rendezvous::highest(peer, witnesses, MAP_READERS)))
        .collect();
    let planned = |agent: &DnsName, peer: &DnsName| {
        let is_reader = readers.get(peer).is_some_and(|readers| readers.contains(&agent));
        let is_in_doubt = members.get(peer).is_some_and(|member| member.loses_long_answers);
        Target {
            whole_map: is_reader || is_in_doubt,
            // It is the same witness each time, so that the observation changes only when the peer does.
            well_known: is_reader,
            ..target(peer, members.get(peer))
        }
    };
    chosen
        .into_iter()
        .map(|(agent, peers)| {
            let targets = peers.into_iter().map(|peer| planned(&agent, peer)).collect();
            (agent, targets)
        })
        .collect()
}

fn peers<'a>(
    agent: &DnsName,
    member: &Member,
    members: &'a BTreeMap<DnsName, Member>,
) -> BTreeSet<&'a DnsName> {
    let others: Vec<&DnsName> = members
        .iter()
        .filter(|(name, other)| *name != agent && member.may_share_forest(other))
        .map(|(name, _)| name)
        .collect();
    if others.len() <= EVERYONE {
        return others.into_iter().collect();
    }
    let is_partner = |name: &&DnsName| member.partners.contains(*name);
    let (partners, rest): (Vec<_>, Vec<_>) = others.into_iter().partition(is_partner);
    let mut peers: BTreeSet<_> = partners.into_iter().take(MOST_PARTNERS).collect();
    peers.extend(rendezvous::highest(agent, rest, SAMPLE));
    peers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(count: usize) -> BTreeMap<DnsName, Member> {
        (0..count).map(|number| (dc(number), Member { agent: true, ..Member::default() })).collect()
    }

    fn dc(number: usize) -> DnsName {
        format!("dc{number}.lab.test").parse().expect("a host name")
    }

    fn names(targets: &[Target]) -> BTreeSet<DnsName> {
        targets.iter().map(|target| target.name.clone()).collect()
    }

    #[test]
    fn a_small_fleet_looks_at_everyone() {
        let plans = targets(&fleet(EVERYONE + 1));
        assert_eq!(plans.len(), EVERYONE + 1);
        for (agent, targets) in &plans {
            assert_eq!(targets.len(), EVERYONE);
            assert!(!names(targets).contains(agent));
        }
        let readers = plans.values().flatten();
        let readers = readers.filter(|target| target.name == dc(3) && target.whole_map).count();
        assert_eq!(readers, MAP_READERS);
    }

    #[test]
    fn whose_long_answers_are_lost_is_asked_for_one_by_all() {
        let mut members = fleet(9);
        members.get_mut(&dc(3)).expect("it is there").loses_long_answers = true;
        let plans = targets(&members);
        let asked = |of: usize, is_asked: fn(&Target) -> bool| {
            let all = plans.values().flatten();
            all.filter(|target| target.name == dc(of) && is_asked(target)).count()
        };
        assert_eq!(asked(3, |target| target.whole_map), 8);
        assert_eq!(asked(3, |target| target.well_known), MAP_READERS);
        assert_eq!(asked(4, |target| target.whole_map), MAP_READERS);
    }

    #[test]
    fn those_without_an_agent_are_looked_at_and_do_not_look() {
        let mut members = fleet(3);
        members.insert(dc(9), Member::default());
        let plans = targets(&members);
        assert!(!plans.contains_key(&dc(9)));
        assert!(plans.values().all(|targets| names(targets).contains(&dc(9))));
    }

    #[test]
    fn forests_are_kept_apart_once_they_are_known() {
        let mut members = fleet(3);
        for (number, forest) in [(0, "lab.test"), (1, "other.test")] {
            let member = members.get_mut(&dc(number)).expect("it is there");
            member.forest = Some(forest.parse().expect("a domain"));
        }
        let plans = targets(&members);
        assert_eq!(names(&plans[&dc(0)]), BTreeSet::from([dc(2)]));
        assert_eq!(names(&plans[&dc(2)]), BTreeSet::from([dc(0), dc(1)]));
    }

    #[test]
    fn a_large_fleet_samples_and_keeps_the_partners() {
        let mut members = fleet(300);
        let partners = BTreeSet::from([dc(17), dc(200)]);
        members.get_mut(&dc(0)).expect("it is there").partners = partners.clone();
        let plans = targets(&members);
        assert_eq!(plans[&dc(0)].len(), SAMPLE + 2);
        assert!(names(&plans[&dc(0)]).is_superset(&partners));
        assert_eq!(plans[&dc(1)].len(), SAMPLE);
    }

    #[test]
    fn one_more_changes_little() {
        let before = targets(&fleet(300));
        let after = targets(&fleet(301));
        let mut changed = 0;
        for (agent, targets) in &before {
            let (old, new) = (names(targets), names(&after[agent]));
            let gone = old.difference(&new).count();
            assert!(gone <= 1, "{agent} lost {gone}");
            assert!(new.difference(&old).all(|name| *name == dc(300)));
            changed += usize::from(gone > 0);
        }
        // Of 300 peers 32 are sampled: about one plan in nine takes the new one in.
        assert!((1..100).contains(&changed), "{changed}");
    }
}
