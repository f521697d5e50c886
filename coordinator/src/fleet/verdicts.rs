//! The verdicts on the links, into the view.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

use epmesh_common::{
    diagnosis::{Link, Verdict},
    facts::{DnsName, Timestamp},
};

use super::{Transition, View, view::Judged};

impl View {
    /// Takes up to `most` of the links that changes touched, those from one source one after the
    /// other.
    pub fn take_touched(&mut self, most: usize) -> Vec<Link> {
        self.touched.take(most)
    }

    /// Puts a verdict in, unless its link is no longer watched. Says when the state or the cause
    /// became another.
    pub fn judge(
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
        let held = self.verdicts.entry(link.clone());
        let known = match &held {
            Entry::Occupied(known) => Some(known.get()),
            Entry::Vacant(_) => None,
        };
        let before = known.map(|known| known.verdict.state);
        let same = known.filter(|one| one.verdict.state == state && one.verdict.cause == cause);
        let (is_same, looked) = (same.is_some(), verdict.works.at.unwrap_or(now));
        // After a start it is not younger than the look: else what worked shortly before the last look
        // contradicted nothing, and two paths were one domain controller until all have looked again.
        let first = || {
            let seen = self.dcs.get(&link.destination)?.observations.get(&link.source)?;
            Some(seen.first.min(looked)).filter(|_| known.is_none())
        };
        let since = same.map(|known| known.since).or_else(first).unwrap_or(looked).min(now);
        self.grouper.put(link, &verdict, since);
        held.insert_entry(Judged { verdict, at: now, since });
        (!is_same).then(|| Transition { link: link.clone(), before, state, cause, at: now })
    }

    /// As [`View::judge`], with a verdict for each of `links`: those of one destination one after the other,
    /// since that is how links are held where they are grouped, and the next is found beside the last.
    pub fn judge_each(
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
        judged.filter_map(|(link, verdict)| self.judge(link, verdict, now)).collect()
    }

    /// Touches every link whose verdict is older than `age`, so that verdicts do not outlive their
    /// evidence, and has who is known worked out anew.
    pub fn sweep(&mut self, now: Timestamp, age: Duration) {
        self.moved = true;
        self.names.forget_unheld();
        let old = now.minus(age);
        // One of later than now was given before the clock was put back: how old it is nobody knows.
        let is_due = |at: Timestamp| at <= old || at > now;
        let due = self.verdicts.iter().filter(|(_, judged)| is_due(judged.at));
        self.touched.extend(due.map(|(link, _)| link.clone()));
    }
}
