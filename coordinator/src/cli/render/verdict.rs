//! `epmesh diagnose`.

use std::fmt::Write;

use epmesh_common::{
    diagnosis::{Blamed, EvidenceItem, State, Verdict},
    facts::{DnsName, Timestamp},
};

use super::{
    links::ends,
    table::{finish, is_narrow, labelled, numbered, table},
    time::moment,
};

/// A verdict: state, cause and culprit, what to do, the proof, what was ruled out.
#[must_use]
pub fn verdict(v: &Verdict, silent: &[DnsName], now: Timestamp, width: Option<u16>) -> String {
    let mut text = String::new();
    text.push_str(&ends(&v.destination, &v.source, &v.interface, "", width));
    let state = v.state.as_str().to_uppercase();
    if v.state == State::Healthy {
        let _ = writeln!(text, "{state}   {}", v.confidence);
    } else {
        let _ = writeln!(text, "{state}   {}   side: {}   {}", v.cause, v.side, v.confidence);
    }
    let mut rows = Vec::new();
    if let Some(share) = &v.intermittent {
        rows.push(("hits", format!("{share}: intermittent")));
    }
    if v.error.code != 0 {
        rows.push(("error", format!("{} {}", v.error.code, v.error.name)));
    }
    if let Some(culprit) = v.culprit.as_ref().map(Blamed::text) {
        rows.push(("culprit", format!("{}: {}", culprit.kind, culprit.name)));
        rows.push(("", culprit.value));
    }
    for name in silent {
        rows.push((
            "silent",
            format!(
                "no fresh look from {name}: its agent is not connected, or did not answer in time"
            ),
        ));
    }
    text.push_str(&labelled(&rows, width));
    if !v.remedy.is_empty() {
        let _ = writeln!(text, "\nWhat to do");
        text.push_str(&numbered(&v.remedy, width));
    }
    if !v.evidence.is_empty() {
        let _ = writeln!(text, "\nProof");
        text.push_str(&proof(&v.evidence, now, width));
    }
    if !v.ruled_out.is_empty() {
        let _ = writeln!(text, "\nRuled out");
        let mut table = table(&["CAUSE", "BECAUSE"], width);
        for out in &v.ruled_out {
            table.add_row([out.cause.to_string(), out.why.clone()]);
        }
        text.push_str(&finish(&table));
    }
    text
}

fn proof(items: &[EvidenceItem], now: Timestamp, width: Option<u16>) -> String {
    if is_narrow(width) {
        let mut table = table(&["STEP", "WITNESS", "SEEN", "FACT"], width);
        for item in items {
            let raw = item.raw.as_ref().map_or_else(String::new, |raw| format!(" [{raw}]"));
            table.add_row([
                item.step.to_string(),
                item.witness.host().to_owned(),
                moment(item.at, now),
                format!("{}{raw}", item.fact),
            ]);
        }
        return finish(&table);
    }
    let mut table = table(&["STEP", "WITNESS", "SEEN", "FACT", "RAW"], width);
    for item in items {
        table.add_row([
            item.step.to_string(),
            item.witness.host().to_owned(),
            moment(item.at, now),
            item.fact.clone(),
            item.raw.clone().unwrap_or_default(),
        ]);
    }
    finish(&table)
}
