//! The known domain controllers, the plan of each agent, and the links that follow.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use epmesh_common::{
    diagnosis::{Link, State},
    facts::{Directory, DnsName, Plan, Timestamp},
    shared::Shared,
};
use uuid::Uuid;

use super::{View, dc::Dc, limits::MOST_DCS};
use crate::plan::{self, Member};

/// The changes that [`View::rearrange`] made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rearranged {
    /// The agents with a new plan.
    pub replanned: Vec<DnsName>,
    /// The links that are no longer watched and had a verdict, with its state.
    pub gone: Vec<(Link, State)>,
}

impl View {
    /// Whether something changed since [`View::rearrange`] on which members or plans depend.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        self.moved
    }

    /// Works out anew the known domain controllers and every agent's plan. The version of a plan rises only
    /// when its content changes; it begins with the time, so that it rises over a restart too.
    pub fn rearrange(&mut self, now: Timestamp) -> Rearranged {
        self.moved = false;
        self.members = self.known(now);
        self.neighbours = self.agents_by_site();
        let mut plans = BTreeMap::new();
        let mut replanned = Vec::new();
        let interval = u32::try_from(self.settings.interval.as_millis()).unwrap_or(u32::MAX);
        for (agent, targets) in plan::targets(&self.members) {
            let before = self.plans.remove(&agent);
            let version = before.as_ref().map_or(0, |plan| plan.version.saturating_add(1));
            let plan = Plan {
                version: version.max(now.as_millis()),
                interval_ms: interval,
                targets,
                interfaces: self.settings.interfaces.clone(),
            };
            let plan = match before {
                Some(before) if (Plan { version: before.version, ..plan.clone() }) == before => {
                    before
                }
                _ => {
                    replanned.push(agent.clone());
                    plan
                }
            };
            plans.insert(agent, plan);
        }
        self.plans = plans;
        let gone = self.rewatch();
        Rearranged { replanned, gone }
    }

    /// Gives an agent without a plan the one that it will have, so that it need not wait for
    /// [`View::rearrange`].
    pub fn plan_for_newcomer(&mut self, dc: &DnsName, now: Timestamp) {
        if self.plans.contains_key(dc) {
            return;
        }
        let members = self.known(now);
        if let Some(targets) = plan::targets(&members).remove(dc) {
            let plan = Plan {
                version: now.as_millis(),
                interval_ms: u32::try_from(self.settings.interval.as_millis()).unwrap_or(u32::MAX),
                targets,
                interfaces: self.settings.interfaces.clone(),
            };
            self.plans.insert(dc.clone(), plan);
        }
    }

    /// Whether links from `source` to `destination` are watched.
    pub(super) fn is_watched(&self, destination: &DnsName, source: &DnsName) -> bool {
        self.watchers.get(source).is_some_and(|watchers| watchers.contains(destination))
    }

    fn rewatch(&mut self) -> Vec<(Link, State)> {
        let mut watchers: HashMap<DnsName, BTreeSet<DnsName>> = HashMap::new();
        for (destination, plan) in &self.plans {
            for target in &plan.targets {
                watchers.entry(target.name.clone()).or_default().insert(destination.clone());
            }
        }
        self.watchers = watchers;
        let links = self.links();
        let new: Vec<_> =
            links.into_iter().filter(|link| !self.verdicts.contains_key(link)).collect();
        self.grouper.reserve(new.len());
        self.verdicts.reserve(new.len());
        self.dirty.extend(new);
        let gone: Vec<_> = self
            .verdicts
            .iter()
            .filter(|(link, _)| !self.is_watched(&link.destination, &link.source))
            .map(|(link, judged)| (link.clone(), judged.verdict.state))
            .collect();
        for (link, _) in &gone {
            self.verdicts.remove(link);
            self.forget_lost_answers(link);
            self.grouper.remove(link);
            self.dirty.remove(link);
        }
        gone
    }

    /// By domain controller, those with agents in its site, in the order of names. Sites of two forests may have one
    /// name; every forest is made with the same one.
    fn agents_by_site(&self) -> HashMap<DnsName, Shared<Vec<DnsName>>> {
        let mut sites: HashMap<(Option<&DnsName>, &str), Vec<&DnsName>> = HashMap::new();
        for (name, member) in &self.members {
            if let Some(site) = self.site_of(name) {
                sites.entry((member.forest.as_ref(), site)).or_default().push(name);
            }
        }
        let mut neighbours = HashMap::with_capacity(self.members.len());
        for stand_there in sites.into_values() {
            let has_agent = |name: &&DnsName| self.members.get(*name).is_some_and(|it| it.agent);
            let agents = stand_there.iter().copied().filter(has_agent).cloned();
            let agents: Shared<Vec<DnsName>> = agents.collect::<Vec<_>>().into();
            neighbours.extend(stand_there.into_iter().map(|name| (name.clone(), agents.clone())));
        }
        neighbours
    }

    fn known(&self, now: Timestamp) -> BTreeMap<DnsName, Member> {
        let mut members: BTreeMap<DnsName, Member> = BTreeMap::new();
        for (name, dc) in self.dcs.iter().filter(|(_, dc)| dc.enrolled).take(MOST_DCS) {
            members.insert(name.clone(), Member { agent: true, ..spoken_for(dc) });
        }
        let mut by_guid: HashMap<Uuid, DnsName> = HashMap::new();
        let mut created: HashMap<&DnsName, Option<Timestamp>> = HashMap::new();
        for (directory, forest) in self.directories(now) {
            let settings = directory.settings.value().into_iter().flatten();
            for settings in settings {
                let Some(host) = &settings.host else { continue };
                by_guid.insert(settings.dsa_guid, host.clone());
                if members.len() >= MOST_DCS && !members.contains_key(host) {
                    continue;
                }
                let member = members.entry(host.clone()).or_default();
                member.forest = member.forest.take().or_else(|| forest.cloned());
                // The object that was made last is in use; of two of the same age the one in the newest
                // copy, which comes last. The domain controller's own word comes before both. One copy
                // that lags behind must not send everybody to a name that is gone.
                if created.get(host).is_none_or(|known| *known <= settings.created) {
                    created.insert(host, settings.created);
                    let own = self.dcs.get(host).and_then(own_guid);
                    member.dsa_guid = own.or(Some(settings.dsa_guid));
                    member.site.clone_from(&settings.site);
                }
            }
        }
        for (name, member) in &mut members {
            let replication = self.dcs.get(name).and_then(|dc| dc.facts.replication.as_ref());
            let neighbours = replication.and_then(|held| held.fact.neighbours.value());
            let partners = neighbours.into_iter().flatten();
            member.loses_long_answers = self.long_answers_lost.contains_key(name);
            member.partners =
                partners.filter_map(|partner| by_guid.get(&partner.source).cloned()).collect();
        }
        members
    }

    /// The copies of the directory that name the known domain controllers, the oldest first. In each forest
    /// these are the fresh copies, or the newest one where none is fresh, so that a coordinator that
    /// comes back after a while does not forget half the fleet.
    fn directories(&self, now: Timestamp) -> Vec<(&Directory, Option<&DnsName>)> {
        let mut forests: BTreeMap<Option<&DnsName>, Vec<(Timestamp, &Directory)>> = BTreeMap::new();
        for dc in self.dcs.values().filter(|dc| dc.enrolled) {
            let Some(held) = &dc.facts.directory else { continue };
            forests.entry(forest(dc)).or_default().push((held.at, &held.fact));
        }
        let fresh_since = now.minus(self.settings.fresh_for());
        let mut chosen = Vec::new();
        for (forest, mut copies) in forests {
            copies.sort_by_key(|(at, _)| *at);
            let newest = copies.last().map_or(fresh_since, |(at, _)| *at);
            let since = fresh_since.min(newest);
            let fresh = copies.into_iter().filter(|(at, _)| *at >= since);
            chosen.extend(fresh.map(|(_, copy)| (copy, forest)));
        }
        chosen
    }
}

fn spoken_for(dc: &Dc) -> Member {
    Member { forest: forest(dc).cloned(), dsa_guid: own_guid(dc), ..Member::default() }
}

fn forest(dc: &Dc) -> Option<&DnsName> {
    dc.facts.host.as_ref()?.fact.forest.value()
}

fn own_guid(dc: &Dc) -> Option<Uuid> {
    dc.facts.host.as_ref()?.fact.dsa_guid.value().copied()
}
