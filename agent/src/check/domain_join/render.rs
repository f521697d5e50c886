//! The findings as text for people.

use std::fmt::Write as _;

use epmesh_common::{diagnosis::State, facts::Failure};

use super::{
    findings::{Controller, Findings},
    ports::Port,
    srv::{Srv, SrvAnswer, SrvLookup},
};
use crate::check::{args::Arguments, render, report::Exit};

pub(super) fn table(found: &Findings, arguments: &Arguments) -> String {
    let mut text = format!("joining {} from here\n\n", found.domain);
    if let Some(log) = &found.log {
        let _ = writeln!(text, "the log");
        for line in log.words() {
            let _ = writeln!(text, " {line}");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "domain controllers, by DNS");
    for lookup in &found.lookups {
        let _ = writeln!(text, " DNS server {}: {}", lookup.server, said(lookup));
    }
    text.push('\n');
    for controller in &found.controllers {
        one(&mut text, controller, arguments);
    }
    let _ = writeln!(text, "{}", conclusion(found));
    for note in &found.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

fn said(lookup: &SrvLookup) -> String {
    let name = &lookup.name;
    match &lookup.answer {
        SrvAnswer::Records(records) => {
            let record = |one: &Srv| {
                format!("{} (priority {}, weight {})", one.target, one.priority, one.weight)
            };
            records.iter().map(record).collect::<Vec<_>>().join(", ")
        }
        SrvAnswer::NoSuchName => format!("there is no {name} (NXDOMAIN)"),
        SrvAnswer::NoData => format!("{name} has no SRV record"),
        SrvAnswer::Code(code) => format!("it answered {code} for {name}"),
        SrvAnswer::Failed(why) => format!("not known: {why}"),
    }
}

fn one(text: &mut String, controller: &Controller, arguments: &Arguments) {
    let state = match controller.exit() {
        Exit::Healthy => "everything that a join needs is reached",
        Exit::Failing => "something that a join needs is wrong",
        Exit::Unknown => "it cannot be said",
    };
    let _ = writeln!(text, "{}: {state}", controller.name);
    if controller.named_by.is_empty() {
        let _ = writeln!(text, " named by the log alone, by no DNS server");
    }
    for verdict in &controller.report.verdicts {
        let _ = match verdict.state {
            State::Healthy => writeln!(text, " {}: {}", verdict.interface, verdict.state),
            state => writeln!(text, " {}: {state}, {}", verdict.interface, verdict.cause),
        };
    }
    for port in controller.ports.iter().filter(|port| port.failure.is_some()) {
        let _ = writeln!(text, " {}", missed(port));
    }
    let tried = controller.ports.len();
    let reached = controller.ports.iter().filter(|port| port.failure.is_none()).count();
    let _ = writeln!(text, " well-known TCP ports: {reached} of {tried} reached");
    if controller.report.exit() != Exit::Healthy || arguments.all {
        text.push('\n');
        text.push_str(&render::table(&controller.report, arguments));
    }
    text.push('\n');
}

fn missed(port: &Port) -> String {
    let Port { address, port: number, purpose, needed, failure } = port;
    let failure = failure.as_ref().map_or_else(String::new, Failure::to_string);
    let weight = if *needed { "" } else { ", which a join can do without" };
    format!("{address} port {number} ({purpose}){weight}: {failure}")
}

fn conclusion(found: &Findings) -> String {
    let domain = &found.domain;
    match (found.exit(), found.controllers.is_empty()) {
        (Exit::Failing, true) => format!(
            "a join to {domain} fails before it begins: no DNS server names a domain controller \
             (Windows error 1355, 0x54b). Point this host at DNS servers of the domain, or check \
             the domain's name"
        ),
        (Exit::Unknown, true) => format!(
            "whether {domain} has domain controllers is not known: no DNS server gave a usable \
             answer. Check the DNS servers of this host and the way to them (UDP and TCP 53)"
        ),
        (Exit::Healthy, _) => format!("a join to {domain} reaches everything that it needs"),
        (Exit::Failing, false) => {
            format!("a join to {domain} can fail: see what is wrong above")
        }
        (Exit::Unknown, false) => {
            format!("whether a join to {domain} reaches what it needs cannot be said")
        }
    }
}
