//! Taking a report in, in two steps: what it comes to is worked out first ([`View::stage`]), is
//! written to the store, and only then becomes part of the view ([`View::apply`]).

use std::collections::BTreeMap;

use epmesh_common::{
    diagnosis::State,
    facts::{
        Body, DcFacts, Digest, DnsName, Report, Section, SectionKind, Statement, StatementKey,
        Timestamp,
    },
    shared::Shared,
};

use super::{
    Acknowledged, History, MapReading, View,
    answers::Answer,
    corrected,
    dc::{Dc, MOST_PEERS},
};

/// What a report comes to.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Whose report it is.
    pub dc: DnsName,
    /// Which report.
    pub acknowledged: Acknowledged,
    /// When it came.
    pub received: Timestamp,
    /// The bodies to take in.
    pub bodies: Vec<StagedBody>,
    /// What is held and was seen again to be so.
    pub restated: Vec<(StatementKey, Timestamp)>,
    /// What came without a body and is not held.
    pub wanted: Vec<StatementKey>,
    /// Peers that are given up because the witness reports too many; the oldest.
    pub forgotten: Vec<StatementKey>,
    /// The registrations, where the report changes them.
    pub history: Option<History>,
    /// The time of every subject held once the report has been applied.
    pub stamps: Vec<(StatementKey, Timestamp)>,
    /// Statements that are not taken in, and why.
    pub refused: Vec<String>,
    /// Whose body was refused, now or before, and what the agent calls that body.
    pub unusable: Vec<(StatementKey, Digest)>,
    /// How many reports the agent lost so far, before they were sent.
    pub dropped: u64,
    /// What the agent says of its own state.
    pub notes: Vec<String>,
    /// Milliseconds by which its clock is ahead of the coordinator's.
    pub clock_ahead_ms: i64,
}

/// One body to take in.
#[derive(Clone, Debug)]
pub struct StagedBody {
    /// Its digest, over what was understood of it.
    pub digest: Digest,
    /// What the agent calls it, where that is another digest.
    pub stated: Option<Digest>,
    /// When it was seen to be so, on the coordinator's clock.
    pub at: Timestamp,
    /// The body.
    pub body: Body,
    /// Whether the digest is another than the one held.
    pub changed: bool,
}

/// What the store held of one domain controller.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The domain controller.
    pub dc: DnsName,
    /// The report last acknowledged.
    pub acknowledged: Acknowledged,
    /// When it came.
    pub received: Timestamp,
    /// What the agent had dropped.
    pub dropped: u64,
    /// What the agent said of its own state.
    pub notes: Vec<String>,
    /// Milliseconds by which its clock was ahead of the coordinator's.
    pub clock_ahead_ms: i64,
    /// The bodies.
    pub bodies: Vec<StagedBody>,
    /// When what is held of a peer was first stated, by the peer's name.
    pub first: BTreeMap<DnsName, Timestamp>,
    /// The registrations.
    pub history: History,
}

impl View {
    /// Works out what a report comes to that was `sent` by the agent's clock and `received` by the
    /// coordinator's. Changes nothing.
    #[must_use]
    pub fn stage(
        &self,
        dc: &DnsName,
        report: Report,
        sent: Timestamp,
        received: Timestamp,
    ) -> Staged {
        let nothing = Dc::default();
        let known = self.dcs.get(dc).unwrap_or(&nothing);
        let mut staged = Staged {
            dc: dc.clone(),
            acknowledged: Acknowledged { sequence: report.sequence, at: report.at },
            received,
            bodies: Vec::new(),
            restated: Vec::new(),
            wanted: Vec::new(),
            forgotten: Vec::new(),
            history: None,
            stamps: Vec::new(),
            refused: Vec::new(),
            unusable: Vec::new(),
            dropped: report.dropped,
            notes: report.notes,
            clock_ahead_ms: known.skew.ahead_ms().unwrap_or(known.facts.clock_ahead_ms),
        };
        let mut map_read = None;
        let map = StatementKey::Own(SectionKind::EndpointMap);
        for statement in report.statements {
            let at = corrected(statement.at, sent, received);
            if statement.subject == map {
                map_read = Some(statement.at);
            }
            staged.take(known, statement, at);
        }
        staged.settle_stamps(known);
        // Of a map whose body has not come, only the one before it is held, and that one was not read
        // then: it is no word on the process of now.
        if let Some(read) = map_read.filter(|_| staged.has_taken(&map)) {
            staged.history = self.observed_history(known, &staged, read);
        }
        staged
    }

    fn observed_history(&self, known: &Dc, staged: &Staged, read: Timestamp) -> Option<History> {
        let facts = staged.facts_after(&known.facts);
        let map = facts.endpoint_map.as_ref()?;
        let mut history = known.history.clone();
        let reading = MapReading {
            map: &map.fact,
            at: map.at,
            read: Some(read),
            facts: &facts,
            fresh_for: self.settings.fresh_for(),
            kept_for: self.settings.history,
        };
        history.observe(&reading, &self.settings.interfaces);
        (history != known.history).then_some(history)
    }

    /// Makes a staged report part of the view, and notes the links it touches.
    pub fn apply(&mut self, staged: Staged) {
        let dc = staged.dc.clone();
        let fresh_since = staged.received.minus(self.settings.fresh_for());
        let mut known = self.dcs.remove(&dc).unwrap_or_default();
        let (mut own_changed, mut own_restated) = (false, false);
        for (subject, at) in staged.restated {
            own_changed |= known.subject_at(&subject).is_none_or(|held| held < fresh_since)
                && matches!(subject, StatementKey::Own(_));
            match subject {
                StatementKey::Own(kind) => {
                    known.restate_section(kind, at);
                    if kind == SectionKind::Host {
                        let host = known.own_host();
                        self.owners.change(&dc, host, host.map(|host| (host, at)));
                    }
                    own_restated = true;
                }
                StatementKey::Peer(peer) => {
                    known.see_again(&peer, at, self.settings.fresh_for());
                    self.seen_again(&dc, &known, &peer);
                    self.touch_between(&dc, &peer);
                }
            }
        }
        for (subject, stated) in &staged.unusable {
            known.answers.refused(subject, *stated);
        }
        for StagedBody { digest, stated, at, body, changed } in staged.bodies {
            let subject = body.subject();
            known.answers.taken(&subject, stated);
            known.digests.insert(subject, digest);
            match body {
                Body::Own(section) => {
                    let kind = section.kind();
                    if let Section::Host(host) = section.as_ref() {
                        self.owners.change(&dc, known.own_host(), Some((host, at)));
                    }
                    known.facts.put(at, *section);
                    own_changed |= changed;
                    own_restated = true;
                    self.moved |= changed && moves(kind);
                }
                Body::Peer(mut observation) => {
                    self.names.share(&mut observation);
                    let peer = observation.peer.clone();
                    let gap = self.settings.fresh_for();
                    let before = known.see(peer.clone(), at, gap, observation.into());
                    let same = before.as_ref().map(|seen| &seen.outcome)
                        == known.observations.get(&peer).map(|seen| &seen.outcome);
                    self.seen(&dc, &known, &peer);
                    self.touch_between(&dc, &peer);
                    if !same {
                        self.touch_source(&peer);
                    }
                }
            }
        }
        for subject in staged.forgotten {
            self.forget(&dc, &mut known, &subject);
        }
        if let Some(history) = staged.history {
            known.history = history;
        }
        known.acknowledged = staged.acknowledged;
        known.dropped = staged.dropped;
        known.notes = staged.notes;
        let gap = known.last_seen.map(|last| last.until(staged.received));
        if gap.is_none_or(|gap| gap > self.settings.fresh_for()) {
            known.watched_since = Some(staged.received);
        }
        known.watched_since.get_or_insert(staged.received);
        known.last_seen = known.last_seen.max(Some(staged.received));
        if staged.refused.is_empty() && staged.unusable.is_empty() && staged.wanted.is_empty() {
            // What was refused before was not stated again, or in a way that holds.
            known.remarks.clear();
        }
        for refused in staged.refused {
            known.remark(refused);
        }
        self.dcs.insert(dc.clone(), known);
        if own_changed {
            self.touch_all(&dc, |_| true);
        } else if own_restated {
            // The same facts, seen again, cannot turn a healthy link; they can settle one that was
            // waiting for a newer word.
            self.touch_all(&dc, |state| state != Some(State::Healthy));
        }
    }

    /// Puts back what the store held.
    pub fn restore(&mut self, restored: Restored) {
        let dc = restored.dc;
        let mut known = self.dcs.remove(&dc).unwrap_or_default();
        known.acknowledged = restored.acknowledged;
        known.last_seen = Some(restored.received);
        known.dropped = restored.dropped;
        known.notes = restored.notes;
        known.history = restored.history;
        known.facts.clock_ahead_ms = restored.clock_ahead_ms;
        for StagedBody { digest, at, body, .. } in restored.bodies {
            known.digests.insert(body.subject(), digest);
            match body {
                Body::Own(section) => {
                    if let Section::Host(host) = section.as_ref() {
                        known.agent_version = Some(host.agent_version.clone());
                        self.owners.change(&dc, known.own_host(), Some((host, at)));
                    }
                    known.facts.put(at, *section);
                }
                Body::Peer(mut observation) => {
                    self.names.share(&mut observation);
                    let peer = observation.peer.clone();
                    known.see(peer.clone(), at, self.settings.fresh_for(), observation.into());
                    if let (Some(seen), Some(first)) =
                        (known.observations.get_mut(&peer), restored.first.get(&peer))
                    {
                        seen.first = seen.first.min(*first);
                    }
                    self.seen(&dc, &known, &peer);
                }
            }
        }
        self.dcs.insert(dc, known);
        self.moved = true;
    }

    /// Notes with a peer what a witness has seen of it.
    pub(super) fn seen(&mut self, witness: &DnsName, known: &Dc, peer: &DnsName) {
        if let Some(seen) = known.observations.get(peer) {
            let witness_views = self.observers.entry(peer.clone()).or_default();
            witness_views.insert(witness.clone(), seen.witness_view());
        }
    }

    fn seen_again(&mut self, witness: &DnsName, known: &Dc, peer: &DnsName) {
        let witness_view = self.observers.get_mut(peer).and_then(|of| of.get_mut(witness));
        if let (Some(seen), Some(witness_view)) = (known.observations.get(peer), witness_view) {
            (witness_view.at, witness_view.since) = (seen.at, seen.since);
        }
    }

    fn forget(&mut self, dc: &DnsName, known: &mut Dc, subject: &StatementKey) {
        known.digests.remove(subject);
        known.answers.forget(subject);
        if let StatementKey::Peer(peer) = subject {
            known.observations.remove(peer);
            if let Some(observers) = self.observers.get_mut(peer) {
                observers.remove(dc);
                if observers.is_empty() {
                    self.observers.remove(peer);
                }
            }
        }
    }

    fn touch_between(&mut self, destination: &DnsName, source: &DnsName) {
        if self.is_watched(destination, source) {
            let links: Vec<_> = self.links_between(destination, source).collect();
            self.touched.extend(links);
        }
    }

    fn touch_source(&mut self, source: &DnsName) {
        let destinations = self.watchers.get(source).into_iter().flatten();
        let links: Vec<_> =
            destinations.flat_map(|destination| self.links_between(destination, source)).collect();
        self.touched.extend(links);
    }

    /// Touches the links from and to `dc` whose last state `wanted` takes.
    fn touch_all(&mut self, dc: &DnsName, wanted: impl Fn(Option<State>) -> bool) {
        let as_source = self.watchers.get(dc).into_iter().flatten();
        let as_source = as_source.flat_map(|destination| self.links_between(destination, dc));
        let targets = self.plans.get(dc).into_iter().flat_map(|plan| &plan.targets);
        let as_destination = targets.flat_map(|target| self.links_between(dc, &target.name));
        let links: Vec<_> = as_source
            .chain(as_destination)
            .filter(|link| wanted(self.verdicts.get(link).map(|judged| judged.verdict.state)))
            .collect();
        self.touched.extend(links);
    }
}

/// Whether who is known, or who is a partner of whom, follows from this section.
const fn moves(kind: SectionKind) -> bool {
    matches!(kind, SectionKind::Host | SectionKind::Directory | SectionKind::Replication)
}

impl Staged {
    fn take(&mut self, known: &Dc, statement: Statement, at: Timestamp) {
        let Statement { subject, digest, body, stated, .. } = statement;
        // Reports come in the order in which they were put together: a later one does not make a
        // fact older because it took less time on the way. Nor is anything seen after it came.
        let at = known.subject_at(&subject).map_or(at, |held| held.max(at)).min(self.received);
        let changed = known.digests.get(&subject) != Some(&digest);
        let Some(body) = body else {
            match known.answers.last(&subject) {
                Some(Answer::Taken(stated)) if stated == digest => {
                    self.restated.push((subject, at));
                }
                _ if !changed => self.restated.push((subject, at)),
                Some(Answer::Refused(stated)) if stated == digest => {
                    self.unusable.push((subject, digest));
                }
                _ => self.wanted.push(subject),
            }
            return;
        };
        if let Err(refused) = belongs(&self.dc, &subject, &body) {
            self.refused.push(refused);
            self.unusable.push((subject, stated.unwrap_or(digest)));
            return;
        }
        self.bodies.push(StagedBody { digest, stated, at, body, changed });
    }

    /// Whether what the report says of `wanted` is known.
    fn has_taken(&self, wanted: &StatementKey) -> bool {
        self.restated.iter().any(|(subject, _)| subject == wanted)
            || self.bodies.iter().any(|staged| staged.body.subject() == *wanted)
    }

    fn settle_stamps(&mut self, known: &Dc) {
        let mut stamps: BTreeMap<StatementKey, Timestamp> = known.stamps().collect();
        stamps.extend(self.restated.iter().cloned());
        stamps.extend(self.bodies.iter().map(|staged| (staged.body.subject(), staged.at)));
        let mut peers: Vec<(Timestamp, StatementKey)> = stamps
            .iter()
            .filter(|(subject, _)| matches!(subject, StatementKey::Peer(_)))
            .map(|(subject, at)| (*at, subject.clone()))
            .collect();
        let excess = peers.len().saturating_sub(MOST_PEERS);
        if excess > 0 {
            peers.sort();
            self.forgotten = peers.into_iter().take(excess).map(|(_, subject)| subject).collect();
            stamps.retain(|subject, _| !self.forgotten.contains(subject));
            self.bodies.retain(|staged| !self.forgotten.contains(&staged.body.subject()));
        }
        self.stamps = stamps.into_iter().collect();
    }

    fn facts_after(&self, before: &Shared<DcFacts>) -> Shared<DcFacts> {
        let mut after = Dc { facts: before.clone(), ..Dc::default() };
        for (subject, at) in &self.restated {
            if let StatementKey::Own(kind) = subject {
                after.restate_section(*kind, *at);
            }
        }
        for staged in &self.bodies {
            if let Body::Own(section) = &staged.body {
                after.facts.put(staged.at, section.as_ref().clone());
            }
        }
        after.facts
    }
}

/// Whether the agent of `dc` may state this.
fn belongs(dc: &DnsName, subject: &StatementKey, body: &Body) -> Result<(), String> {
    let actual = body.subject();
    if *subject != actual {
        return Err(format!("statement on {subject} refused: its body is about {actual}"));
    }
    match body {
        Body::Own(section) => match section.as_ref() {
            Section::Host(host) if host.name != *dc => Err(format!(
                "statement on {subject} refused: it speaks for {}, the certificate for {dc}",
                host.name
            )),
            _ => Ok(()),
        },
        Body::Peer(observation) if observation.peer == *dc => {
            Err(format!("statement on {subject} refused: {dc} is no peer of itself"))
        }
        Body::Peer(_) => Ok(()),
    }
}
