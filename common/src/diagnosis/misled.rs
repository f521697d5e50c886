//! Name resolution leads the destination elsewhere.

mod alias;
mod blame;
mod disagree;
mod silent;

use self::blame::{blame, mapping};
pub(super) use self::{
    alias::{alias_astray, alias_missing, alias_name, alias_twice},
    disagree::{disagreement, unsettled},
    silent::astray_in_silence,
};
use std::net::IpAddr;

use epmesh_facts::Source;

use super::{
    Cause, Confidence, Side,
    case::Case,
    decide::{error_at, goes_on, has_no_way},
    finding::Finding,
    naming::{Alias, View},
    owner::Owner,
    path::Path,
    sight::Mapped,
};

/// The source of names that decides gives an address that is not the source's.
pub(super) fn by(case: &Case<'_>, views: &[View<'_>], view: &View<'_>) -> Option<Finding> {
    // Of several, the one that stops the destination, not one from which it goes on to the next; and
    // what is known to be wrong before what may be the source itself.
    let stops = |wrong: &(IpAddr, Option<u32>, Option<String>)| !goes_on(&case.path(wrong.0));
    let is_known = |wrong: &(IpAddr, Option<u32>, Option<String>)| {
        case.owns(wrong.0) || !may_be_source(&case.path(wrong.0), wrong.2.as_deref())
    };
    let (address, line, name) = view
        .wrong(case)
        .find(|wrong| stops(wrong) && is_known(wrong))
        .or_else(|| view.wrong(case).find(stops))
        .or_else(|| view.wrong(case).next())?;
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
    if may_be_source(&path, name.as_deref()) {
        return Some(Finding::unknown(format!(
            "who answers at {address}, where the name leads: it has the interface, no domain \
             controller says that the address is its own, and nobody there said a name"
        )));
    }
    let cause = match path {
        Path::Reached(_) if !is_mixed(case, view) => Cause::WrongServerIdentity,
        _ => record_cause(case, view),
    };
    let finding = Finding::failing(cause, Side::NameResolution, error);
    let sure = confidence(case, &path, address, name.as_deref());
    let finding = blame(finding, case, views, view, address, line, name.as_deref());
    let finding = share(finding.sure(sure), case, views, view);
    // Every wrong one is silent, and a right one leads through: it takes longer, and works.
    let leads_through = |mapped: &Mapped| {
        case.owner(mapped.0) == Owner::Source && matches!(case.path(mapped.0), Path::Reached(_))
    };
    let works = goes_on(&path) && view.addresses.iter().any(leads_through);
    Some(if works { finding.latent() } else { finding })
}

/// Whether an address that the source does not own may lead to it all the same: behind address
/// translation what has the interface there, and says no name, may be the source, which then serves.
const fn may_be_source(path: &Path<'_>, name: Option<&str>) -> bool {
    matches!(path, Path::Reached(_)) && name.is_none()
}

/// Everything wrong that one source of names holds, whether it decides or not.
pub(super) fn wrongs(case: &Case<'_>, views: &[View<'_>], view: &View<'_>) -> Vec<Finding> {
    let cause = record_cause(case, view);
    let wrong = view.wrong(case).filter(|(address, ..)| !case.owns(*address));
    let finding = |(address, line, name): (IpAddr, Option<u32>, Option<String>)| {
        let path = case.path(address);
        let finding = Finding::failing(cause, Side::NameResolution, error_at(&path));
        let sure = confidence(case, &path, address, name.as_deref());
        blame(finding, case, views, view, address, line, name.as_deref()).sure(sure)
    };
    wrong.map(finding).collect()
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
        // One that the destination has no way to is none that it tries.
        let is_tried = |address: IpAddr| !has_no_way(case, address, &case.path(address));
        let tried = view.addresses.iter().filter(|mapped| is_tried(mapped.0)).count();
        let wrong = view.wrong(case).filter(|wrong| is_tried(wrong.0)).count();
        return finding.share(wrong, tried, "addresses");
    }
    if !view.is_dns() {
        return finding;
    }
    let of_aliases = (mapping(case, view) == Cause::DnsCnameWrong).then(|| alias_twice(case));
    if let Some(share) = of_aliases.flatten().and_then(|twice| twice.intermittent) {
        return Finding { intermittent: Some(share), ..finding };
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
            let sure = confidence(case, &path, address, name.as_deref());
            let finding = finding.sure(sure).latent();
            return Some(share(finding, case, views, view));
        }
        if view.is_dns() && *view.alias == Alias::Missing {
            return Some(alias_missing(case, views).latent());
        }
    }
    alias_twice(case)
        .or_else(|| disagreement(case, views))
        .or_else(|| disagree::conflict(case, views))
        .map(Finding::latent)
}

/// Proven when the source says which addresses are its own *and* somebody else answered there, under a
/// name. An address that is silent, or whose host does not say who it is, could still be a translated one
/// that leads to the source, the more so where it has the interface; and one that is translated to another
/// domain controller need not be meant for that one.
fn confidence(case: &Case<'_>, path: &Path<'_>, address: IpAddr, name: Option<&str>) -> Confidence {
    let answered = !matches!(path, Path::Unreached(_) | Path::NotSeen);
    let named = name.is_some_and(|name| !is_translated(case, address, name));
    match (case.source_addresses(), answered) {
        _ if may_be_source(path, name) => Confidence::Possible,
        (Some(_), true) if named => Confidence::Proven,
        (Some(_), _) | (None, true) => Confidence::Likely,
        (None, false) => Confidence::Possible,
    }
}

/// The word for it in a culprit.
pub(super) const TRANSLATED: &str = "it is translated";

/// Whether a domain controller answers at an address that it does not have, by its own word.
pub(super) fn is_translated(case: &Case<'_>, address: IpAddr, name: &str) -> bool {
    let owners = &case.evidence.owners;
    let speaks = || owners.values().any(|owner| owner.as_str().eq_ignore_ascii_case(name));
    !owners.contains_key(&address) && speaks()
}
