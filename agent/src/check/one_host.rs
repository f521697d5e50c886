//! A check of one host: one look from here, and a verdict from this side alone.

use std::net::IpAddr;

use epmesh_agent_host::platform::unnamed;
use epmesh_common::{
    diagnosis::{Evidence, Link, Observed, State, Step, Verdict, diagnose},
    facts::{DnsName, IdentityMethod, PeerObservation, Resolver, Stamped, Target, Timestamp},
    identity::Identity,
    rpc::{InterfaceId, names},
};

use super::{
    args::{Arguments, Wanted},
    report::Report,
};
use crate::{
    listing,
    probe::{self, Peers as _, Prober},
};

/// Looks at the host that `arguments` names and judges what was seen. `here` is the name of the
/// host that looks, `now` the time of the look.
pub async fn check(
    arguments: &Arguments,
    settings: probe::Config,
    resolver: &Resolver,
    here: &DnsName,
    now: Timestamp,
) -> Report {
    let prober = Prober::new(settings);
    let interfaces = interfaces(arguments);
    let mut notes = Vec::new();
    let (observation, judged) = match &arguments.host {
        Wanted::Name(name) => {
            let name = whole_name(name, resolver, &mut notes);
            let seen = look(&prober, arguments, &name, &interfaces, resolver, &mut notes).await;
            (seen.clone(), seen)
        }
        Wanted::Address(address) => {
            notes.push("an address was given: there is no name resolution to judge".to_owned());
            let addresses = prober.addresses(&[*address], &interfaces, true, true).await;
            let mut seen = PeerObservation {
                peer: address_name(*address),
                dsa_guid: arguments.guid,
                lookups: Vec::new(),
                addresses,
            };
            let observation = seen.clone();
            let name = answerers(&seen).find_map(|who| who.dns_name.as_ref()?.parse().ok());
            seen.peer = name.unwrap_or(seen.peer);
            seen.lookups = vec![given(&seen.peer, *address)];
            (observation, seen)
        }
    };
    let by_address = matches!(arguments.host, Wanted::Address(_));
    let verdicts: Vec<Verdict> = interfaces
        .iter()
        .map(|&interface| verdict(&judged, interface, resolver, here, now, by_address))
        .collect();
    let worst = verdicts.iter().find(|verdict| verdict.state != State::Healthy);
    let first = worst.or(verdicts.first()).cloned();
    let verdict = first.unwrap_or_else(|| {
        verdict(&judged, epmesh_common::rpc::epm::EPMAPPER, resolver, here, now, by_address)
    });
    notes.push("seen from one side: what the host says of itself is not known".to_owned());
    let host = match &arguments.host {
        Wanted::Name(_) => observation.peer.to_string(),
        Wanted::Address(address) => address.to_string(),
    };
    let endpoints = listing::entries(&observation);
    Report { host, observation, endpoints, verdict, verdicts, notes }
}

pub(super) fn interfaces(arguments: &Arguments) -> Vec<InterfaceId> {
    if arguments.interface.is_empty() {
        return names::find("drsuapi").into_iter().collect();
    }
    arguments.interface.clone()
}

/// A single label with the first suffix of the search list, as the system's resolver has it.
fn whole_name(name: &DnsName, resolver: &Resolver, notes: &mut Vec<String>) -> DnsName {
    let suffix = resolver.search.value().and_then(|search| search.first());
    match suffix.map(|suffix| format!("{name}.{suffix}").parse()) {
        Some(Ok(whole)) if name.parent().is_none() => {
            notes.push(format!("{name} was taken as {whole}, by the search list of this host"));
            whole
        }
        _ => name.clone(),
    }
}

async fn look(
    prober: &Prober,
    arguments: &Arguments,
    name: &DnsName,
    interfaces: &[InterfaceId],
    resolver: &Resolver,
    notes: &mut Vec<String>,
) -> PeerObservation {
    let mut target = Target {
        name: name.clone(),
        dsa_guid: arguments.guid,
        forest: arguments.forest.clone(),
        whole_map: true,
        well_known: true,
    };
    let mut seen = prober.look(&target, interfaces, resolver).await;
    if target.dsa_guid.is_some() && target.forest.is_some() {
        return seen;
    }
    // Another server's GUID would only show that its own alias leads to it.
    let is_it = |who: &&Identity| {
        let theirs = who.dns_name.as_deref().map(|name| name.trim_end_matches('.'));
        theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(name.as_str()))
    };
    let learnt = root_dse(&seen).filter(is_it).cloned();
    let Some(learnt) = learnt else {
        notes.push(format!(
            "the alias of {name} in _msdcs was not checked: its GUID is not known (--guid, --forest)"
        ));
        return seen;
    };
    target.dsa_guid = target.dsa_guid.or(learnt.dsa_guid);
    target.forest = target.forest.or_else(|| learnt.forest.as_deref()?.parse().ok());
    let (Some(guid), Some(forest)) = (target.dsa_guid, &target.forest) else {
        notes.push(format!(
            "the alias of {name} in _msdcs was not checked: the host names no GUID or no forest"
        ));
        return seen;
    };
    notes.push(format!(
        "GUID {guid} and forest {forest} were learnt from the host itself; that its alias is right proves less than a GUID from the directory of a partner"
    ));
    seen.dsa_guid = Some(guid);
    seen.lookups = prober.names(&target, resolver).await;
    let known: Vec<IpAddr> = seen.addresses.iter().map(|probe| probe.address).collect();
    let mut new = probe::addresses(&seen.lookups);
    new.retain(|address| !known.contains(address));
    seen.addresses.extend(prober.addresses(&new, interfaces, true, true).await);
    seen
}

/// Who answered, strongest way first.
fn answerers(seen: &PeerObservation) -> impl Iterator<Item = &Identity> {
    let mut probes: Vec<_> = seen.addresses.iter().flat_map(|probe| &probe.identity).collect();
    probes.sort_by_key(|probe| probe.method);
    probes.into_iter().filter_map(|probe| probe.outcome.as_ref().ok())
}

fn root_dse(seen: &PeerObservation) -> Option<&Identity> {
    let probes = seen.addresses.iter().flat_map(|probe| &probe.identity);
    let mut probes = probes.filter(|probe| probe.method == IdentityMethod::RootDse);
    probes.find_map(|probe| probe.outcome.as_ref().ok())
}

/// The given address in the place of an answer for it: the engine follows names.
fn given(name: &DnsName, address: IpAddr) -> epmesh_common::facts::Lookup {
    use epmesh_common::facts::{Answer, Lookup, Question, Record, RecordData, RecordType, Source};
    let kind = RecordType::of(address);
    let data = RecordData::Address(address);
    let record = Record { name: name.clone(), data, ttl: None, line: None };
    Lookup {
        source: Source::System,
        question: Question { name: name.clone(), kind },
        answer: Answer::Records(vec![record]),
        code: None,
        local: None,
        took_ms: 0,
        retried: false,
    }
}

fn verdict(
    seen: &PeerObservation,
    interface: InterfaceId,
    resolver: &Resolver,
    here: &DnsName,
    now: Timestamp,
    by_address: bool,
) -> Verdict {
    let link = Link { destination: here.clone(), source: seen.peer.clone(), interface };
    let mut evidence = Evidence::empty(link, 60_000);
    if !by_address {
        evidence.destination.resolver = Some(Stamped { at: now, fact: resolver.clone() });
    }
    evidence.observations.push(Observed {
        witness: here.clone(),
        at: now,
        since: None,
        seen: seen.clone().into(),
    });
    let mut verdict = diagnose(&evidence, now);
    if by_address {
        // Nothing was resolved, so nothing about it is proof.
        verdict.evidence.retain(|item| item.step != Step::Resolve);
    }
    // The coordinator, whose command the remedy ends with, need not be there.
    verdict.look_again_by(&format!("epmesh-agent check {}", seen.peer));
    verdict
}

/// A name for a host of which only the address is known.
fn address_name(address: IpAddr) -> DnsName {
    address.to_string().replace(':', "-").parse().unwrap_or_else(|_| unnamed())
}
