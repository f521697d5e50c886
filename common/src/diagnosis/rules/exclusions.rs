//! Findings that decide nothing: on links that nothing may need.

use epmesh_facts::Directory;
use uuid::Uuid;

use super::{
    super::{
        case::Case,
        cause::{Cause, Confidence, Side, State},
        culprit::Culprit,
    },
    finding::Finding,
    missing::Missing,
    server,
};

/// The finding; or that it cannot be said, where it is not known that anything needs the link.
pub(super) fn apply(case: &Case<'_>, finding: Finding) -> Finding {
    let finding = match finding {
        found if leads_nowhere(&found) && case.destination_platform().is_none() => {
            alias_may_be_needed(case)
        }
        found => found,
    };
    if !matches!(finding.state, State::Failing | State::Latent) {
        return finding;
    }
    if may_be_of_another_forest(case) {
        return Finding::unknown(Missing::Forest);
    }
    if case.is_between_forests() {
        return Finding::unknown(Missing::NeedBetweenForests);
    }
    // No domain controller pulls from a read-only one: whether one could does not matter.
    if case.is_read_only_source() {
        return Finding::unknown(Missing::NeedOfReadOnly);
    }
    if may_be_cut_on_purpose(case, &finding) {
        return Finding::unknown(Missing::NeedOfPath);
    }
    finding
}

/// Whether the finding is on a path between two sites that may be closed on purpose: no replication takes it.
pub(super) fn may_be_cut_on_purpose(case: &Case<'_>, finding: &Finding) -> bool {
    let is_cut = matches!(finding.cause, Cause::EpmUnreachable | Cause::DynamicPortBlocked);
    is_cut && finding.side == Side::Network && has_no_connection(case)
}

/// Whether the finding is on an alias that is missing, or that names a host without an address.
fn leads_nowhere(finding: &Finding) -> bool {
    let is_dead = || {
        let record = finding.culprit.as_deref().and_then(Culprit::record);
        record.is_some_and(|record| record.trouble.is_dead_alias())
    };
    finding.cause == Cause::DnsCnameMissing || is_dead()
}

/// The finding where the alias leads nowhere, and the destination has not said what it is. Windows does without the
/// alias, and between forests nothing needs it. A source that serves nobody stops either platform.
fn alias_may_be_needed(case: &Case<'_>) -> Finding {
    if let Some(lost) = server::does_not_serve(case) {
        let sure = lost.confidence.min(Confidence::Likely);
        return lost.sure(sure);
    }
    Finding::unknown(Missing::NeedOfAlias)
}

/// Whether the destination replicates from others and not from the source, which is in another
/// site. A destination that says that it replicates from nobody may not have begun.
fn has_no_connection(case: &Case<'_>) -> bool {
    let rows = case.destination_replication().and_then(|held| held.neighbours.value());
    let rows = rows.map(Vec::as_slice).unwrap_or_default();
    let apart = case.is_between_sites() == Some(true);
    let is_source = |guid: Uuid| rows.iter().any(|row| row.source == guid);
    let others_only = case.source_guid().is_some_and(|guid| !is_source(guid));
    case.is_replication() && !rows.is_empty() && apart && others_only
}

/// Whether the link is replication from a source of which nothing says that it is in the destination's forest:
/// the source has said nothing itself, and the destination's directory, which was read, has no such server.
fn may_be_of_another_forest(case: &Case<'_>) -> bool {
    let stated = case.evidence.source.host.as_ref();
    let is_silent = stated.is_none_or(|host| host.fact.forest.value().is_none());
    let is_read =
        |copy: &Directory| copy.settings.value().is_some() && !copy.holds_unread_settings();
    case.is_replication()
        && is_silent
        && case.destination_directory().is_some_and(is_read)
        && case.known_settings().is_none()
        && !case.answered_guid().is_some_and(|guid| case.destination_knows(guid))
}
