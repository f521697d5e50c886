//! A source of names gives an address of another host.

use std::net::IpAddr;

use epmesh_facts::Source;

use super::{
    super::{
        super::{
            case::{Case, Owner, Reach, WrongAddress, error_at, goes_on, has_no_way, tried},
            cause::{Cause, Confidence, Side},
            culprit::{Culprit, OtherHost},
            name_source::{Alias, MappedAddress, NameSource},
        },
        finding::Finding,
        missing::Missing,
    },
    alias::{alias_astray, alias_missing, alias_twice},
    blame::{culprit, is_translated, mapping},
    disagree::{conflict, disagreement},
};

/// The finding where the source of names that decides gives an address of another host.
pub(in super::super) fn wrong_address(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    decides: &NameSource<'_>,
) -> Option<Finding> {
    // Of several, the one that stops the destination, not one from which it goes on to the next; and
    // what is known to be wrong before what may be the source itself.
    let stops = |wrong: &WrongAddress| !goes_on(&case.reach(wrong.address));
    let is_known = |wrong: &WrongAddress| {
        case.owns(wrong.address) || !may_be_source(&case.reach(wrong.address), wrong)
    };
    let wrong = decides
        .wrong(case)
        .find(|wrong| stops(wrong) && is_known(wrong))
        .or_else(|| decides.wrong(case).find(stops))
        .or_else(|| decides.wrong(case).next())?;
    let reach = case.reach(wrong.address);
    let error = error_at(&reach);
    if case.owns(wrong.address) {
        // The record is right, and another host answers there.
        return Some(
            Finding::failing(Cause::WrongServerIdentity, Side::Network, error)
                .blames(Culprit::SharedAddress {
                    address: wrong.address,
                    dc: case.source().clone(),
                    answers: wrong.owner,
                })
                .sure(Confidence::Likely),
        );
    }
    // A cache that holds what a DNS server says of the same name is not at fault.
    let says_so = |other: &&NameSource<'_>| {
        other.is_dns() && other.name == decides.name && other.gives(wrong.address)
    };
    let behind = name_sources.iter().find(says_so);
    let name_source =
        if decides.kind == Source::Cache { behind.unwrap_or(decides) } else { decides };
    if may_be_source(&reach, &wrong) {
        return Some(Finding::unknown(Missing::WhoHasInterface(wrong.address)));
    }
    let cause = match reach {
        Reach::Reached(_) if !is_mixed(case, name_source) => Cause::WrongServerIdentity,
        _ => record_cause(case, name_source),
    };
    let finding = Finding::failing(cause, Side::NameResolution, error)
        .blames(culprit(case, name_sources, name_source, &wrong))
        .sure(confidence(case, &reach, &wrong));
    // What a cache does not hold is not tried while it holds something.
    let held_alone = decides.kind == Source::Cache && !is_mixed(case, decides);
    let finding =
        if held_alone { finding } else { share(finding, case, name_sources, name_source) };
    // Every wrong one is silent, and a right one leads through: it takes longer, and works.
    let leads_through = |mapped: &MappedAddress| {
        case.owner(mapped.address) == Owner::Source
            && matches!(case.reach(mapped.address), Reach::Reached(_))
    };
    let works = goes_on(&reach) && tried(name_sources, decides).iter().any(leads_through);
    Some(if works { finding.latent() } else { finding })
}

/// Whether an address that the source does not own may still lead to it: behind address translation the host
/// that has the interface there and gives no name may be the source, which then serves.
const fn may_be_source(reach: &Reach<'_>, wrong: &WrongAddress) -> bool {
    matches!(reach, Reach::Reached(_)) && wrong.owner.is_none()
}

/// One finding for each wrong address that a source of names gives, whether it decides or not.
pub(in crate::diagnosis) fn wrongs(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    name_source: &NameSource<'_>,
) -> Vec<Finding> {
    let wrong = name_source.wrong(case).filter(|wrong| !case.owns(wrong.address));
    wrong.map(|wrong| finding_on(case, name_sources, name_source, &wrong)).collect()
}

/// The finding on one wrong address that a source of names gives, as far as the record goes.
fn finding_on(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    name_source: &NameSource<'_>,
    wrong: &WrongAddress,
) -> Finding {
    let reach = case.reach(wrong.address);
    let cause = record_cause(case, name_source);
    Finding::failing(cause, Side::NameResolution, error_at(&reach))
        .blames(culprit(case, name_sources, name_source, wrong))
        .sure(confidence(case, &reach, wrong))
}

/// Whether it gives right addresses beside wrong ones.
fn is_mixed(case: &Case<'_>, name_source: &NameSource<'_>) -> bool {
    name_source.addresses.iter().any(|known| case.owner(known.address) == Owner::Source)
}

/// The cause by what the source of names holds, whatever answers at the address.
fn record_cause(case: &Case<'_>, name_source: &NameSource<'_>) -> Cause {
    match mapping(case, name_source) {
        Cause::DnsAStale if is_mixed(case, name_source) => Cause::DnsADuplicate,
        mapping => mapping,
    }
}

/// The finding with the number of addresses that are wrong, where others are right; else with the number of
/// DNS servers that are.
fn share(
    finding: Finding,
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    name_source: &NameSource<'_>,
) -> Finding {
    if is_mixed(case, name_source) {
        // The destination does not try an address to which it has no way.
        let is_tried = |address: IpAddr| !has_no_way(case, address, &case.reach(address));
        let tried = name_source.addresses.iter().filter(|mapped| is_tried(mapped.address)).count();
        let wrong = name_source.wrong(case).filter(|wrong| is_tried(wrong.address)).count();
        return finding.share(wrong, tried, "addresses");
    }
    if !name_source.is_dns() {
        return finding;
    }
    let is_alias = mapping(case, name_source) == Cause::DnsCnameWrong;
    let of_aliases = is_alias.then(|| alias_twice(case)).flatten();
    if let Some(share) = of_aliases.and_then(|twice| twice.intermittent) {
        return Finding { intermittent: Some(share), ..finding };
    }
    let dns = || name_sources.iter().filter(|other| other.is_dns());
    let wrong = dns().filter(|other| other.wrong(case).next().is_some()).count();
    let right = dns().filter(|other| other.is_right(case)).count();
    finding.share(wrong, wrong + right, "DNS servers")
}

/// The finding on another source of names than the one that decides, which is wrong: the link works, until
/// the order changes.
pub(in super::super) fn elsewhere(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    decides: &NameSource<'_>,
) -> Option<Finding> {
    for name_source in name_sources.iter().filter(|other| other.kind != decides.kind) {
        if let Some(wrong) = name_source.wrong(case).next()
            && !case.owns(wrong.address)
            && name_source.kind != Source::System
        {
            let finding = finding_on(case, name_sources, name_source, &wrong).latent();
            return Some(share(finding, case, name_sources, name_source));
        }
        if name_source.is_dns() && *name_source.alias == Alias::Missing {
            return Some(alias_missing(case, name_sources).latent());
        }
        if let Some(astray) = alias_astray(case, name_sources, name_source) {
            return Some(astray.latent());
        }
    }
    alias_twice(case)
        .or_else(|| disagreement(case, name_sources))
        .or_else(|| conflict(case, name_sources))
        .map(Finding::latent)
}

/// Whether the source states every address that the destination's sources of names give for it. Others may lead to it
/// behind address translation, or to nobody.
pub(in super::super) fn all_are_stated(case: &Case<'_>, name_sources: &[NameSource<'_>]) -> bool {
    let asked = name_sources.iter().filter(|name_source| name_source.asked);
    let mut given = asked.flat_map(|name_source| name_source.addresses);
    given.all(|mapped| case.owns(mapped.address))
}

/// How sure it is that the address is wrong. Proven when the source says which addresses are its own *and*
/// another host answered there under its name. An address that is silent, or whose host does not say who it
/// is, could still be a translated one that leads to the source, the more so where it has the interface; and
/// one that is translated to another domain controller need not be meant for that one.
fn confidence(case: &Case<'_>, reach: &Reach<'_>, wrong: &WrongAddress) -> Confidence {
    let answered = !matches!(reach, Reach::Unreached(_) | Reach::NotSeen);
    let named = match &wrong.owner {
        Some(OtherHost::Named(name)) => !is_translated(case, wrong.address, name),
        Some(OtherHost::Namesake) => true,
        None => false,
    };
    match (case.source_addresses(), answered) {
        _ if may_be_source(reach, wrong) => Confidence::Possible,
        (Some(_), true) if named => Confidence::Proven,
        (Some(_), _) | (None, true) => Confidence::Likely,
        (None, false) => Confidence::Possible,
    }
}
