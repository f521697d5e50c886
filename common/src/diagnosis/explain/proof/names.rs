//! Proof from name resolution: what each source of names said.

use epmesh_facts::{Answer, Lookup, Record, RecordType, Source};

use super::{
    super::super::{case::Case, cause::Step, verdict::EvidenceItem},
    item::item,
};

pub(super) fn resolve(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    if let Some(look) = case.look {
        for lookup in &look.seen.lookups {
            // The lack of an IPv6 address is the ordinary case and proves nothing.
            let silent_v6 = lookup.question.kind == RecordType::Aaaa
                && matches!(lookup.answer, Answer::NoData | Answer::NoSuchName);
            if !silent_v6 {
                items.push(item(
                    Step::Resolve,
                    &look.witness,
                    look.at,
                    lookup_words(case, lookup),
                    lookup_raw(lookup),
                ));
            }
        }
    }
    if let (Some(host), Some(owned)) = (case.source_host, case.source_addresses()) {
        let list: Vec<String> = owned.iter().map(ToString::to_string).collect();
        let fact = "the addresses it owns".to_owned();
        items.push(item(Step::Resolve, case.source(), host.at, fact, Some(list.join(", "))));
    }
}

fn lookup_words(case: &Case<'_>, lookup: &Lookup) -> String {
    let name = &lookup.question.name;
    let kind = lookup.question.kind;
    let source = match lookup.source {
        Source::Dns(server) => format!("DNS server {}", case.name_server(server)),
        Source::Hosts => case.hosts_path().unwrap_or("hosts file").to_owned(),
        Source::Wins(server) => format!("WINS server {}", case.name_server(server)),
        Source::System | Source::Lmhosts | Source::Cache => lookup.source.to_string(),
    };
    let answer = match &lookup.answer {
        Answer::Records(records) => {
            let data: Vec<String> = records.iter().map(record_words).collect();
            data.join(", ")
        }
        Answer::NoSuchName => "no such name".to_owned(),
        Answer::NoData => "no record of this type".to_owned(),
        Answer::Refused => "refused to answer".to_owned(),
        Answer::ServerFailure => "server failure".to_owned(),
        Answer::OtherCode(code) => format!("response code {code}"),
        Answer::TimedOut => "no answer in time".to_owned(),
        Answer::Unreachable(why) => format!("could not be reached: {why}"),
        Answer::Malformed(why) => format!("answer not understood: {why}"),
        Answer::NotAsked(why) => format!("could not be asked: {why}"),
    };
    format!("{source}: {kind} {name}: {answer}")
}

fn record_words(record: &Record) -> String {
    let data = &record.data;
    record.line.map_or_else(|| data.to_string(), |line| format!("{data} (line {line})"))
}

fn lookup_raw(lookup: &Lookup) -> Option<String> {
    let is_dns = matches!(lookup.source, Source::Dns(_));
    let code = match &lookup.answer {
        Answer::Records(records) => {
            let ttl = records.iter().find_map(|record| record.ttl)?;
            return Some(if is_dns {
                format!("NOERROR, ttl {ttl} s")
            } else {
                format!("ttl {ttl} s")
            });
        }
        Answer::NoSuchName => "NXDOMAIN",
        Answer::NoData => "NOERROR, no data",
        Answer::Refused => "REFUSED",
        Answer::ServerFailure => "SERVFAIL",
        Answer::OtherCode(_)
        | Answer::TimedOut
        | Answer::Unreachable(_)
        | Answer::Malformed(_)
        | Answer::NotAsked(_) => return None,
    };
    is_dns.then(|| code.to_owned())
}
