//! The destination's own DNS servers give different answers.

use std::{collections::BTreeSet, net::IpAddr};

use super::{
    super::{
        Cause, Confidence, Side, State,
        case::Case,
        decide::{error_at, has_no_way},
        finding::{BadRecord, Finding},
        naming::View,
        owner::Owner,
        path::Path,
    },
    blame::{addresses_where, servers_where, sure_of_source},
};

/// Some DNS servers have no address for the name, and others do.
pub(in super::super) fn disagreement(case: &Case<'_>, views: &[View<'_>]) -> Option<Finding> {
    let lacks = |view: &&View<'_>| view.is_dns() && view.answered && view.addresses.is_empty();
    let lacking = views.iter().find(lacks)?;
    let has = views.iter().filter(|view| view.is_dns() && !view.addresses.is_empty()).count();
    if has == 0 {
        return None;
    }
    let servers = servers_where(case, views, |view| lacks(&view));
    let count = views.iter().filter(lacks).count();
    Some(
        Finding::failing(Cause::DnsServersDisagree, Side::NameResolution, 8524)
            .culprit(
                "dns-record",
                format!("A {} on DNS server {servers}", lacking.name),
                "no address there, and one on the others",
            )
            .record(BadRecord {
                servers: addresses_where(views, |view| lacks(&view)),
                name: lacking.name.clone(),
                kind: "A",
                data: None,
            })
            .sure(Confidence::Proven.min(sure_of_source(case)))
            .share(count, count + has, "DNS servers"),
    )
}

/// Some DNS servers give other addresses than the rest, and nobody has said whose they are: none of
/// the records can be called wrong.
pub(in super::super) fn conflict(case: &Case<'_>, views: &[View<'_>]) -> Option<Finding> {
    // Nearly always.
    let said = views.iter().filter(|view| view.is_dns()).map(|view| &view.addresses);
    let mut said = said.filter(|addresses| !addresses.is_empty());
    if said.next().is_none_or(|first| said.all(|other| other == first)) {
        return None;
    }
    [true, false].into_iter().find_map(|v4| conflict_of(case, views, v4))
}

fn conflict_of(case: &Case<'_>, views: &[View<'_>], v4: bool) -> Option<Finding> {
    let of_family = |view: &View<'_>| -> BTreeSet<IpAddr> {
        view.addresses.iter().map(|(address, _)| *address).filter(|a| a.is_ipv4() == v4).collect()
    };
    // A server that has none of a family says less, not otherwise.
    let sets: Vec<(&View<'_>, BTreeSet<IpAddr>)> = views
        .iter()
        .filter(|view| view.is_dns())
        .map(|view| (view, of_family(view)))
        .filter(|(_, set)| !set.is_empty())
        .collect();
    let (first, leading) = sets.first()?;
    let in_doubt = |set: &BTreeSet<IpAddr>| {
        let mut apart = set.difference(leading).chain(leading.difference(set)).copied();
        apart.find(|address| case.owner(*address) == Owner::NotKnown)
    };
    let doubted: Vec<IpAddr> = sets.iter().filter_map(|(_, set)| in_doubt(set)).collect();
    let error = error_at(&case.path(*doubted.first()?));
    let said: Vec<String> = sets
        .iter()
        .map(|(view, set)| {
            let list: Vec<String> = set.iter().map(ToString::to_string).collect();
            let server = servers_where(case, views, |other| other.source == view.source);
            format!("{} by {server}", list.join(", "))
        })
        .collect();
    let kind = if v4 { "A" } else { "AAAA" };
    let speaks = |view: &View<'_>| sets.iter().any(|(of, _)| of.source == view.source);
    let servers = servers_where(case, views, speaks);
    Some(
        Finding::failing(Cause::DnsServersDisagree, Side::NameResolution, error)
            .culprit(
                "dns-record",
                format!("{kind} {} on DNS server {servers}", first.name),
                format!("{}; which is right, nobody has said", said.join("; ")),
            )
            .record(BadRecord {
                servers: addresses_where(views, speaks),
                name: first.name.clone(),
                kind,
                data: None,
            })
            .missing(format!(
                "which of these addresses is {}'s: an agent there, or an answer from it that names \
                 the host",
                case.source()
            ))
            .sure(Confidence::Possible)
            .share(doubted.len(), sets.len(), "DNS servers"),
    )
}

/// The same for a link that fails, wholly or in part, at addresses that nobody is known to own: the name
/// may lead to the wrong host, and until that is settled nothing else is, but for what the source says
/// itself.
pub(in super::super) fn unsettled(
    case: &Case<'_>,
    views: &[View<'_>],
    view: &View<'_>,
    failing: &Finding,
) -> Option<Finding> {
    let in_trouble = matches!(failing.state, State::Failing | State::Latent);
    if !in_trouble || failing.confidence == Confidence::Proven || !view.is_dns() {
        return None;
    }
    let addresses = || view.addresses.iter().map(|(address, _)| *address);
    // One that it has no way to it does not try.
    let is_broken = |address: &IpAddr| {
        let path = case.path(*address);
        !matches!(path, Path::Reached(_)) && !has_no_way(case, *address, &path)
    };
    let broken: Vec<IpAddr> = addresses().filter(is_broken).collect();
    if broken.iter().any(|address| case.owner(*address) != Owner::NotKnown) {
        return None;
    }
    // One that every server gives is what the name means, whatever else some of them give.
    let in_doubt = |address: &&IpAddr| {
        let has = |view: &View<'_>, wanted: &dyn Fn(IpAddr) -> bool| {
            view.addresses.iter().any(|(held, _)| wanted(*held))
        };
        let lacks = |view: &View<'_>| !has(view, &|held| held == **address);
        let has_like = |view: &View<'_>| has(view, &|held| held.is_ipv4() == address.is_ipv4());
        views.iter().any(|view| view.is_dns() && has_like(view) && lacks(view))
    };
    // What is known to be right of the other family has nothing to do with it.
    let mut finding = conflict_of(case, views, broken.iter().find(in_doubt)?.is_ipv4())?;
    finding.state = failing.state;
    finding.error = failing.error;
    // The first server's answer is what the destination uses: the link is hit as often as by that.
    finding.intermittent.clone_from(&failing.intermittent);
    Some(finding)
}
