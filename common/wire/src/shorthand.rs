//! "Still so" in a few bytes.
//!
//! Most statements say that nothing has changed, and a subject with its digest has 40 bytes or more. So
//! the sender gives each subject a number, its handle, with the first statement on it in a session; from
//! then on, "what handle 7 stood for is so at this time" is enough. A handle stands for a subject and the
//! digest last stated with it, in this session alone: a new session begins with none, and a
//! report that is spooled on disk never holds one. The receiver offers how many it remembers; one of an earlier version
//! offers none and gets none.

use std::collections::{HashMap, HashSet};

use epmesh_facts::{Digest, Report, Statement, StatementKey};
use epmesh_proto::v1 as proto;
use thiserror::Error;

use super::{limits, reader::Wire, statement::head};

/// The sender's side of a session.
#[derive(Debug, Default)]
pub struct Shorthand {
    most: u32,
    given: HashMap<StatementKey, (u32, Digest)>,
}

impl Shorthand {
    /// For a receiver that remembers this many handles.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self { most: most.min(limits::HANDLES), given: HashMap::new() }
    }

    /// The report on the wire. To be sent in this order: what one report says is used by the next.
    #[must_use]
    pub fn report(&mut self, report: &Report) -> proto::Report {
        let mut wired = head(report);
        // What is said twice in one report is said in its order, which only statements keep.
        let (mut once, mut twice) = (HashSet::new(), HashSet::new());
        for statement in &report.statements {
            if !once.insert(&statement.subject) {
                twice.insert(&statement.subject);
            }
        }
        for statement in &report.statements {
            let single = !twice.contains(&statement.subject);
            match self.still(statement, report).filter(|_| single) {
                Some((handle, ago)) => {
                    wired.still.push(handle);
                    wired.still_ago_ms.push(ago);
                }
                None => {
                    let handle = self.give(statement);
                    wired.statements.push(proto::Statement { handle, ..statement.encode() });
                }
            }
        }
        wired
    }

    /// The handle that says this statement, and how long before the report it was made.
    fn still(&self, statement: &Statement, report: &Report) -> Option<(u32, u32)> {
        if statement.body.is_some() {
            return None;
        }
        let (handle, digest) = self.given.get(&statement.subject)?;
        let ago = report.at.as_millis().checked_sub(statement.at.as_millis())?;
        (*digest == statement.digest).then_some((*handle, u32::try_from(ago).ok()?))
    }

    /// The handle of the statement's subject, which stands for its digest from now on; 0 for none.
    fn give(&mut self, statement: &Statement) -> u32 {
        let next = u32::try_from(self.given.len()).unwrap_or(u32::MAX).saturating_add(1);
        match self.given.get_mut(&statement.subject) {
            Some((handle, digest)) => {
                *digest = statement.digest;
                *handle
            }
            None if next <= self.most => {
                self.given.insert(statement.subject.clone(), (next, statement.digest));
                next
            }
            None => 0,
        }
    }
}

/// The receiver's side of a session.
#[derive(Debug, Default)]
pub struct Longhand {
    given: HashMap<u32, (proto::Subject, Vec<u8>)>,
}

/// A report uses handles in a way that nothing can be made of. The two sides do not mean the same any
/// more: the session has to begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ShorthandError {
    /// Nothing was said with it before.
    #[error("the handle {0} was not given in this session")]
    Unknown(u32),
    /// The handle cannot be remembered.
    #[error("the handle {0} cannot be given")]
    NotGiven(u32),
    /// The times are not as many as the handles, or too many.
    #[error("{handles} handles with {times} times, at most {}", limits::STATEMENTS)]
    Count {
        /// The handles.
        handles: usize,
        /// The times.
        times: usize,
    },
}

impl Longhand {
    /// Writes out what `report` says by handles, as statements without bodies behind the others.
    ///
    /// # Errors
    /// When it uses a handle that was not given, or gives one that cannot be.
    pub fn expand(&mut self, report: &mut proto::Report) -> Result<(), ShorthandError> {
        for statement in &report.statements {
            self.take(statement)?;
        }
        let still = std::mem::take(&mut report.still);
        let ago = std::mem::take(&mut report.still_ago_ms);
        if still.len() != ago.len() || still.len() > limits::STATEMENTS {
            return Err(ShorthandError::Count { handles: still.len(), times: ago.len() });
        }
        report.statements.reserve(still.len());
        for (handle, ago) in still.into_iter().zip(ago) {
            let (subject, digest) =
                self.given.get(&handle).ok_or(ShorthandError::Unknown(handle))?;
            report.statements.push(proto::Statement {
                subject: Some(subject.clone()),
                at_ms: report.at_ms.saturating_sub(u64::from(ago)),
                digest: digest.clone(),
                body: None,
                handle: 0,
            });
        }
        Ok(())
    }

    fn take(&mut self, statement: &proto::Statement) -> Result<(), ShorthandError> {
        use proto::subject::Subject as Case;
        let handle = statement.handle;
        if handle == 0 {
            return Ok(());
        }
        // Only the sizes are looked at here. What the subject means is left to its decoder, and a
        // subject that this version does not know is refused there each time, by itself.
        let subject = statement.subject.as_ref().filter(|subject| match &subject.subject {
            Some(Case::Peer(peer)) => peer.len() <= limits::TEXT_BYTES,
            Some(Case::Own(_)) | None => true,
        });
        match subject {
            Some(subject) if handle <= limits::HANDLES && statement.digest.len() == 16 => {
                self.given.insert(handle, (subject.clone(), statement.digest.clone()));
                Ok(())
            }
            _ => Err(ShorthandError::NotGiven(handle)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::{Received, testing};
    use epmesh_facts::{DnsName, SectionKind, Timestamp};

    fn peer(number: usize) -> DnsName {
        format!("dc{number:02}.a-usual-name.example.com").parse().expect("a name")
    }

    fn still(subject: StatementKey, digest: u8, at: u64) -> Statement {
        let at = Timestamp::from_millis(at);
        Statement { subject, at, digest: Digest([digest; 16]), body: None, stated: None }
    }

    fn report(statements: Vec<Statement>, at: u64) -> Report {
        let at = Timestamp::from_millis(at);
        Report { sequence: 7, at, statements, dropped: 0, notes: Vec::new() }
    }

    fn sorted(mut report: Report) -> Report {
        report.statements.sort_by_key(|statement| format!("{statement:?}"));
        report
    }

    fn received(report: proto::Report) -> Report {
        let received = Received::try_from(report).expect("it can be read");
        assert_eq!(received.refused, []);
        received.report
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is said, in whatever order, comes out as it would have without handles.
        #[test]
        fn what_is_said_shortly_is_said(
            reports in proptest::collection::vec(testing::report(), 1..3),
            plain in proptest::collection::vec(
                proptest::collection::vec((0_usize..5, 0_u8..3, 0_u64..99_999), 0..8), 0..6),
            most in 0_u32..9,
            at in 50_000_u64..90_000,
        ) {
            let plain = plain.into_iter().map(|all| {
                let all = all.into_iter().map(|(subject, digest, at)| {
                    still(StatementKey::Peer(peer(subject)), digest, at)
                });
                report(all.collect(), at)
            });
            let (mut short, mut long) = (Shorthand::new(most), Longhand::default());
            let bodies = reports.clone();
            for report in bodies.into_iter().chain(plain).chain(reports) {
                let mut wired = short.report(&report);
                prop_assert!(long.expand(&mut wired).is_ok());
                let direct = received(crate::report(&report));
                prop_assert_eq!(sorted(received(wired)), sorted(direct));
            }
        }

        /// Nothing that can be decoded makes the receiver panic or remember without bound.
        #[test]
        fn any_report_is_taken_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..256),
            handles in proptest::collection::vec(any::<u32>(), 0..9),
        ) {
            let mut long = Longhand::default();
            if let Ok(mut report) = proto::Report::decode(bytes.as_slice()) {
                let _ = long.expand(&mut report);
            }
            let ago = vec![u32::MAX; handles.len()];
            let mut report = proto::Report { still: handles, still_ago_ms: ago, ..proto::Report::default() };
            let empty = report.still.is_empty();
            prop_assert_eq!(long.expand(&mut report).is_ok(), empty);
            prop_assert!(long.given.is_empty());
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let mut long = Longhand::default();
        let of = |handle: u32, digest: usize| proto::Statement {
            subject: Some(Wire::encode(&StatementKey::Own(SectionKind::Host))),
            digest: vec![0; digest],
            handle,
            ..proto::Statement::default()
        };
        let with = |statement| proto::Report { statements: vec![statement], ..Default::default() };
        let most = limits::HANDLES;
        assert_eq!(long.expand(&mut with(of(1, 15))), Err(ShorthandError::NotGiven(1)));
        let beyond = long.expand(&mut with(of(most + 1, 16)));
        assert_eq!(beyond, Err(ShorthandError::NotGiven(most + 1)));
        assert_eq!(long.expand(&mut with(of(most, 16))), Ok(()));
        let mut uneven = proto::Report { still: vec![most], ..Default::default() };
        let uneven = long.expand(&mut uneven);
        assert_eq!(uneven, Err(ShorthandError::Count { handles: 1, times: 0 }));
    }

    /// Fifty peers and all sections, which have not changed.
    #[test]
    fn a_steady_minute_is_small() {
        let subjects: Vec<StatementKey> = SectionKind::ALL
            .into_iter()
            .map(StatementKey::Own)
            .chain((0..50).map(peer).map(StatementKey::Peer))
            .collect();
        let minute = |at: u64| {
            let all = subjects.iter().zip(0_u64..);
            report(all.map(|(it, ms)| still(it.clone(), 1, at - 61 * ms)).collect(), at)
        };
        let (first, second) = (1_763_685_712_000, 1_763_685_772_000);
        let mut short = Shorthand::new(limits::HANDLES);
        let before = short.report(&minute(first)).encoded_len();
        let after = short.report(&minute(second)).encoded_len();
        println!("a steady minute of {}: {before} bytes, then {after}", subjects.len());
        assert!(after <= 4 * subjects.len(), "{after} bytes");
    }
}
