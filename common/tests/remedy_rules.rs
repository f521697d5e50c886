//! Rules for every remedy, over the scenario suite as a whole: an administrator may follow it step by step, at
//! night, and paste its commands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test panics where it is wrong"
)]

#[path = "suite/judged.rs"]
mod judged;
mod suite;

use std::net::IpAddr;

use epmesh_common::{
    diagnosis::{Cause, State},
    facts::{Answer, Platform, RecordType, Source},
};

use judged::{JUDGED, Judged};

/// The steps of a verdict one after another.
fn text(case: &Judged) -> String {
    case.verdict.remedy.join("\n")
}

/// Checks a rule over every case. `check` gives what is wrong and counts what it looked at: a rule that meets nothing
/// checks nothing.
fn holds(least: usize, mut check: impl FnMut(&Judged, &mut usize) -> Vec<String>) {
    let mut met = 0;
    let mut wrong = Vec::new();
    // Those in which something is to be done.
    let cases = JUDGED.iter().filter(|case| case.verdict.state != State::Healthy);
    for case in cases {
        let found = check(case, &mut met);
        wrong.extend(found.into_iter().map(|what| format!("{}: {what}", case.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(met >= least, "met {met} times only");
}

/// What follows `start` in a text, each time, up to the end of the line.
fn after<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let places = text.match_indices(start);
    let rest = |at: usize| text.get(at + start.len()..).unwrap_or_default();
    places.map(|(at, _)| rest(at).lines().next().unwrap_or_default()).collect()
}

/// The first word of a text, without what closes it.
fn word(text: &str) -> &str {
    let word = text.split_whitespace().next().unwrap_or_default();
    word.trim_end_matches([',', ';', ')', ':'])
}

/// The DNS servers to which a changing command goes.
fn changed_servers(text: &str) -> Vec<String> {
    const CHANGES: [&str; 4] = ["/RecordDelete", "/RecordAdd", "/ZoneUpdateFromDs", "/ZoneRefresh"];
    let dnscmd = after(text, "dnscmd ").into_iter().filter(|rest| {
        let verb = rest.split_whitespace().nth(1).unwrap_or_default();
        CHANGES.contains(&verb)
    });
    let samba = ["samba-tool dns delete ", "samba-tool dns add "];
    let samba = samba.into_iter().flat_map(|start| after(text, start));
    dnscmd.chain(samba).map(|rest| word(rest).to_owned()).collect()
}

#[test]
fn no_changing_command_goes_to_a_dns_server_that_no_domain_controller_has() {
    let mut foreign = 0;
    holds(50, |case, met| {
        let is_ours = |server: &str| {
            let address: Option<IpAddr> = server.parse().ok();
            address.is_some_and(|address| {
                address.is_loopback() || case.evidence.owners.contains_key(&address)
            })
        };
        let record = case.verdict.culprit.as_ref().and_then(|blamed| blamed.culprit()?.record());
        let servers = record.into_iter().flat_map(|record| &record.servers);
        foreign += servers.filter(|server| !is_ours(&server.address.to_string())).count();
        let changed = changed_servers(&text(case));
        *met += changed.len();
        changed.into_iter().filter(|server| !is_ours(server)).collect()
    });
    assert!(foreign >= 3, "a record is wrong on a server of others in {foreign} scenarios only");
}

/// What `reg add … /d` writes: a name that stands for the value and that Windows refuses, a value with one meaning
/// that the article has, or what was read from the host.
#[test]
fn no_command_writes_a_value_that_is_only_an_example() {
    const MEANT: [&str; 5] = ["PORT", "rpcrt4.dll", "1", "2", "Y"];
    holds(40, |case, met| {
        let text = text(case);
        let facts = serde_json::to_string(&case.evidence).expect("JSON");
        let is_read = |value: &str| facts.contains(value);
        let written = after(&text, " /d ");
        *met += written.len();
        let value = |rest: &str| {
            let quoted = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
            quoted.unwrap_or_else(|| word(rest)).to_owned()
        };
        let values = written.into_iter().map(value);
        let accounts = |value: &str| value.starts_with("NT AUTHORITY\\") || value == "LocalSystem";
        let mut wrong: Vec<String> = values
            .filter(|value| !MEANT.contains(&value.as_str()) && !is_read(value) && !accounts(value))
            .collect();
        wrong.extend(after(&text, "REG_MULTI_SZ").into_iter().map(str::to_owned));
        wrong
    });
}

/// Where every server that answers has neither alias nor address, it is Netlogon that registers again.
#[test]
fn where_all_records_are_gone_netlogon_registers_them() {
    holds(3, |case, met| {
        let link = &case.evidence.link;
        let own = case.evidence.observations.iter().rfind(|look| look.witness == link.destination);
        let lookups = own.into_iter().flat_map(|look| &look.seen.lookups);
        let dns = lookups.filter(|lookup| {
            matches!(lookup.source, Source::Dns(server) if case.evidence.owners.contains_key(&server))
        });
        let said: Vec<_> = dns.filter(|lookup| lookup.question.kind != RecordType::Aaaa).collect();
        let is_gone = |answer: &Answer| matches!(answer, Answer::NoSuchName | Answer::NoData);
        let text = text(case);
        let host = case.evidence.source.host.as_ref();
        let is_windows = host.is_some_and(|host| host.fact.platform == Platform::Windows);
        let is_named = case.verdict.error.code == 8524 && case.verdict.cause != Cause::Unknown;
        if said.is_empty() || !said.iter().all(|said| is_gone(&said.answer)) {
            return Vec::new();
        }
        if !is_windows
            || !is_named
            || text.contains("if that fails, check that the zone") && !text.contains("registerdns")
        {
            return Vec::new();
        }
        *met += 1;
        let complete = text.contains("ipconfig /registerdns")
            && text.contains("nltest /dsregdns")
            && text.contains("net start Netlogon");
        if complete { Vec::new() } else { vec![text] }
    });
}

#[test]
fn an_exception_comes_before_a_filter_is_deleted() {
    holds(4, |case, met| {
        let text = text(case);
        let Some(deleted) = text.find("netsh rpc filter delete") else { return Vec::new() };
        *met += 1;
        let kept = text.find("netsh rpc filter show filter >");
        let excepted = text.find("actiontype=permit");
        let in_order = kept.is_some() && kept < excepted && excepted < Some(deleted);
        if in_order && excepted.is_some() { Vec::new() } else { vec![text] }
    });
}

/// The registry key that a command names, without the quotes.
fn key(rest: &str) -> &str {
    let quoted = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
    quoted.unwrap_or_else(|| word(rest))
}

#[test]
fn a_registry_key_is_saved_before_it_is_changed() {
    holds(40, |case, met| {
        let text = text(case);
        let mut wrong = Vec::new();
        for change in ["reg add ", "reg delete "] {
            for (at, _) in text.match_indices(change) {
                *met += 1;
                let (before, rest) = text.split_at(at);
                let changed = key(rest.strip_prefix(change).unwrap_or_default());
                let saved = after(before, "reg export ");
                if !saved.iter().any(|saved| changed.starts_with(key(saved))) {
                    wrong.push(format!("{changed} is not saved first: {text}"));
                }
            }
        }
        wrong
    });
}

#[test]
fn a_file_a_record_and_the_rules_of_a_firewall_are_kept_before_they_are_changed() {
    let pairs = [
        ("remove the line ", "making a copy of the file"),
        ("/RecordDelete", "/EnumRecords"),
        ("samba-tool dns delete", "samba-tool dns query"),
        ("delete name Name=", "show name Name="),
        ("advfirewall firewall set rule", "advfirewall export"),
        ("advfirewall firewall add rule", "advfirewall export"),
    ];
    for (change, kept) in pairs {
        holds(1, |case, met| {
            let text = text(case);
            let Some(changed) = text.find(change) else { return Vec::new() };
            *met += 1;
            let before = text.get(..changed).unwrap_or_default();
            if before.contains(kept) { Vec::new() } else { vec![text] }
        });
    }
}

/// What works now goes on working without a restart: a start type, and a setting that is read at the next start, need
/// none.
#[test]
fn nothing_is_restarted_while_nothing_fails() {
    const RESTARTS: [&str; 4] = ["shutdown /r", "net stop ", "systemctl restart", "taskkill"];
    holds(30, |case, met| {
        if case.verdict.state != State::Latent {
            return Vec::new();
        }
        *met += 1;
        let steps = case.verdict.remedy.iter();
        // What helps only where the ordinary way does not is not done unless it has to be.
        let steps = steps.filter(|step| !step.starts_with("if ") && !step.starts_with("only "));
        steps
            .filter(|step| RESTARTS.iter().any(|restart| step.contains(restart)))
            .cloned()
            .collect()
    });
}

/// A step that only says to look at "which process answers" sends nobody anywhere.
#[test]
fn every_step_says_where_it_is_done_or_what_is_looked_at() {
    holds(200, |case, met| {
        *met += case.verdict.remedy.len();
        let vague = ["which process answers there", "ADDRESS-OF-IT", "{", "  "];
        let steps = case.verdict.remedy.iter();
        steps.filter(|step| vague.iter().any(|vague| step.contains(vague))).cloned().collect()
    });
}
