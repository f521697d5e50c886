//! Making a staged report part of the view.

use epmesh_common::{
    diagnosis::State,
    facts::{Body, DnsName, Section, SectionKind, StatementKey},
};

use super::{Staged, StagedBody, View, dc::Dc};

impl View {
    /// Makes a staged report part of the view, and marks the links that it bears on.
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
                    known.restate_section(kind, at, self.settings.fresh_for());
                    if kind == SectionKind::Host {
                        let host = known.own_host();
                        self.owners.change(&dc, host, host.map(|host| (host, at)));
                    }
                    own_restated = true;
                }
                StatementKey::Peer(peer) => {
                    known.see_again(&peer, at, self.settings.fresh_for());
                    self.seen_again(&dc, &known, &peer);
                    self.mark_between(&dc, &peer);
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
                    known.put(at, *section, self.settings.fresh_for());
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
                    self.mark_between(&dc, &peer);
                    if !same {
                        self.mark_source(&peer);
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
            // What was refused before was not stated again, or was stated in a valid form.
            known.remarks.clear();
        }
        for refused in staged.refused {
            known.remark(refused);
        }
        self.dcs.insert(dc.clone(), known);
        if own_changed {
            self.mark_all(&dc, |_| true);
        } else if own_restated {
            // The same facts, seen again, cannot break a healthy link; they can decide one that lacked
            // fresh evidence.
            self.mark_all(&dc, |state| state != Some(State::Healthy));
        }
    }

    /// Notes what a witness has seen of a peer, with the peer.
    pub(super) fn seen(&mut self, witness: &DnsName, known: &Dc, peer: &DnsName) {
        if let Some(record) = known.observations.get(peer) {
            let views = self.observers.entry(peer.clone()).or_default();
            views.insert(witness.clone(), record.witness_view());
        }
    }

    fn seen_again(&mut self, witness: &DnsName, known: &Dc, peer: &DnsName) {
        let view = self.observers.get_mut(peer).and_then(|of| of.get_mut(witness));
        if let (Some(record), Some(view)) = (known.observations.get(peer), view) {
            (view.at, view.since) = (record.at, record.since);
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

    fn mark_between(&mut self, destination: &DnsName, source: &DnsName) {
        if self.is_watched(destination, source) {
            let links: Vec<_> = self.links_between(destination, source).collect();
            self.dirty.extend(links);
        }
    }

    fn mark_source(&mut self, source: &DnsName) {
        let destinations = self.watchers.get(source).into_iter().flatten();
        let links: Vec<_> =
            destinations.flat_map(|destination| self.links_between(destination, source)).collect();
        self.dirty.extend(links);
    }

    /// Marks the links from and to `dc` whose last state is `wanted`.
    fn mark_all(&mut self, dc: &DnsName, wanted: impl Fn(Option<State>) -> bool) {
        let as_source = self.watchers.get(dc).into_iter().flatten();
        let as_source = as_source.flat_map(|destination| self.links_between(destination, dc));
        let targets = self.plans.get(dc).into_iter().flat_map(|plan| &plan.targets);
        let as_destination = targets.flat_map(|target| self.links_between(dc, &target.name));
        let links: Vec<_> = as_source
            .chain(as_destination)
            .filter(|link| wanted(self.verdicts.get(link).map(|judged| judged.verdict.state)))
            .collect();
        self.dirty.extend(links);
    }
}

/// Whether members or replication partners follow from this section.
const fn moves(kind: SectionKind) -> bool {
    matches!(kind, SectionKind::Host | SectionKind::Directory | SectionKind::Replication)
}
