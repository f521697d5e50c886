//! The verdicts on the links, into the view.

use std::{collections::hash_map::Entry, time::Duration};

use epmesh_common::{
    diagnosis::{Link, Verdict},
    facts::Timestamp,
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
    pub fn judge(&mut self, link: &Link, verdict: Verdict, now: Timestamp) -> Option<Transition> {
        if !self.is_watched(&link.destination, &link.source) {
            return None;
        }
        let looked = verdict.shown.at.unwrap_or(now);
        let (state, cause, interface) = (verdict.state, verdict.cause, verdict.interface.clone());
        let before = match self.verdicts.entry(link.clone()) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                let before = known.verdict.state;
                if before == state && known.verdict.cause == cause {
                    self.grouper.put(link, &verdict, known.since);
                    (known.verdict, known.at) = (verdict, now);
                    return None;
                }
                self.grouper.put(link, &verdict, looked);
                *known = Judged { verdict, at: now, since: looked };
                Some(before)
            }
            Entry::Vacant(place) => {
                self.grouper.put(link, &verdict, looked);
                place.insert(Judged { verdict, at: now, since: looked });
                None
            }
        };
        Some(Transition { link: link.clone(), interface, before, state, cause, at: now })
    }

    /// As [`View::judge`], with a verdict for each of `links`: in the order of the destinations, in which
    /// links are held where they are grouped and the next is found beside the last.
    pub fn judge_each(
        &mut self,
        links: &[Link],
        verdicts: Vec<Verdict>,
        now: Timestamp,
    ) -> Vec<Transition> {
        let mut verdicts: Vec<Option<Verdict>> = verdicts.into_iter().map(Some).collect();
        let mut order: Vec<_> = links.iter().zip(&mut verdicts).collect();
        order.sort_by_key(|(link, _)| *link);
        let judged = order.into_iter();
        judged.filter_map(|(link, verdict)| self.judge(link, verdict.take()?, now)).collect()
    }

    /// Touches every link whose verdict is older than `age`, so that verdicts do not outlive their
    /// evidence, and has who is known worked out anew.
    pub fn sweep(&mut self, now: Timestamp, age: Duration) {
        self.moved = true;
        self.names.forget_unheld();
        let old = now.minus(age);
        let due = self.verdicts.iter().filter(|(_, judged)| judged.at <= old);
        self.touched.extend(due.map(|(link, _)| link.clone()));
    }
}
