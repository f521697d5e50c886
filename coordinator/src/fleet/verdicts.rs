//! Taking verdicts into the view.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

use epmesh_common::{
    diagnosis::{Cause, Link, Verdict},
    facts::{DnsName, Timestamp},
};

use super::{Transition, View, view::Judged};

impl View {
    /// Takes up to `most` of the links that have to be judged, those from one source one after the
    /// other.
    pub fn take_dirty(&mut self, most: usize) -> Vec<Link> {
        self.dirty.take(most)
    }

    /// Takes the verdict on a link in, unless the link is no longer watched. Returns the transition if
    /// the state or the cause became another.
    pub fn record_verdict(
        &mut self,
        link: &Link,
        verdict: impl Into<Box<Verdict>>,
        now: Timestamp,
    ) -> Option<Transition> {
        let verdict = verdict.into();
        if !self.is_watched(&link.destination, &link.source) {
            return None;
        }
        let (state, cause) = (verdict.state, verdict.cause);
        self.note_long_answers(link, &verdict);
        let held = self.verdicts.entry(link.clone());
        let known = match &held {
            Entry::Occupied(known) => Some(known.get()),
            Entry::Vacant(_) => None,
        };
        let before = known.map(|known| known.verdict.state);
        let same = known.filter(|one| one.verdict.state == state && one.verdict.cause == cause);
        let (is_same, looked) = (same.is_some(), verdict.works.at.unwrap_or(now));
        // After a start the trouble is as old as the stored look. If it were younger, what worked shortly
        // before would not contradict a fault, and two blocked paths would be one dead domain controller
        // until all have looked again.
        let first = || {
            let seen = self.dcs.get(&link.destination)?.observations.get(&link.source)?;
            Some(seen.first.min(looked)).filter(|_| known.is_none())
        };
        let since = same.map(|known| known.since).or_else(first).unwrap_or(looked).min(now);
        self.grouper.put(link, &verdict, since);
        held.insert_entry(Judged { verdict, at: now, since });
        (!is_same).then(|| Transition { link: link.clone(), before, state, cause, at: now })
    }

    /// Notes whether long answers arrive on a link. A look that did not ask for one says nothing.
    fn note_long_answers(&mut self, link: &Link, verdict: &Verdict) {
        if verdict.cause == Cause::LargePacketsLost {
            let lost = self.long_answers_lost.entry(link.source.clone()).or_default();
            self.moved |= lost.insert(link.destination.clone());
        } else if verdict.works.large {
            self.forget_lost_answers(link);
        }
    }

    /// Forgets that long answers were lost on a link.
    pub(super) fn forget_lost_answers(&mut self, link: &Link) {
        let Some(lost) = self.long_answers_lost.get_mut(&link.source) else { return };
        self.moved |= lost.remove(&link.destination);
        if lost.is_empty() {
            self.long_answers_lost.remove(&link.source);
        }
    }

    /// As [`View::record_verdict`], with a verdict for each of `links`. The links of one destination are
    /// taken one after the other: that is the order in which the grouper keeps them, and the next one is
    /// found beside the last.
    pub fn record_verdicts(
        &mut self,
        links: &[Link],
        verdicts: Vec<Box<Verdict>>,
        now: Timestamp,
    ) -> Vec<Transition> {
        let mut places: HashMap<&DnsName, usize> = HashMap::new();
        let mut groups: Vec<Vec<(&Link, Box<Verdict>)>> = Vec::new();
        for (link, verdict) in links.iter().zip(verdicts) {
            let place = *places.entry(&link.destination).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push((link, verdict)),
                None => groups.push(vec![(link, verdict)]),
            }
        }
        let judged = groups.into_iter().flatten();
        judged.filter_map(|(link, verdict)| self.record_verdict(link, verdict, now)).collect()
    }

    /// Has every link judged anew whose verdict is older than `age`, so that verdicts do not outlive
    /// their evidence, and has the known domain controllers worked out anew.
    pub fn sweep(&mut self, now: Timestamp, age: Duration) {
        self.moved = true;
        self.names.forget_unheld();
        let old = now.minus(age);
        // A verdict that is later than now was given before the clock was put back; its age is unknown.
        let is_due = |at: Timestamp| at <= old || at > now;
        let due = self.verdicts.iter().filter(|(_, judged)| is_due(judged.at));
        self.dirty.extend(due.map(|(link, _)| link.clone()));
    }
}
