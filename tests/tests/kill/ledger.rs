//! The reports that one agent has sent, and those that were acknowledged: what the coordinator must
//! hold.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, Result, bail, ensure};
use epmesh_common::facts::{Digest, Report, StatementKey};

/// The statements that a coordinator holds of an agent.
pub(crate) type Held = BTreeMap<StatementKey, Digest>;

/// The reports of one agent.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The highest number made.
    pub(crate) made: u64,
    /// The highest number acknowledged.
    pub(crate) acknowledged: u64,
    /// Made and not acknowledged, in order.
    pending: VecDeque<Report>,
    /// The last number and digest of every subject in an acknowledged report.
    durable: BTreeMap<StatementKey, (u64, Digest)>,
}

impl Ledger {
    /// Notes a report as made; it counts as sent from now on.
    pub(crate) fn push(&mut self, report: Report) {
        self.made = report.sequence;
        self.pending.push_back(report);
    }

    pub(crate) fn pending(&self) -> &VecDeque<Report> {
        &self.pending
    }

    /// Takes an acknowledgement in; returns how many reports it covers.
    pub(crate) fn acknowledge(&mut self, sequence: u64) -> Result<u64> {
        let oldest = self.pending.front().map(|report| report.sequence);
        ensure!(
            oldest.is_some_and(|oldest| oldest <= sequence) && sequence <= self.made,
            "report {sequence} was acknowledged, {oldest:?} to {} are open",
            self.made
        );
        let before = self.pending.len();
        while self.pending.front().is_some_and(|report| report.sequence <= sequence) {
            let report = self.pending.pop_front().context("it was just there")?;
            for statement in report.statements {
                self.durable.insert(statement.subject, (report.sequence, statement.digest));
            }
        }
        self.acknowledged = sequence;
        Ok(u64::try_from(before - self.pending.len())?)
    }

    /// Checks what the coordinator holds after a restart, before anything more is sent; returns
    /// the number of the newest report of which it holds something.
    ///
    /// Every body must be of the last acknowledged report with that subject or of a later one. Of
    /// a report that was not acknowledged a part may be there; but reports are taken in one after
    /// the other, so of those before it everything must be.
    pub(crate) fn check(&self, held: &Held) -> Result<u64> {
        let (mut numbers, mut newest) = (BTreeMap::new(), 0);
        for (subject, digest) in held {
            let known = self.states(subject).filter(|(_, stated)| stated == digest);
            let known: Vec<_> = known.map(|(number, _)| number).collect();
            // A body that does not change may be of any of them.
            let (Some(first), Some(last)) = (known.iter().min(), known.iter().max()) else {
                let states: Vec<_> = self.states(subject).collect();
                bail!("{subject} is held as {digest:?}, none of {states:?}");
            };
            newest = newest.max(*first);
            numbers.insert(subject, *last);
        }
        let whole = self.acknowledged.max(newest.saturating_sub(1));
        for subject in self.subjects() {
            let states = self.states(subject).filter(|(number, _)| *number <= whole);
            let Some((wanted, _)) = states.max_by_key(|(number, _)| *number) else { continue };
            let found = numbers.get(subject).copied();
            ensure!(
                found.is_some_and(|found| found >= wanted),
                "{subject} is held of report {found:?}, must be of {wanted} or later; \
                 {} is acknowledged, {newest} the newest held",
                self.acknowledged
            );
        }
        Ok(newest)
    }

    fn subjects(&self) -> impl Iterator<Item = &StatementKey> {
        let pending = self.pending.iter().flat_map(|report| &report.statements);
        self.durable.keys().chain(pending.map(|statement| &statement.subject))
    }

    /// The numbers and digests under which a subject may be held.
    fn states(&self, subject: &StatementKey) -> impl Iterator<Item = (u64, Digest)> {
        let durable = self.durable.get(subject).copied();
        let pending = self.pending.iter().flat_map(move |report| {
            let statements = report.statements.iter();
            let of_it = statements.filter(move |statement| statement.subject == *subject);
            of_it.map(|statement| (report.sequence, statement.digest))
        });
        durable.into_iter().chain(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bodies::Forest;

    /// Ten reports of one agent, the first six acknowledged.
    fn ledger() -> (Vec<Report>, Ledger) {
        let forest = Forest::new(4).expect("a forest");
        let reports: Vec<_> =
            (1..=10).map(|number| forest.report(0, number).expect("a report")).collect();
        let mut ledger = Ledger::default();
        reports.iter().for_each(|report| ledger.push(report.clone()));
        assert_eq!(ledger.acknowledge(6).expect("it is open"), 6);
        (reports, ledger)
    }

    fn held(reports: &[Report]) -> Held {
        let statements = reports.iter().flat_map(|report| &report.statements);
        statements.map(|statement| (statement.subject.clone(), statement.digest)).collect()
    }

    #[test]
    fn what_was_acknowledged_and_what_came_after_is_right() {
        let (reports, ledger) = ledger();
        for count in 6..=10 {
            let newest = ledger.check(&held(&reports[..count])).expect("nothing is missing");
            assert_eq!(newest, count as u64);
        }
    }

    #[test]
    fn what_is_older_or_foreign_or_missing_is_found() {
        let (reports, ledger) = ledger();
        assert!(ledger.check(&held(&reports[..5])).is_err(), "report 6 was acknowledged");
        assert!(ledger.check(&Held::new()).is_err());
        let mut one_missing = held(&reports[..6]);
        let subject = one_missing.keys().next_back().cloned().expect("a subject");
        one_missing.remove(&subject);
        assert!(ledger.check(&one_missing).is_err());
        let mut foreign = held(&reports[..6]);
        foreign.insert(subject, Digest([7; 16]));
        assert!(ledger.check(&foreign).is_err());
        // Something of report 9 is there, but nothing of report 8.
        let mut gap = held(&reports[..7]);
        gap.extend(held(&reports[8..9]));
        assert!(ledger.check(&gap).is_err());
    }

    #[test]
    fn acknowledgements_are_for_what_is_open() {
        let (_, mut ledger) = ledger();
        assert!(ledger.acknowledge(6).is_err());
        assert!(ledger.acknowledge(11).is_err());
        assert_eq!(ledger.acknowledge(7).expect("it is open"), 1);
    }
}
