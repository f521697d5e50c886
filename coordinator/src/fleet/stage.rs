//! Working out what a report changes. It is staged first ([`View::stage`]), then written to the store, and
//! only then becomes part of the view ([`View::apply`]).

use std::{collections::BTreeMap, time::Duration};

use epmesh_common::{
    facts::{
        Body, DcFacts, DnsName, Report, Section, SectionKind, Statement, StatementKey, Timestamp,
    },
    shared::Shared,
};

use super::{
    Acknowledged, History, MapReading, Staged, StagedBody, View, answers::Answer, corrected,
    dc::Dc, limits::MOST_PEERS,
};

impl View {
    /// Works out what a report changes that was `sent` by the agent's clock and `received` by the
    /// coordinator's. The view stays as it is.
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
        staged.finish_stamps(known);
        // If the body of a new map has not come, only the map before it is known. That one was not read
        // now, and says nothing about the present process.
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

    fn finish_stamps(&mut self, known: &Dc) {
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
                after.restate_section(*kind, *at, Duration::MAX);
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
