//! Rules for the words of the steps, and that the last one looks again.

use epmesh_common::{
    diagnosis::{Cause, State},
    facts::{Answer, Platform, RecordType, Source},
};

use crate::{cases::holds, commands::text};

/// Whoever has done something looks whether it helped: after an "unknown" with something to do as well.
#[test]
fn the_last_step_looks_again() {
    let mut unknown = 0;
    holds(1_000, |case, met| {
        let verdict = &case.verdict;
        let Some(last) = verdict.remedy.last() else {
            let is_well = verdict.state == State::Healthy;
            return if is_well { Vec::new() } else { vec!["nothing is to be done".to_owned()] };
        };
        // Where all is well, a step names what is not known, and nothing is done.
        if verdict.state == State::Healthy {
            let names = |step: &&String| !step.starts_with("needed to say more: ");
            return verdict.remedy.iter().filter(names).cloned().collect();
        }
        *met += 1;
        unknown += usize::from(verdict.state == State::Unknown);
        let link = &case.evidence.link;
        let looks = format!("then check: epmesh diagnose {} {}", link.destination, link.source);
        if last.starts_with(&looks) && last.contains(" --now") {
            Vec::new()
        } else {
            vec![last.clone()]
        }
    });
    assert!(unknown >= 100, "{unknown}");
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
