//! Rules for the words of every verdict, over the scenario suite as a whole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test panics where it is wrong"
)]

#[path = "suite/judged.rs"]
mod judged;
mod suite;

use std::{collections::BTreeSet, net::IpAddr};

use epmesh_common::diagnosis::{Blamed, CulpritText, Evidence, Verdict};

use judged::{JUDGED, Judged};

/// The words of a text, without what stands around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(|word| word.trim_matches(['(', ')', ',', ';', ':', '"']))
}

fn has_address(text: &str) -> bool {
    words(text).any(|word| word.parse::<IpAddr>().is_ok())
}

fn has_number(text: &str) -> bool {
    words(text).any(|word| word.parse::<u16>().is_ok())
}

fn has_guid(text: &str) -> bool {
    words(text).any(|word| word.len() == 36 && word.split('-').count() == 5)
}

/// Whether a culprit names the thing itself: its address, or the file and line, the service, the registry value, the
/// object that it is, and whose.
fn names_itself(culprit: &CulpritText, verdict: &Verdict) -> bool {
    let CulpritText { kind, name, value } = culprit;
    let dcs = [&verdict.source, &verdict.destination];
    let names_dc = dcs.iter().any(|dc| name.contains(dc.as_str()));
    let both = format!("{name} {value}");
    match kind.as_str() {
        "hosts-line" | "lmhosts-line" => {
            let numbered = name.split(" on ").next().and_then(|file| file.rsplit(':').next());
            numbered.is_some_and(|line| line.parse::<u32>().is_ok())
                && has_address(value)
                && names_dc
        }
        "wins-record" => has_address(name) && has_address(value),
        "dns-cache" | "system-resolver" => has_address(value) && names_dc,
        "dns-record" => has_address(name) || name.contains(" in "),
        "dns-server" | "address" => has_address(name),
        "ntds-settings" => has_guid(value) && names_dc,
        // The service that should have registered, or the address at which it is said not to be.
        "registration" => {
            names_dc
                && (name.contains(" on ") || has_address(&both) || value.contains("endpoint map"))
        }
        "service" => names_dc && name.contains(" on "),
        "boot-mode" => names_dc && value.contains("started in"),
        "endpoint-mapper" => has_address(&both) && both.contains("135"),
        "port" | "answer" | "path" => {
            has_address(name) && has_number(name) && name.contains(verdict.source.as_str())
        }
        "firewall" => has_address(name) && has_number(value) && names_dc,
        "rpc-filter" => has_guid(name) && names_dc,
        "registry-value" => name.starts_with("HKLM\\") && names_dc,
        "static-port" => {
            has_number(value) && (name.contains("HKLM\\") || name.contains("dfsrdiag"))
        }
        "port-range" => names_dc && name.contains('-'),
        "replication" => dcs.iter().all(|dc| name.contains(dc.as_str())) && name.contains("DC="),
        other => panic!("{other}: a kind of culprit without a rule"),
    }
}

#[test]
fn every_culprit_names_its_address_file_service_or_value() {
    let mut wrong = Vec::new();
    let mut kinds = BTreeSet::new();
    for Judged { name: file, verdict, .. } in &*JUDGED {
        let Some(culprit) = verdict.culprit.as_ref().map(Blamed::text) else { continue };
        if !names_itself(&culprit, verdict) {
            wrong.push(format!("{file}: {culprit}"));
        }
        // What is wrong is said of a noun.
        if ["it ", "they ", "its "].iter().any(|pronoun| culprit.value.starts_with(pronoun))
            && !culprit.value.starts_with("its endpoint mapper")
            && !culprit.value.starts_with("its own endpoint map")
        {
            wrong.push(format!("{file}: of what is it said? {culprit}"));
        }
        kinds.insert(culprit.kind);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(kinds.len() >= 20, "{kinds:?}");
}

/// Every sentence of a verdict but its proof.
fn sentences(verdict: &Verdict) -> Vec<String> {
    let culprit = verdict.culprit.as_ref().map(|blamed| blamed.text().to_string());
    let out = verdict.ruled_out.iter().map(|out| out.why.clone());
    culprit.into_iter().chain(out).chain(verdict.remedy.iter().cloned()).collect()
}

/// Whether anybody was refused for want of rights.
fn is_denied(evidence: &Evidence) -> bool {
    let text = serde_json::to_string(evidence).expect("JSON");
    [
        "access-denied",
        "AccessDenied",
        "access denied",
        "\"fault\":",
        "\"last-result\":5,",
        "\"last-result\":8453",
    ]
    .iter()
    .any(|word| text.contains(word))
}

#[test]
fn not_registered_is_never_called_denied_and_one_port_is_no_path() {
    let mut wrong = Vec::new();
    let mut told = 0;
    for Judged { name: file, evidence, verdict, .. } in &*JUDGED {
        for sentence in sentences(verdict) {
            let denies = sentence.contains("denied") || sentence.contains("denies");
            let is_of_rights =
                sentence.contains("access denied") || sentence.contains("access was denied");
            if denies && !(is_of_rights && is_denied(evidence)) {
                wrong.push(format!("{file}: {sentence}"));
            }
            if sentence.contains("is cut")
                && !sentence.contains("looks like a path that is cut")
                && !sentence.contains("see where it is cut")
            {
                wrong.push(format!("{file}: {sentence}"));
            }
            told += usize::from(sentence.contains("the destination is told \"not registered\""));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(told >= 5, "{told}");
}

/// Whether it is a time as verdicts write it, which sorts as text.
fn is_time(word: &str) -> bool {
    word.len() == "2026-11-21T12:00:00Z".len() && word.ends_with('Z') && word.contains('T')
}

/// A time within a proof is on the coordinator's clock, whatever that of the host says: it never lies in the future.
#[test]
fn no_time_in_a_verdict_lies_in_the_future() {
    let mut wrong = Vec::new();
    let mut ahead = 0;
    for Judged { name: file, at, evidence, verdict } in &*JUDGED {
        let now = at.to_string();
        ahead += usize::from(evidence.source.clock_ahead_ms > 0);
        let proof =
            verdict.evidence.iter().flat_map(|item| [Some(item.fact.clone()), item.raw.clone()]);
        for text in proof.flatten().chain(sentences(verdict)) {
            let mut times = words(&text).filter(|word| is_time(word));
            if times.any(|at| at > now.as_str()) {
                wrong.push(format!("{file}: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ahead >= 2, "{ahead}");
}
