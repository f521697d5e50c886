//! Name resolution leads the destination elsewhere.

mod alias;
mod blame;
mod disagree;

use self::blame::{blame, mapping};
pub(super) use self::{
    alias::{alias_astray, alias_missing, alias_name},
    disagree::{disagreement, unsettled},
};
use super::{
    Cause, Confidence, Side,
    case::Case,
    decide::error_at,
    finding::Finding,
    naming::{Alias, View},
    owner::Owner,
    path::Path,
};
use crate::facts::Source;

/// The source of names that decides gives an address that is not the source's.
pub(super) fn by(case: &Case<'_>, views: &[View<'_>], view: &View<'_>) -> Option<Finding> {
    let (address, line, name) = view.wrong(case).next()?;
    let path = case.path(address);
    let error = error_at(&path);
    if case.owns(address) {
        // The record is right, and somebody else answers there.
        let name = name.unwrap_or_else(|| "somebody else".to_owned());
        return Some(
            Finding::failing(Cause::WrongServerIdentity, Side::Network, error)
                .culprit(
                    "address",
                    format!("{address}, an address of {}", case.source()),
                    format!("{name} answers there: two hosts have it, or it is translated"),
                )
                .sure(Confidence::Likely),
        );
    }
    // A cache that holds what a server says is not at fault.
    let holds = |other: &&View<'_>| other.addresses.iter().any(|(known, _)| *known == address);
    let behind = views.iter().find(|other| other.is_dns() && holds(other));
    let view = if view.source == Source::Cache { behind.unwrap_or(view) } else { view };
    let cause = match &path {
        Path::Reached(_) if !is_mixed(case, view) => Cause::WrongServerIdentity,
        _ => record_cause(case, view),
    };
    let finding = Finding::failing(cause, Side::NameResolution, error);
    let finding = blame(finding, case, views, view, address, line, name.as_deref());
    Some(share(finding.sure(confidence(case, &path)), case, views, view))
}

/// Whether it gives right addresses beside wrong ones.
fn is_mixed(case: &Case<'_>, view: &View<'_>) -> bool {
    view.addresses.iter().any(|(known, _)| case.owner(*known) == Owner::Source)
}

/// What is wrong with what it holds, whoever answers there.
fn record_cause(case: &Case<'_>, view: &View<'_>) -> Cause {
    match mapping(case, view) {
        Cause::DnsAStale if is_mixed(case, view) => Cause::DnsADuplicate,
        mapping => mapping,
    }
}

/// How many of the addresses are wrong, where others are right; else how many of the DNS servers.
fn share(finding: Finding, case: &Case<'_>, views: &[View<'_>], view: &View<'_>) -> Finding {
    if is_mixed(case, view) {
        return finding.share(view.wrong(case).count(), view.addresses.len(), "addresses");
    }
    if !view.is_dns() {
        return finding;
    }
    let dns = || views.iter().filter(|other| other.is_dns());
    let wrong = dns().filter(|other| other.wrong(case).next().is_some()).count();
    let right = dns().filter(|other| other.is_right(case)).count();
    finding.share(wrong, wrong + right, "DNS servers")
}

/// Another source of names than the one that decides is wrong: the link works, until the order
/// changes.
pub(super) fn elsewhere(
    case: &Case<'_>,
    views: &[View<'_>],
    effective: &View<'_>,
) -> Option<Finding> {
    for view in views.iter().filter(|view| view.source != effective.source) {
        if let Some((address, line, name)) = view.wrong(case).next()
            && !case.owns(address)
            && view.source != Source::System
        {
            let path = case.path(address);
            let cause = record_cause(case, view);
            let finding = Finding::failing(cause, Side::NameResolution, error_at(&path));
            let finding = blame(finding, case, views, view, address, line, name.as_deref());
            let finding = finding.sure(confidence(case, &path)).latent();
            return Some(share(finding, case, views, view));
        }
        if view.is_dns() && *view.alias == Alias::Missing {
            return Some(alias_missing(case, views).latent());
        }
    }
    disagreement(case, views).or_else(|| disagree::conflict(case, views)).map(Finding::latent)
}

/// Proven when the source says which addresses are its own *and* somebody else answered there. An
/// address that is silent could still be a translated one that leads to the source.
fn confidence(case: &Case<'_>, path: &Path<'_>) -> Confidence {
    let answered = !matches!(path, Path::Unreached(_) | Path::NotSeen);
    match (case.source_addresses(), answered) {
        (Some(_), true) => Confidence::Proven,
        (Some(_), false) | (None, true) => Confidence::Likely,
        (None, false) => Confidence::Possible,
    }
}
