//! The destination's own replication as a witness: Windows, or Samba, takes the same way as a look does.

use std::{cmp::Reverse, time::Duration};

use epmesh_facts::{Reading, Source, Timestamp};

use super::{
    super::{
        case::{Attempt, Case, WAY},
        cause::{Cause, Confidence, Side, State},
        culprit::{Culprit, RefusedReplication},
        name_source::NameSource,
        replication_error::{Bearing, Kind},
    },
    finding::Finding,
    missing::Missing,
};

/// Kerberos refuses clocks that are further apart (KB 216393 and the default policy).
const SKEW: Duration = Duration::from_secs(300);

/// Within a site this long without an attempt is too long: an agent tells the hour of one that worked while its
/// look works, and it may have been made at the end of it.
const OVERDUE: Duration = Duration::from_secs(3 * 3600);

/// How far a result of the destination's own counts beside a look that gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Relevance {
    /// The result is from before something changed, or one failure that a look before and after it did not see.
    Past,
    /// The result stands against the look.
    Stands(Confidence),
}

/// The finding, reconciled with the results of the destination's own replication.
pub(super) fn reconcile(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    finding: Finding,
) -> Finding {
    match finding.state {
        State::Failing => contradicted(case, finding),
        State::Healthy | State::Latent => refused(case, name_sources, finding),
        State::Unknown => finding,
    }
}

/// A failure, while replication got through since the look first saw it: something hits the look and not the
/// directory's process. What hits a part of the attempts alone is no contradiction.
fn contradicted(case: &Case<'_>, finding: Finding) -> Finding {
    let last = got_through_since(case).filter(|_| finding.intermittent.is_none());
    let Some(last) = last else { return finding };
    let sure = finding.confidence.min(Confidence::Likely);
    let finding = finding.sure(sure);
    if finding.missing.is_some() {
        return finding;
    }
    finding.missing(Missing::WhyItGetsThrough(last))
}

/// When the destination's last attempt got through, where that was after the look began to see what it sees.
pub(super) fn got_through_since(case: &Case<'_>) -> Option<Timestamp> {
    let (since, _) = case.looked_over()?;
    let last = case.attempts().max_by_key(|attempt| attempt.tried)?;
    // One that worked was made when it succeeded.
    let success = last.success.or(last.tried).filter(|_| last.error == 0)?;
    (success >= since.plus(WAY)).then_some(success)
}

/// The link is reached: the result that counts most of those that the destination's own replication ended
/// with, if any.
fn refused(case: &Case<'_>, name_sources: &[NameSource<'_>], finding: Finding) -> Finding {
    let failed = case.attempts().filter(|attempt| attempt.error != 0).filter_map(|attempt| {
        let kind = Kind::of(attempt.error, case.destination_platform());
        Some((relevance(case, attempt, kind)?, attempt, kind))
    });
    // Of several that count alike the first by name, so that it stays the same from attempt to attempt; 1256
    // repeats what another naming context ended with.
    let found = failed.max_by_key(|(relevance, attempt, _)| {
        (*relevance, attempt.error != 1256, Reverse(&attempt.row.naming_context))
    });
    match found {
        None => overdue(case, finding),
        Some((Relevance::Past, attempt, _)) if finding.state == State::Healthy => {
            let sure = finding.confidence.min(Confidence::Likely);
            finding.sure(sure).missing(Missing::NextAttempt { error: attempt.error })
        }
        Some((Relevance::Past, ..)) => finding,
        Some((Relevance::Stands(sure), attempt, kind)) => {
            if kind.bearing() == Bearing::Way && !names_are_read(case, name_sources) {
                let finding = Finding::unknown(Missing::NamesBeforeDns { error: attempt.error });
                return Finding { error: attempt.error, ..finding };
            }
            if kind.bearing() == Bearing::Way && is_on_the_way(&finding) {
                // What was going to break the way has broken it.
                let sure = finding.confidence.min(sure);
                return Finding {
                    state: State::Failing,
                    error: attempt.error,
                    ..finding.sure(sure)
                };
            }
            let failing = Finding::failing(
                Cause::ReplicationRefused,
                side(case, attempt, kind),
                attempt.error,
            );
            failing.sure(sure).blames(Culprit::Replication(RefusedReplication {
                destination: case.destination().clone(),
                source: case.source().clone(),
                context: attempt.row.naming_context.clone(),
                error: attempt.error,
                meaning: kind.meaning(),
                since: attempt.success,
            }))
        }
    }
}

/// Whether something on the way of the link is wrong already: a name that leads elsewhere, or an address that is cut off.
fn is_on_the_way(found: &Finding) -> bool {
    found.state == State::Latent && matches!(found.side, Side::NameResolution | Side::Network)
}

/// A link that is well, within a site, over which the destination has not replicated for hours: it pulls once an
/// hour there whether or not it is told of a change.
fn overdue(case: &Case<'_>, finding: Finding) -> Finding {
    if finding.state != State::Healthy {
        return finding;
    }
    let last = case.attempts().filter_map(|attempt| attempt.tried).max();
    match last.filter(|last| last.until(case.now) > OVERDUE) {
        Some(last) if case.is_between_sites() == Some(false) => {
            let sure = finding.confidence.min(Confidence::Likely);
            finding.sure(sure).missing(Missing::WhyNotTried(last))
        }
        _ => finding,
    }
}

/// How far a failure counts; `None` for one that says nothing.
fn relevance(case: &Case<'_>, attempt: Attempt<'_>, kind: Kind) -> Option<Relevance> {
    let bearing = kind.bearing();
    if bearing == Bearing::Passing {
        return None;
    }
    let (Some(tried), Some((since, looked))) = (attempt.tried, case.looked_over()) else {
        return Some(Relevance::Past);
    };
    let is_before = |at: Option<Timestamp>| at.is_some_and(|at| tried < at);
    let others = || case.attempts().filter(|other| other.error == 0);
    // The same way, or the same refusal, was open to another naming context since.
    let is_over = !kind.is_of_one_context() && others().any(|other| other.success > Some(tried));
    if is_over || !case.is_last_word(tried) || is_before(case.changed()) {
        return Some(Relevance::Past);
    }
    Some(match bearing {
        // Looks get through: once is a hitch.
        _ if attempt.row.failures == 1 && kind.may_be_a_hitch() => Relevance::Past,
        // A look before it and one after it got through. What is later than all looks has not been looked at.
        Bearing::Way if tried >= since.plus(WAY) && tried <= looked.plus(WAY) => {
            Relevance::Stands(Confidence::Possible)
        }
        Bearing::Way => Relevance::Past,
        // Another host may have answered then.
        _ if kind == Kind::Principal && tried < since => Relevance::Stands(Confidence::Possible),
        _ => Relevance::Stands(Confidence::Likely),
    })
}

/// The side: of clocks the one that is off, by the coordinator's; of a refusal the one that the destination's
/// other sources tell.
fn side(case: &Case<'_>, attempt: Attempt<'_>, kind: Kind) -> Side {
    match kind {
        Kind::Clock => {
            let off = |ahead: i64| Duration::from_millis(ahead.unsigned_abs()) > SKEW;
            let evidence = case.evidence;
            match (off(evidence.source.clock_ahead_ms), off(evidence.destination.clock_ahead_ms)) {
                (true, false) => Side::Source,
                (false, true) => Side::Destination,
                _ => Side::None,
            }
        }
        Kind::Denied | Kind::Rights | Kind::Principal => by_contrast(case, attempt.error),
        _ => kind.side(),
    }
}

/// The side of a refusal: the destination where every other source of it refuses in the same way, the source
/// where none of them does and one was replicated from lately.
fn by_contrast(case: &Case<'_>, error: i64) -> Side {
    let fresh = |attempt: &Attempt<'_>| {
        attempt.tried.or(attempt.success).is_some_and(|tried| case.is_last_word(tried))
    };
    let (mut same, mut well) = (0_usize, 0_usize);
    for other in case.attempts_elsewhere().filter(fresh) {
        same += usize::from(other.error == error);
        well += usize::from(other.error == 0);
    }
    match (same, well) {
        (1.., 0) => Side::Destination,
        (0, 1..) => Side::Source,
        _ => Side::None,
    }
}

/// Whether what the destination takes before DNS was read: by its agent, and by its look.
pub(super) fn names_are_read(case: &Case<'_>, name_sources: &[NameSource<'_>]) -> bool {
    let resolver = case.destination_resolver.map(|held| &held.fact);
    let is_read = resolver.is_some_and(|resolver| {
        !matches!(resolver.hosts, Reading::Unreadable(_))
            && !matches!(resolver.servers, Reading::Unreadable(_))
    });
    let before =
        |name_source: &&NameSource<'_>| matches!(name_source.kind, Source::Hosts | Source::Cache);
    let is_answered = |before: &NameSource<'_>| before.answered || !before.addresses.is_empty();
    is_read && name_sources.iter().filter(before).all(is_answered)
}
