//! The view: the state of the fleet in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use epmesh_common::{
    diagnosis::{self, Link, Observed, Verdict},
    facts::{DcFacts, Digest, DnsName, Plan, StatementKey, Target, Timestamp},
    incident::Grouper,
    rpc::InterfaceId,
    shared::Shared,
    windows::ClientProtocolRule,
};

use super::{
    Acknowledged,
    answers::Answer,
    dc::{Dc, WitnessView},
    dirty_links::DirtyLinks,
    examples::Examples,
    names::Names,
    owners::Owners,
};
use crate::plan::{self, Member};

/// The part of the configuration that the view needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The time between two looks at the same peer.
    pub interval: Duration,
    /// The interfaces whose links are diagnosed.
    pub interfaces: Vec<InterfaceId>,
    /// The protocol sequences that `ClientProtocols` should hold.
    pub client_protocols: ClientProtocolRule,
    /// How long a registration is remembered after it was last seen.
    pub history: Duration,
}

impl Settings {
    /// The age up to which a fact can decide anything: three intervals, and the time that a look and its
    /// report may take.
    #[must_use]
    pub fn fresh_for(&self) -> Duration {
        self.interval.saturating_mul(3).saturating_add(Duration::from_secs(15))
    }
}

/// The known facts of every domain controller, and the verdict on every link.
///
/// Nothing here reads a clock or waits. A change marks the links that it bears on.
/// [`View::take_dirty`] gives them out, [`View::judge_links`] judges them,
/// [`View::record_verdicts`] takes the verdicts in, and [`View::regroup`] works out the incidents
/// that follow.
#[derive(Debug)]
pub struct View {
    pub(super) settings: Settings,
    pub(super) dcs: BTreeMap<DnsName, Dc>,
    /// By peer and witness, the observations in the form in which they go into evidence. The same ones are
    /// kept with each witness; here all that bear on a link are found at once.
    pub(super) observers: HashMap<DnsName, BTreeMap<DnsName, WitnessView>>,
    pub(super) members: BTreeMap<DnsName, Member>,
    /// By domain controller, the agents that stand in its site, in the order of their names: one list a site.
    pub(super) neighbours: HashMap<DnsName, Shared<Vec<DnsName>>>,
    pub(super) plans: BTreeMap<DnsName, Plan>,
    /// Address ownership, as each domain controller reports it.
    pub(super) owners: Owners,
    /// The destinations of the links from each source.
    pub(super) watchers: HashMap<DnsName, BTreeSet<DnsName>>,
    pub(super) verdicts: HashMap<Link, Judged>,
    /// By source, the destinations at which its long answers did not arrive, and have not been seen to since.
    pub(super) long_answers_lost: BTreeMap<DnsName, BTreeSet<DnsName>>,
    pub(super) dirty: DirtyLinks,
    pub(super) names: Names,
    /// The incidents that follow from the verdicts.
    pub(super) grouper: Grouper,
    /// The example of each incident.
    pub(super) examples: Examples,
    /// The faults whose incidents changed since they were last taken.
    pub(super) regrouped: BTreeSet<diagnosis::Fault>,
    /// Whether something changed on which members or plans depend.
    pub(super) moved: bool,
}

/// A verdict and when it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) verdict: Box<Verdict>,
    pub(super) at: Timestamp,
    /// The time of the look that first showed the present state and cause.
    pub(super) since: Timestamp,
}

impl View {
    /// An empty fleet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            dcs: BTreeMap::new(),
            observers: HashMap::new(),
            members: BTreeMap::new(),
            neighbours: HashMap::new(),
            plans: BTreeMap::new(),
            owners: Owners::default(),
            watchers: HashMap::new(),
            verdicts: HashMap::new(),
            long_answers_lost: BTreeMap::new(),
            dirty: DirtyLinks::default(),
            names: Names::default(),
            grouper: Grouper::new(),
            examples: Examples::default(),
            regrouped: BTreeSet::new(),
            moved: false,
        }
    }

    /// The settings of the view.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Notes that an agent is enrolled for `dc`.
    pub fn enrolled(&mut self, dc: &DnsName) {
        let known = self.dcs.entry(dc.clone()).or_default();
        self.moved |= !known.enrolled;
        known.enrolled = true;
    }

    /// Notes that `dc` was enrolled anew: reports that were acknowledged to the agent before no longer count.
    pub fn enrolled_anew(&mut self, dc: &DnsName) {
        self.enrolled(dc);
        if let Some(known) = self.dcs.get_mut(dc) {
            known.acknowledged = Acknowledged::default();
        }
    }

    /// Notes that no agent is enrolled for `dc` any more. Its facts are kept and grow old.
    pub fn released(&mut self, dc: &DnsName) {
        if let Some(known) = self.dcs.get_mut(dc) {
            self.moved |= known.enrolled;
            known.enrolled = false;
            known.connected = false;
            known.remarks.clear();
        }
    }

    /// As [`View::released`], with the reason, which is shown until an agent is enrolled for `dc` again.
    pub fn barred(&mut self, dc: &DnsName, why: String) {
        self.released(dc);
        self.dcs.entry(dc.clone()).or_default().remark(why);
    }

    /// Notes that the agent of `dc` is connected and which version it is.
    pub fn connected(&mut self, dc: &DnsName, agent_version: String) {
        self.enrolled(dc);
        if let Some(known) = self.dcs.get_mut(dc) {
            known.connected = true;
            known.agent_version = Some(agent_version);
        }
    }

    /// Notes that the agent of `dc` is no longer connected.
    pub fn disconnected(&mut self, dc: &DnsName) {
        if let Some(known) = self.dcs.get_mut(dc) {
            known.connected = false;
        }
    }

    /// Notes a message of the agent of `dc`. Returns when the message came in: see [`Skew::observe`].
    ///
    /// [`Skew::observe`]: super::Skew::observe
    pub fn heard(&mut self, dc: &DnsName, sent: Timestamp, received: Timestamp) -> Timestamp {
        let known = self.dcs.entry(dc.clone()).or_default();
        known.last_seen = Some(received);
        let came = known.skew.observe(sent, received);
        if let Some(ahead) = known.skew.ahead_ms()
            && known.facts.clock_ahead_ms != ahead
        {
            known.facts.clock_ahead_ms = ahead;
        }
        came
    }

    /// Notes that reports of `dc` cannot be stored, and why; `None` once they can.
    pub fn store_trouble(&mut self, dc: &DnsName, trouble: Option<String>) {
        if let Some(known) = self.dcs.get_mut(dc) {
            known.store_trouble = trouble;
        }
    }

    /// The agents that look at `source`, in order.
    #[must_use]
    pub fn watchers(&self, source: &DnsName) -> Vec<DnsName> {
        self.watchers.get(source).into_iter().flatten().cloned().collect()
    }

    /// The target that an agent needs to look at `dc`.
    #[must_use]
    pub fn target(&self, dc: &DnsName) -> Target {
        plan::target(dc, self.members.get(dc))
    }

    /// Keeps a remark of the coordinator's own on `dc`: a refused statement, say.
    pub fn remark(&mut self, dc: &DnsName, remark: String) {
        if let Some(known) = self.dcs.get_mut(dc) {
            known.remark(remark);
        }
    }

    /// The report last acknowledged to the agent of `dc`.
    #[must_use]
    pub fn acknowledged(&self, dc: &DnsName) -> Acknowledged {
        self.dcs.get(dc).map(|known| known.acknowledged).unwrap_or_default()
    }

    /// The known bodies of `dc`: the key of each, and the digest that its agent gave it.
    #[must_use]
    pub fn held(&self, dc: &DnsName) -> Vec<(StatementKey, Digest)> {
        let Some(known) = self.dcs.get(dc) else { return Vec::new() };
        let held =
            known.digests.iter().map(|(subject, digest)| match known.answers.last(subject) {
                Some(Answer::Taken(stated)) => (subject.clone(), stated),
                _ => (subject.clone(), *digest),
            });
        held.collect()
    }

    /// The facts that `dc` states of itself.
    #[must_use]
    pub fn facts(&self, dc: &DnsName) -> Option<Shared<DcFacts>> {
        self.dcs.get(dc).map(|known| known.facts.clone())
    }

    /// The facts that each domain controller states of itself, in no meaningful order.
    pub fn every_facts(&self) -> impl Iterator<Item = &DcFacts> {
        self.dcs.values().map(|known| &*known.facts)
    }

    /// The observations that others made of `dc`, by the witness's name.
    #[must_use]
    pub fn observations_of(&self, dc: &DnsName) -> Vec<Observed> {
        let witnesses = self.observers.get(dc).into_iter().flatten().map(|(witness, _)| witness);
        witnesses.filter_map(|witness| self.observed(witness, dc)).collect()
    }

    /// The current plan of the agent of `dc`.
    #[must_use]
    pub fn plan(&self, dc: &DnsName) -> Option<Plan> {
        self.plans.get(dc).cloned()
    }

    /// Every link that is watched, in order.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        for (destination, plan) in &self.plans {
            for target in &plan.targets {
                links.extend(self.links_between(destination, &target.name));
            }
        }
        links
    }

    /// The verdict on every link that has been judged, in no particular order.
    #[must_use]
    pub fn verdicts(&self) -> Vec<(Link, Verdict)> {
        let verdicts = self.verdicts.iter();
        verdicts.map(|(link, judged)| (link.clone(), judged.verdict.as_ref().clone())).collect()
    }

    /// The last verdict on every known link, without copies.
    pub fn judged(&self) -> impl Iterator<Item = (&Link, &Verdict)> {
        self.verdicts.iter().map(|(link, judged)| (link, judged.verdict.as_ref()))
    }

    /// The last verdict on a link.
    #[must_use]
    pub fn verdict(&self, link: &Link) -> Option<Verdict> {
        self.verdict_on(link).cloned()
    }

    pub(super) fn verdict_on(&self, link: &Link) -> Option<&Verdict> {
        self.verdicts.get(link).map(|judged| judged.verdict.as_ref())
    }

    pub(super) fn links_between<'a>(
        &'a self,
        destination: &'a DnsName,
        source: &'a DnsName,
    ) -> impl Iterator<Item = Link> + 'a {
        self.settings.interfaces.iter().map(|interface| Link {
            destination: destination.clone(),
            source: source.clone(),
            interface: *interface,
        })
    }

    pub(super) fn observed(&self, witness: &DnsName, of: &DnsName) -> Option<Observed> {
        let seen = self.dcs.get(witness)?.observations.get(of)?;
        Some(Observed {
            witness: witness.clone(),
            at: seen.at,
            since: Some(seen.since),
            seen: seen.observation.clone(),
        })
    }
}
