//! A report as text for people.

use std::fmt::Write as _;

use comfy_table::{Table, presets::NOTHING};
use epmesh_common::{
    diagnosis::{Blamed, Verdict},
    facts::{
        AddressProbe, Answer, Failure, Lookup, MapAnswer, RecordData, Source, Stage, Transport,
    },
    identity::Identity,
    rpc::names,
};

use super::{args::Arguments, one_host::interfaces, report::Report};
use crate::listing::{self, Entry};

/// The whole report.
pub(super) fn table(report: &Report, arguments: &Arguments) -> String {
    let mut text = format!("{}\n\n", report.host);
    if !report.observation.lookups.is_empty() {
        block(&mut text, "names", report.observation.lookups.iter().map(lookup));
    }
    for probe in &report.observation.addresses {
        block(&mut text, &format!("address {}", probe.address), address(probe).into_iter());
    }
    endpoints(&mut text, report, arguments);
    for verdict in &report.verdicts {
        let title = format!("verdict on {}", verdict.interface);
        block(&mut text, &title, judgement(verdict).into_iter());
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

fn block<const N: usize>(text: &mut String, title: &str, rows: impl Iterator<Item = [String; N]>) {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    for row in rows {
        table.add_row(row);
    }
    let _ = writeln!(text, "{title}\n{}\n", table.trim_fmt());
}

fn lookup(lookup: &Lookup) -> [String; 4] {
    let source = match lookup.source {
        Source::Hosts => "hosts file".to_owned(),
        Source::Dns(server) => format!("DNS server {server}"),
        Source::System => "system's resolver".to_owned(),
        Source::Lmhosts => "LMHOSTS file".to_owned(),
        Source::Wins(server) => format!("WINS server {server}"),
        Source::Cache => "DNS client's cache".to_owned(),
    };
    let question = format!("{} {}", lookup.question.kind, lookup.question.name);
    [source, question, answer(lookup), took(lookup.took_ms, lookup.retried)]
}

fn answer(lookup: &Lookup) -> String {
    let is_dns = matches!(lookup.source, Source::Dns(_));
    match &lookup.answer {
        Answer::Records(records) => {
            let record = |record: &epmesh_common::facts::Record| {
                let data = match &record.data {
                    RecordData::Address(address) => address.to_string(),
                    RecordData::Alias(name) => format!("alias of {name}"),
                };
                match (record.line, record.ttl) {
                    (Some(line), _) => format!("{data} (line {line})"),
                    (None, Some(ttl)) => format!("{data} (for {ttl} s)"),
                    (None, None) => data,
                }
            };
            records.iter().map(record).collect::<Vec<_>>().join(", ")
        }
        Answer::NoSuchName if is_dns => "no such name (NXDOMAIN)".to_owned(),
        Answer::NoSuchName => "no such name".to_owned(),
        Answer::NoData => "no record of this type".to_owned(),
        Answer::Refused => "refused (REFUSED)".to_owned(),
        Answer::ServerFailure => "the server failed (SERVFAIL)".to_owned(),
        Answer::OtherCode(code) => format!("response code {code}"),
        Answer::TimedOut => "no answer in time".to_owned(),
        Answer::Unreachable(why) => format!("not reached: {why}"),
        Answer::Malformed(why) => format!("not understood: {why}"),
        Answer::NotAsked(why) => format!("could not be asked: {why}"),
    }
}

/// How long it took, and whether that was the second try.
fn took(millis: u32, retried: bool) -> String {
    format!("{millis} ms{}", if retried { ", second try" } else { "" })
}

fn stage(name: String, stage: &Stage) -> [String; 3] {
    [name, outcome(stage), took(stage.took_ms, stage.retried)]
}

fn outcome(stage: &Stage) -> String {
    match &stage.outcome {
        Ok(()) => "ok".to_owned(),
        Err(failure) => failed(failure, stage.code),
    }
}

fn failed(failure: &Failure, code: Option<i32>) -> String {
    match (failure, code) {
        // It carries the number itself.
        (Failure::Unreachable(_), _) | (_, None) => failure.to_string(),
        (_, Some(code)) => format!("{failure} (os error {code})"),
    }
}

fn address(probe: &AddressProbe) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    if let Some(local) = probe.local {
        rows.push(["from".to_owned(), local.to_string(), String::new()]);
    }
    rows.push(stage("connect to the endpoint mapper".to_owned(), &probe.connect));
    rows.extend(probe.bind.as_ref().map(|bind| stage("bind to it".to_owned(), bind)));
    for asked in &probe.interfaces {
        let label = names::label(asked.interface);
        let said = match &asked.answer {
            MapAnswer::Endpoints(bindings) => {
                bindings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            }
            MapAnswer::NotRegistered(code) => {
                format!("not registered ({code:#010x}): Windows error 1753")
            }
            MapAnswer::Failed(failure) => failure.to_string(),
        };
        rows.push([format!("ept_map {label}"), said, took(asked.took_ms, asked.retried)]);
        for port in &asked.ports {
            rows.push(stage(format!("connect to port {}", port.port), &port.connect));
            let bind = port.bind.as_ref();
            let how = if port.altered { "alter_context" } else { "bind" };
            rows.extend(bind.map(|bind| stage(format!("{how} to {label} there"), bind)));
        }
    }
    for port in &probe.well_known {
        let transport = if port.transport == Transport::Tcp { "TCP" } else { "UDP" };
        rows.push(stage(format!("{transport} port {}", port.port), &port.stage));
    }
    for who in &probe.identity {
        let said = who.outcome.as_ref().map_or_else(ToString::to_string, identity);
        rows.push([format!("who answers: {}", who.method), said, took(who.took_ms, who.retried)]);
    }
    rows
}

fn identity(who: &Identity) -> String {
    let parts = [
        ("", who.dns_name.clone()),
        ("NetBIOS ", who.netbios_name.clone()),
        ("domain ", who.domain.clone()),
        ("forest ", who.forest.clone()),
        ("site ", who.site.clone()),
        ("GUID ", who.dsa_guid.map(|guid| guid.to_string())),
    ];
    let said: Vec<String> =
        parts.into_iter().filter_map(|(name, value)| Some(format!("{name}{}", value?))).collect();
    said.join(", ")
}

fn endpoints(text: &mut String, report: &Report, arguments: &Arguments) {
    for probe in &report.observation.addresses {
        let Some(map) = &probe.map else { continue };
        let title = format!("endpoint map of {}", probe.address);
        let listed = match &map.endpoints {
            Ok(listed) => listed.len(),
            // Where nothing was reached, the stages above say so.
            Err(_) if probe.bind.is_none() => continue,
            Err(failure) => {
                let why = failed(failure, probe.map_code);
                let _ = writeln!(text, "{title}\n could not be read: {why}\n");
                continue;
            }
        };
        let wanted = interfaces(arguments);
        let shown = |entry: &&Entry| {
            entry.address == probe.address
                && (arguments.all || wanted.iter().any(|id| id.uuid == entry.uuid))
        };
        let entries: Vec<&Entry> = report.endpoints.iter().filter(shown).collect();
        let hidden = listed.saturating_sub(entries.len());
        let more = if hidden == 0 {
            format!("{title}: {listed} entries")
        } else {
            format!("{title}: {listed} entries, {hidden} of them not shown (--all)")
        };
        block(text, &more, listing::rows(entries));
    }
}

fn judgement(verdict: &Verdict) -> Vec<[String; 2]> {
    let mut rows = vec![
        ["state".to_owned(), verdict.state.to_string()],
        ["cause".to_owned(), verdict.cause.to_string()],
        ["side".to_owned(), verdict.side.to_string()],
    ];
    if let Some(culprit) = verdict.culprit.as_ref().map(Blamed::text) {
        rows.push(["culprit".to_owned(), format!("{}: {}", culprit.name, culprit.value)]);
    }
    rows.push(["confidence".to_owned(), verdict.confidence.to_string()]);
    if verdict.error.code != 0 {
        let error = format!("{} {}", verdict.error.code, verdict.error.name);
        rows.push(["error".to_owned(), error]);
    }
    for (index, step) in verdict.remedy.iter().enumerate() {
        let name = if index == 0 { "remedy" } else { "" };
        rows.push([name.to_owned(), step.clone()]);
    }
    rows
}
