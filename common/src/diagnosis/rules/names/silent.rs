//! The destination is led where no host says who it is, and its DNS servers lead to where the source answers.

use epmesh_facts::Source;

use super::{
    super::{
        super::{
            case::{Case, Owner, Reach},
            cause::{Confidence, Side, State},
            culprit::AnswersThere,
            name_source::{MappedAddress, NameSource},
        },
        finding::Finding,
    },
    blame::{culprit_where, mapping},
};

/// The finding on a hosts file or a cache that is wrong in all likelihood. The destination takes these before
/// it asks DNS. This one gives only addresses that nobody is known to own, and the link fails there, or would if an
/// address of the other IP version did not lead through; every DNS server that has an address gives others, at one of
/// which the source answers. Without the source's own word the address may still be a second one of the source, which
/// is down and which no DNS server knows.
pub(in super::super) fn astray_in_silence(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    decides: &NameSource<'_>,
    found: &Finding,
) -> Option<Finding> {
    let in_trouble = matches!(found.state, State::Failing | State::Latent);
    if !in_trouble
        || found.confidence == Confidence::Proven
        || !matches!(decides.kind, Source::Hosts | Source::Cache)
    {
        return None;
    }
    let is_known = |mapped: &MappedAddress| case.owner(mapped.address) != Owner::NotKnown;
    let first = decides.addresses.first().filter(|_| !decides.addresses.iter().any(is_known))?;
    let dns = || name_sources.iter().filter(|other| other.is_dns() && !other.addresses.is_empty());
    let is_there = |other: &NameSource<'_>| {
        let shared = |held: &MappedAddress| decides.gives(held.address);
        let is_source = |held: &MappedAddress| case.owner(held.address) == Owner::Source;
        !other.addresses.iter().any(shared) && other.addresses.iter().any(is_source)
    };
    let right = dns().next()?.addresses.iter().find(|mapped| is_known(mapped))?.address;
    if !dns().all(is_there) {
        return None;
    }
    let reach = case.reach(first.address);
    if matches!(reach, Reach::Reached(_)) {
        return None;
    }
    let is_silent = matches!(reach, Reach::Unreached(_) | Reach::NotSeen);
    let there = AnswersThere::Nobody { is_silent, right };
    let place = (first.address, first.line);
    let mut finding = Finding::failing(mapping(case, decides), Side::NameResolution, found.error)
        .blames(culprit_where(case, name_sources, decides, place, there))
        .sure(Confidence::Likely);
    finding.state = found.state;
    finding.intermittent.clone_from(&found.intermittent);
    Some(finding)
}
