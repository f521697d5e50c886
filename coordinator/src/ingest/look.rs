//! Looks on demand.

use std::time::Duration;

use epmesh_common::{
    diagnosis::{Evidence, Link, Verdict, diagnose},
    facts::{DnsName, LookRequest, SectionKind, Target, add_interfaces},
    rpc::InterfaceId,
};
use serde::{Deserialize, Serialize};

use super::hub::{Asked, Hub};
use crate::clock;

/// The time in which a look has to be done. An agent gives a look up after eight seconds, when silent DNS
/// servers and silent addresses add up, and reports by then what it could not finish.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The most witnesses that are asked besides the two ends of the link.
const WITNESSES: usize = 3;

/// The outcome of a look on demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookOutcome {
    /// The verdict, from the evidence of now.
    pub verdict: Verdict,
    /// The domain controllers whose agents answered.
    pub answered: Vec<DnsName>,
    /// The domain controllers whose agents were asked and did not answer in time.
    pub silent: Vec<DnsName>,
    /// The ends of the link that could not be asked, because no agent of theirs is connected.
    pub not_connected: Vec<DnsName>,
}

/// Which agents answered, and which did not.
#[derive(Default)]
struct Round {
    answered: Vec<DnsName>,
    silent: Vec<DnsName>,
    not_connected: Vec<DnsName>,
}

impl Hub {
    /// Has the agents of both ends, and some other witnesses, look again. The verdict is given when all have
    /// answered or `deadline` is over.
    pub async fn look(&self, link: &Link, deadline: Duration) -> LookOutcome {
        let asked = self.ask_for(link, deadline, |look| look).await;
        let mut evidence = self.fleet.evidence(link);
        if !asked.answered.contains(&link.destination) {
            // An observation from before the question is no answer to it.
            evidence.observations.retain(|seen| seen.witness != link.destination);
        }
        let verdict = diagnose(&evidence, clock::now());
        let Round { answered, silent, not_connected } = asked;
        LookOutcome { verdict, answered, silent, not_connected }
    }

    /// Has the witnesses of `dc`, and the agent of `client` where it has one, look at `dc` for these
    /// interfaces and the well-known ports, and `dc` at itself. Returns those that gave no answer in time, and
    /// `dc` where it is not connected.
    pub async fn look_for_join(
        &self,
        client: &DnsName,
        dc: &DnsName,
        interfaces: &[InterfaceId],
        deadline: Duration,
    ) -> Vec<DnsName> {
        let Some(first) = interfaces.first() else { return Vec::new() };
        let link = Link { destination: client.clone(), source: dc.clone(), interface: *first };
        let Round { mut silent, not_connected, .. } = self
            .ask_for(&link, deadline, |mut look| {
                look.targets.iter_mut().for_each(|target| target.well_known = true);
                add_interfaces(&mut look.interfaces, interfaces);
                look
            })
            .await;
        // A computer that is to join the domain has no agent; that is not worth saying.
        silent.extend(not_connected.into_iter().filter(|witness| witness != client));
        silent
    }

    /// Asks the witnesses of a link, after `widened` has changed each look, and waits until all have answered
    /// or `deadline` is over.
    async fn ask_for(
        &self,
        link: &Link,
        deadline: Duration,
        widened: impl Fn(LookRequest) -> LookRequest,
    ) -> Round {
        let until = tokio::time::Instant::now() + deadline;
        let mut round = Round::default();
        let mut asked: Vec<(DnsName, Asked<'_>)> = Vec::new();
        for (dc, own, looks_at_source) in self.witnesses(link) {
            let (target, interfaces) = self.as_planned(&dc, link);
            let targets = if looks_at_source { vec![target] } else { Vec::new() };
            match self.ask(&dc, |id| widened(LookRequest { id, own, targets, interfaces })) {
                Some(answer) => asked.push((dc, answer)),
                None if self.is_connected(&dc) => round.silent.push(dc),
                None => round.not_connected.push(dc),
            }
        }
        for (dc, mut answer) in asked {
            match tokio::time::timeout_at(until, answer.done()).await {
                Ok(true) => round.answered.push(dc),
                Ok(false) | Err(_) => round.silent.push(dc),
            }
        }
        round
    }

    /// The target and the interfaces for `dc` to look at: those of its plan, and the link's interface. The new
    /// observation replaces the one before, and must not hold less.
    fn as_planned(&self, dc: &DnsName, link: &Link) -> (Target, Vec<InterfaceId>) {
        self.fleet.read(|view| {
            let planned = view.plan(dc).and_then(|plan| {
                plan.targets.into_iter().find(|target| target.name == link.source)
            });
            let mut interfaces = view.settings().interfaces.clone();
            add_interfaces(&mut interfaces, &[link.interface]);
            (planned.unwrap_or_else(|| view.target(&link.source)), interfaces)
        })
    }

    /// The sections of an end of the link that a verdict needs. An agent of an earlier version knows nothing of
    /// directory objects and would refuse the whole request: who never stated them is not asked for them.
    fn known(&self, link: &Link, dc: &DnsName) -> Vec<SectionKind> {
        let is_destination = *dc == link.destination;
        let needed: &[SectionKind] =
            if is_destination { &Evidence::OF_DESTINATION } else { &Evidence::OF_SOURCE };
        let later = SectionKind::DirectoryObjects;
        let is_told =
            self.fleet.read(|view| view.facts(dc).is_some_and(|facts| facts.at(later).is_some()));
        needed.iter().copied().filter(|kind| *kind != later || is_told).collect()
    }

    /// The witnesses to ask: for which sections of their own, and whether they look at the source.
    fn witnesses(&self, link: &Link) -> Vec<(DnsName, Vec<SectionKind>, bool)> {
        // All sections that a verdict needs are asked for. With one of now and one of two minutes ago, a
        // host that was installed anew in between would contradict itself.
        let mut witnesses = vec![
            (link.destination.clone(), self.known(link, &link.destination), true),
            (link.source.clone(), self.known(link, &link.source), false),
        ];
        let watchers = self.fleet.read(|view| view.watchers(&link.source));
        let others = watchers
            .into_iter()
            .filter(|dc| *dc != link.destination && *dc != link.source && self.is_connected(dc))
            .take(WITNESSES);
        witnesses.extend(others.map(|dc| (dc, Vec::new(), true)));
        witnesses
    }
}
