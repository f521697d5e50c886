//! The destination is led where nobody says who it is, and its DNS servers lead to where the source answers.

use epmesh_facts::Source;

use super::{
    super::{
        Confidence, Side, State, case::Case, finding::Finding, naming::View, owner::Owner,
        path::Path, sight::Mapped,
    },
    blame::{blame, mapping},
};

/// The hosts file or the cache, which the destination takes before it asks DNS, gives only addresses that
/// nobody is known to own, and the link fails there; every DNS server that has an address gives others, at
/// one of which somebody answers as the source. Without the source's own word it may be a second address
/// of it all the same, one that is down and that no DNS server knows.
pub(in super::super) fn astray_in_silence(
    case: &Case<'_>,
    views: &[View<'_>],
    view: &View<'_>,
    failing: &Finding,
) -> Option<Finding> {
    let settled = failing.state != State::Failing || failing.confidence == Confidence::Proven;
    if settled || !matches!(view.source, Source::Hosts | Source::Cache) {
        return None;
    }
    let is_known = |(address, _): &Mapped| case.owner(*address) != Owner::NotKnown;
    let &(address, line) =
        view.addresses.first().filter(|_| !view.addresses.iter().any(is_known))?;
    let dns = || views.iter().filter(|other| other.is_dns() && !other.addresses.is_empty());
    let is_there = |other: &View<'_>| {
        let shared = |(held, _): &Mapped| view.addresses.iter().any(|(led, _)| led == held);
        let is_source = |(held, _): &Mapped| case.owner(*held) == Owner::Source;
        !other.addresses.iter().any(shared) && other.addresses.iter().any(is_source)
    };
    let (right, _) = dns().next()?.addresses.iter().find(|mapped| is_known(mapped))?;
    if !dns().all(is_there) {
        return None;
    }
    let finding = Finding::failing(mapping(case, view), Side::NameResolution, failing.error);
    let mut finding = blame(finding, case, views, view, address, line, None);
    let there = match case.path(address) {
        Path::Unreached(_) | Path::NotSeen => "nobody answers",
        _ => "nobody says a name",
    };
    if let Some(culprit) = &mut finding.culprit {
        culprit.value = format!(
            "{address}, where {there}; the DNS servers lead to {right}, where {} answers",
            case.source()
        );
    }
    Some(finding.sure(Confidence::Likely))
}
