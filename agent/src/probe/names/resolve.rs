//! Every source of a peer's name, each by itself.

use std::{future::Future, net::IpAddr, pin::Pin, sync::Arc};

use epmesh_agent_host::platform::NameCache;
use epmesh_common::facts::{
    Answer, DnsName, Lookup, Question, Record, RecordData, RecordType, Resolver, Source, Target,
};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{cache, dns, hosts, netbios, system};
use crate::probe::limits::budget::Budget;

/// DNS servers asked at most.
const MAX_SERVERS: usize = 8;
/// Addresses taken from all answers. Beyond it, names are a flood.
const MAX_ADDRESSES: usize = 256;

type Asking<'f> = Pin<Box<dyn Future<Output = Vec<Lookup>> + Send + 'f>>;

/// Asks the DNS client's cache, then everything else at the same time: the hosts file, every DNS
/// server, the system's resolver, the LMHOSTS file, every WINS server. The answers stand in that
/// order. The cache is first because the system's resolver may fill it.
pub(in crate::probe) async fn resolve(
    budget: &Budget<'_>,
    target: &Target,
    resolver: &Resolver,
    cache: Option<&Arc<dyn NameCache>>,
) -> Vec<Lookup> {
    let end = budget.stage(budget.config.resolve);
    let name = &target.name;
    let alias = alias(target);
    let names: Vec<&DnsName> = alias.iter().chain([name]).collect();
    let mut lookups = match cache {
        Some(cache) => cache::ask(budget, cache, &names, end).await,
        None => Vec::new(),
    };
    lookups.extend(hosts::ask(resolver, &names));
    let mut servers: Vec<IpAddr> = Vec::new();
    for &server in resolver.servers.value().into_iter().flatten() {
        if !servers.contains(&server) {
            servers.push(server);
        }
    }
    let left_out = servers.split_off(servers.len().min(MAX_SERVERS));
    let alias = alias.as_ref();
    let mut asking: Vec<Asking<'_>> = Vec::new();
    for &server in &servers {
        asking.push(Box::pin(ask_server(budget, server, name, alias, end)));
    }
    for &name in names.iter().filter(|_| budget.config.system_resolver) {
        asking.push(Box::pin(system::ask(budget, name, end)));
    }
    let netbios = netbios::question(name);
    let mut wins: Vec<Asking<'_>> = Vec::new();
    let mut unasked = Vec::new();
    if let Some(question) = &netbios {
        for (place, server) in netbios::servers(resolver).into_iter().enumerate() {
            if place < netbios::MAX_SERVERS {
                wins.push(Box::pin(netbios::ask_server(budget, server, question, end)));
            } else {
                unasked.push(not_asked(Source::Wins(server.into()), question.clone()));
            }
        }
    }
    let (said, registered) = tokio::join!(join_all(asking), join_all(wins));
    lookups.extend(said.into_iter().flatten());
    let of_name = || question(name, RecordType::A);
    lookups.extend(left_out.into_iter().map(|server| not_asked(Source::Dns(server), of_name())));
    lookups.extend(netbios.and_then(|question| netbios::ask_file(resolver, &question)));
    lookups.extend(registered.into_iter().flatten());
    lookups.extend(unasked);
    lookups
}

/// What there is to say of a server beyond those that are asked.
fn not_asked(source: Source, question: Question) -> Lookup {
    let (most, kind) = match source {
        Source::Wins(_) => (netbios::MAX_SERVERS, "WINS"),
        _ => (MAX_SERVERS, "DNS"),
    };
    let why = format!("the agent asks the first {most} {kind} servers of a host");
    Lookup {
        source,
        question,
        answer: Answer::NotAsked(why),
        code: None,
        local: None,
        took_ms: 0,
        retried: false,
    }
}

/// `<guid>._msdcs.<forest>`, where both are known.
fn alias(target: &Target) -> Option<DnsName> {
    target.forest.as_ref()?.dsa_alias(target.dsa_guid?).ok()
}

/// The addresses of all the answers, in the order in which they are first mentioned.
#[must_use]
pub fn addresses(lookups: &[Lookup]) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for record in lookups.iter().flat_map(|lookup| records(&lookup.answer)) {
        if let RecordData::Address(address) = record.data
            && !found.contains(&address)
            && found.len() < MAX_ADDRESSES
        {
            found.push(address);
        }
    }
    found
}

async fn ask_server(
    budget: &Budget<'_>,
    server: IpAddr,
    name: &DnsName,
    alias: Option<&DnsName>,
    end: Instant,
) -> Vec<Lookup> {
    let both = |name| [RecordType::A, RecordType::Aaaa].map(|kind| question(name, kind));
    let Some(alias) = alias else { return dns::ask(budget, server, &both(name), end).await };
    let [a, aaaa] = both(name);
    let asked = [question(alias, RecordType::Cname), a, aaaa];
    let mut lookups = dns::ask(budget, server, &asked, end).await;
    let said = lookups.iter().take(1).flat_map(|lookup| records(&lookup.answer));
    let target = said.into_iter().find_map(|record| match &record.data {
        RecordData::Alias(target) if target != name => Some(target.clone()),
        RecordData::Alias(_) | RecordData::Address(_) => None,
    });
    // The alias is what a replication partner follows: where it leads comes first.
    if let Some(target) = target {
        let followed = dns::ask(budget, server, &both(&target), end).await;
        lookups.splice(1..1, followed);
    }
    lookups
}

fn question(name: &DnsName, kind: RecordType) -> Question {
    Question { name: name.clone(), kind }
}

fn records(answer: &Answer) -> &[Record] {
    match answer {
        Answer::Records(records) => records,
        _ => &[],
    }
}
