//! Facts that rule out causes in names: what each source of names said.

use std::{collections::BTreeSet, net::IpAddr};

use epmesh_common::facts::{Answer, DnsName, Lookup, RecordData, RecordType, Source};

use crate::seen::{Seen, addresses as named, fresh};

/// The lookups of the destination in one kind of source.
fn lookups<'a>(seen: &Seen<'a>, is_of: impl Fn(Source) -> bool) -> Vec<&'a Lookup> {
    let all = seen.look.into_iter().flat_map(|look| &look.seen.lookups);
    all.filter(|lookup| is_of(lookup.source)).collect()
}

/// An answer, and be it that there is nothing; a time-out is none.
const fn is_answer(answer: &Answer) -> bool {
    matches!(answer, Answer::Records(_) | Answer::NoSuchName | Answer::NoData)
}

fn records(lookup: &Lookup) -> impl Iterator<Item = &RecordData> {
    let rows = match &lookup.answer {
        Answer::Records(rows) => rows.as_slice(),
        _ => &[],
    };
    rows.iter().map(|row| &row.data)
}

fn given(lookup: &Lookup) -> impl Iterator<Item = IpAddr> {
    records(lookup).filter_map(|data| match data {
        RecordData::Address(address) => Some(*address),
        RecordData::Alias(_) => None,
    })
}

/// Whether an address is the source's: by its own word or a domain controller's; else by who answers there.
fn is_of_source(seen: &Seen<'_>, address: IpAddr) -> bool {
    match (seen.owned(), seen.evidence.owners.get(&address)) {
        (Some(own), _) if own.contains(&address) => true,
        (_, Some(owner)) => owner == seen.source(),
        _ => answers_as_source(seen, address),
    }
}

/// Whether what answers the destination at an address says that it is the source.
fn answers_as_source(seen: &Seen<'_>, address: IpAddr) -> bool {
    let probe = seen.probe(address);
    let mut said = probe
        .into_iter()
        .flat_map(|probe| &probe.identity)
        .filter_map(|one| one.outcome.as_ref().ok());
    let text = |one: &_| serde_json::to_string(one).expect("JSON").to_lowercase();
    let host = seen.source().host();
    let guid = fresh!(seen, source, Host, host)
        .and_then(|host| host.dsa_guid.value())
        .map(ToString::to_string);
    said.any(|one| {
        let said = text(one);
        let by_name = said.contains(&format!("\"{}\"", seen.source()))
            || said.contains(&format!("\"{host}\""));
        by_name || guid.as_ref().is_some_and(|guid| said.contains(guid.as_str()))
    })
}

/// Whether each lookup in a source was answered, and with nothing that is not the source's.
fn is_harmless(seen: &Seen<'_>, all: &[&Lookup]) -> bool {
    !all.is_empty()
        && all.iter().all(|lookup| is_answer(&lookup.answer))
        && all.iter().flat_map(|lookup| given(lookup)).all(|address| is_of_source(seen, address))
}

pub(crate) fn hosts_file(seen: &Seen<'_>) -> bool {
    is_harmless(seen, &lookups(seen, |source| source == Source::Hosts))
}

pub(crate) fn lmhosts_file(seen: &Seen<'_>) -> bool {
    is_harmless(seen, &lookups(seen, |source| source == Source::Lmhosts))
}

pub(crate) fn cache(seen: &Seen<'_>) -> bool {
    is_harmless(seen, &lookups(seen, |source| source == Source::Cache))
}

/// Each WINS server that was asked: one that is silent may hold the old record.
pub(crate) fn wins(seen: &Seen<'_>) -> bool {
    is_harmless(seen, &lookups(seen, |source| matches!(source, Source::Wins(_))))
}

/// Each DNS server that the destination asks.
fn servers(seen: &Seen<'_>) -> BTreeSet<IpAddr> {
    let configured =
        fresh!(seen, destination, Resolver, resolver).and_then(|resolver| resolver.servers.value());
    let asked = lookups(seen, |source| matches!(source, Source::Dns(_)));
    let asked = asked.iter().filter_map(|lookup| match lookup.source {
        Source::Dns(server) => Some(server),
        _ => None,
    });
    configured.into_iter().flatten().copied().chain(asked).collect()
}

/// The answers of each DNS server to one kind of question; `None` where a server gave none.
fn answers<'a>(seen: &Seen<'a>, kind: RecordType) -> Option<Vec<Vec<&'a Lookup>>> {
    let servers = servers(seen);
    let of = |server: IpAddr| {
        let mut all = lookups(seen, |source| source == Source::Dns(server));
        all.retain(|lookup| lookup.question.kind == kind);
        (!all.is_empty() && all.iter().all(|lookup| is_answer(&lookup.answer))).then_some(all)
    };
    if servers.is_empty() { None } else { servers.into_iter().map(of).collect() }
}

/// Each server gives the addresses that the words name, and these are the source's.
pub(crate) fn addresses(seen: &Seen<'_>, why: &str) -> bool {
    let named: BTreeSet<IpAddr> = named(why).into_iter().collect();
    let mut all = lookups(seen, |source| matches!(source, Source::Dns(_)));
    // Where the alias has another target besides, its addresses are another record's.
    all.retain(|lookup| lookup.question.name == *seen.source());
    let given: BTreeSet<IpAddr> = all.iter().flat_map(|lookup| given(lookup)).collect();
    let by_each =
        answers(seen, RecordType::A).is_some() || answers(seen, RecordType::Aaaa).is_some();
    by_each
        && !named.is_empty()
        && given == named
        && named.iter().all(|address| is_of_source(seen, *address))
}

/// The targets of the alias that each server gives.
fn targets(seen: &Seen<'_>) -> Option<Vec<BTreeSet<DnsName>>> {
    let each = answers(seen, RecordType::Cname)?.into_iter();
    let of = |all: Vec<&Lookup>| {
        let targets = all.into_iter().flat_map(records).filter_map(|data| match data {
            RecordData::Alias(target) => Some(target.clone()),
            RecordData::Address(_) => None,
        });
        targets.collect()
    };
    Some(each.map(of).collect())
}

pub(crate) fn has_alias(seen: &Seen<'_>) -> bool {
    targets(seen).is_some_and(|each| each.iter().all(|targets| !targets.is_empty()))
}

pub(crate) fn right_alias(seen: &Seen<'_>) -> bool {
    let right = BTreeSet::from([seen.source().clone()]);
    targets(seen).is_some_and(|each| each.iter().all(|targets| *targets == right))
}

/// All servers give the same alias and the same addresses.
pub(crate) fn agree(seen: &Seen<'_>) -> bool {
    let aliases = targets(seen).is_some_and(|each| each.windows(2).all(|two| two[0] == two[1]));
    let of = |kind| {
        let each = answers(seen, kind)?;
        let sets = each.iter().map(|all| all.iter().flat_map(|lookup| given(lookup)).collect());
        Some(sets.collect::<Vec<BTreeSet<IpAddr>>>())
    };
    let kinds = [of(RecordType::A), of(RecordType::Aaaa)];
    let mut told = kinds.iter().flatten();
    aliases
        && kinds.iter().flatten().next().is_some()
        && told.all(|each| each.windows(2).all(|two| two[0] == two[1]))
}

/// Who answers at each address that the words name said that it is the source.
pub(crate) fn identity(seen: &Seen<'_>, why: &str) -> bool {
    let named = named(why);
    !named.is_empty() && named.iter().all(|address| answers_as_source(seen, *address))
}

/// The source's own word on its object, and the destination's directory that has it.
pub(crate) fn settings(seen: &Seen<'_>) -> bool {
    let own = fresh!(seen, source, Host, host).and_then(|host| host.dsa_guid.value());
    let held = fresh!(seen, destination, Directory, directory)
        .and_then(|directory| directory.settings.value());
    let by_look = seen.look.and_then(|look| look.seen.dsa_guid);
    own.is_some_and(|own| {
        held.into_iter().flatten().any(|row| row.dsa_guid == *own) || by_look == Some(*own)
    })
}
