//! Findings where the destination's own DNS servers give different answers.

use std::{collections::BTreeSet, net::IpAddr};

use epmesh_facts::RecordType;

use super::{
    super::{
        super::{
            case::{Case, Owner, Reach, error_at, has_no_way},
            cause::{Cause, Confidence, Side, State},
            culprit::{Culprit, DnsRecord, RecordTrouble},
            name_source::NameSource,
        },
        finding::Finding,
        missing::Missing,
    },
    holders::{servers_where, sure_of_source},
};

/// The finding where some DNS servers have no address for the name, and others do.
pub(in super::super) fn disagreement(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
) -> Option<Finding> {
    let lacks = |it: &&NameSource<'_>| it.is_dns() && it.answered && it.addresses.is_empty();
    let lacking = name_sources.iter().find(lacks)?;
    let has = name_sources.iter().filter(|it| it.is_dns() && !it.addresses.is_empty()).count();
    if has == 0 {
        return None;
    }
    let count = name_sources.iter().filter(lacks).count();
    Some(
        Finding::failing(Cause::DnsServersDisagree, Side::NameResolution, 8524)
            .blames(Culprit::DnsRecord(DnsRecord {
                name: lacking.name.clone(),
                record: RecordType::A,
                servers: servers_where(case, name_sources, |name_source| lacks(&name_source)),
                trouble: RecordTrouble::MissingOnSome,
            }))
            .sure(sure_of_source(case))
            .share(count, count + has, "DNS servers"),
    )
}

/// The finding where some DNS servers give other addresses than the rest, and nobody has said whose these
/// are: none of the records can be called wrong.
pub(super) fn conflict(case: &Case<'_>, name_sources: &[NameSource<'_>]) -> Option<Finding> {
    // Nearly always all say the same.
    let said = name_sources.iter().filter(|it| it.is_dns()).map(|it| it.addresses);
    let mut said = said.filter(|addresses| !addresses.is_empty());
    if said.next().is_none_or(|first| said.all(|other| other == first)) {
        return None;
    }
    [true, false].into_iter().find_map(|v4| conflict_of(case, name_sources, v4))
}

/// The finding of [`conflict`] for the addresses of one IP version.
fn conflict_of(case: &Case<'_>, name_sources: &[NameSource<'_>], v4: bool) -> Option<Finding> {
    let of_family = |name_source: &NameSource<'_>| -> BTreeSet<IpAddr> {
        let addresses = name_source.addresses.iter().map(|mapped| mapped.address);
        addresses.filter(|address| address.is_ipv4() == v4).collect()
    };
    // A server that has none of this version says less, and nothing else.
    let sets: Vec<(&NameSource<'_>, IpAddr, BTreeSet<IpAddr>)> = name_sources
        .iter()
        .filter_map(|name_source| Some((name_source, name_source.dns_server()?)))
        .map(|(name_source, server)| (name_source, server, of_family(name_source)))
        .filter(|(.., set)| !set.is_empty())
        .collect();
    let (first, _, leading) = sets.first()?;
    let in_doubt = |set: &BTreeSet<IpAddr>| {
        let mut apart = set.difference(leading).chain(leading.difference(set)).copied();
        apart.find(|address| case.owner(*address) == Owner::NotKnown)
    };
    let doubted: Vec<IpAddr> = sets.iter().filter_map(|(.., set)| in_doubt(set)).collect();
    let error = error_at(&case.reach(*doubted.first()?));
    let said = sets.iter().map(|(_, server, set)| {
        (set.iter().copied().collect::<Vec<IpAddr>>(), case.name_server(*server))
    });
    let servers = sets.iter().map(|(_, server, _)| case.name_server(*server));
    Some(
        Finding::failing(Cause::DnsServersDisagree, Side::NameResolution, error)
            .blames(Culprit::DnsRecord(DnsRecord {
                name: first.name.clone(),
                record: if v4 { RecordType::A } else { RecordType::Aaaa },
                servers: servers.collect(),
                trouble: RecordTrouble::Conflict(said.collect()),
            }))
            .missing(Missing::WhoseAddresses)
            .sure(Confidence::Possible)
            .share(doubted.len(), sets.len(), "DNS servers"),
    )
}

/// The finding where the servers disagree and the link fails, wholly or in part, at addresses that nobody is known
/// to own: the name may lead to the wrong host. As long as that is open no other cause can be told, apart from what
/// the source says itself.
pub(in super::super) fn disagreement_in_trouble(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    decides: &NameSource<'_>,
    failing: &Finding,
) -> Option<Finding> {
    let in_trouble = matches!(failing.state, State::Failing | State::Latent);
    if !in_trouble || failing.confidence == Confidence::Proven || !decides.is_dns() {
        return None;
    }
    let addresses = || decides.addresses.iter().map(|mapped| mapped.address);
    // The destination does not try an address to which it has no way.
    let is_broken = |address: &IpAddr| {
        let reach = case.reach(*address);
        !matches!(reach, Reach::Reached(_)) && !has_no_way(case, *address, &reach)
    };
    let broken: Vec<IpAddr> = addresses().filter(is_broken).collect();
    if broken.iter().any(|address| case.owner(*address) != Owner::NotKnown) {
        return None;
    }
    // An address that every server gives is what the name means, whatever else some of them give.
    let in_doubt = |address: &&IpAddr| {
        let has_like = |it: &NameSource<'_>| {
            it.addresses.iter().any(|held| held.address.is_ipv4() == address.is_ipv4())
        };
        name_sources.iter().any(|it| it.is_dns() && has_like(it) && !it.gives(**address))
    };
    // What is known to be right of the other IP version has nothing to do with it.
    let mut finding = conflict_of(case, name_sources, broken.iter().find(in_doubt)?.is_ipv4())?;
    finding.state = failing.state;
    finding.error = failing.error;
    // The first server's answer is what the destination uses: the link is hit as often as by that.
    finding.intermittent.clone_from(&failing.intermittent);
    Some(finding)
}
