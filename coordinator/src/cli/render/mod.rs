//! Answers for people.

use std::fmt::Write;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use epmesh_common::{
    diagnosis::{EvidenceItem, State, Verdict},
    facts::{DnsName, Failure, Timestamp},
    rpc::{Binding, Endpoint, names},
};

use crate::{
    fleet::DcStatus,
    query::{AlertRow, Asked, Endpoints, LinkRow, MOST_ALERTS, NewToken},
};

/// How wide tables are where the terminal does not say.
pub(super) const WIDTH: u16 = 160;

pub(super) fn table(header: &[&str], width: Option<u16>) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width.unwrap_or(WIDTH));
    if !header.is_empty() {
        table.set_header(header.iter().copied());
    }
    table
}

pub(super) fn finish(table: &Table) -> String {
    // Without borders the columns begin with a blank; the trailing ones are noise.
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.strip_prefix(' ').unwrap_or(&line).trim_end());
        text.push('\n');
    }
    text
}

/// A sentence, in lines that are no longer than there is room.
pub(super) fn wrapped(text: &str, width: Option<u16>) -> String {
    let mut table = table(&[], width);
    table.add_row([text]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 0));
    }
    finish(&table)
}

/// Lines that begin with a label, wrapped behind it.
pub(super) fn labelled(rows: &[(&str, String)], width: Option<u16>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = table(&[], width);
    for (label, value) in rows {
        table.add_row([*label, value.trim()]);
    }
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(10)));
    }
    finish(&table)
}

/// A time of day for people: the date only where it is not today's.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> String {
    let text = at.to_string();
    let (date, time) = text.split_once('T').unwrap_or(("", &text));
    let time = time.split('.').next().unwrap_or(time).trim_end_matches('Z');
    let today = now.to_string();
    if today.starts_with(date) { time.to_owned() } else { format!("{date} {time}") }
}

/// How long ago, in the unit that fits.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.until(now).as_secs();
    match seconds {
        0..=119 => format!("{seconds} s ago"),
        120..=7_199 => format!("{} min ago", seconds / 60),
        7_200..=172_799 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// `epmesh dcs`.
#[must_use]
pub(super) fn dcs(rows: &[DcStatus], now: Timestamp, width: Option<u16>) -> String {
    if rows.is_empty() {
        return "no domain controller is known: enrol an agent first (epmesh token create)\n"
            .to_owned();
    }
    let header = ["DC", "AGENT", "VERSION", "LAST SEEN", "ADDRESS", "SITE", "REGISTERED", "SKEW"];
    // What is asked for least goes first where there is no room for all.
    let shown = |column: usize| !is_narrow(width) || !matches!(column, 2 | 5);
    let kept = |cells: [String; 8]| {
        let cells = cells.into_iter().enumerate();
        cells.filter(|(at, _)| shown(*at)).map(|(_, cell)| cell).collect::<Vec<_>>()
    };
    let header = kept(header.map(str::to_owned));
    let mut table = table(&header.iter().map(String::as_str).collect::<Vec<_>>(), width);
    let mut notes = String::new();
    for row in rows {
        let agent = match (row.agent, row.connected) {
            (false, _) => "none",
            (true, true) => "connected",
            (true, false) => "not connected",
        };
        let dash = || "-".to_owned();
        let addresses: Vec<String> = row.addresses.iter().map(ToString::to_string).collect();
        let missing: Vec<_> = row
            .registered
            .iter()
            .filter(|(_, held)| !**held)
            .map(|(interface, _)| names::label(*interface))
            .collect();
        let registered = match (row.registered.is_empty(), missing.is_empty()) {
            (true, _) => "not seen".to_owned(),
            (false, true) => "yes".to_owned(),
            (false, false) => format!("no: {}", missing.join(", ")),
        };
        table.add_row(kept([
            row.name.to_string(),
            agent.to_owned(),
            row.agent_version.clone().unwrap_or_else(dash),
            row.last_seen.map_or_else(dash, |at| ago(at, now)),
            if addresses.is_empty() { dash() } else { addresses.join(", ") },
            row.site.clone().unwrap_or_else(dash),
            registered,
            row.clock_skew_ms.map_or_else(dash, |skew| format!("{skew:+} ms")),
        ]));
        if row.dropped > 0 {
            let _ = writeln!(
                notes,
                "{}: its agent lost {} reports before they were sent",
                row.name, row.dropped
            );
        }
        for note in &row.notes {
            let _ = writeln!(notes, "{}: {note}", row.name);
        }
    }
    let mut text = finish(&table);
    if !notes.is_empty() {
        let _ = write!(text, "\n{notes}");
    }
    text
}

/// `epmesh links`.
#[must_use]
pub(super) fn links(rows: &[LinkRow], failing: bool, width: Option<u16>) -> String {
    if rows.is_empty() {
        let what = if failing { "no link is failing or latent" } else { "no link is known" };
        return format!("{what}\n");
    }
    if is_narrow(width) {
        return rows.iter().map(|row| two_lines(row, width)).collect();
    }
    let header =
        ["DESTINATION", "", "SOURCE", "INTERFACE", "STATE", "CAUSE", "SIDE", "SURE", "ERROR"];
    let mut table = table(&header, width);
    for row in rows {
        let error = if row.error == 0 { "-".to_owned() } else { row.error.to_string() };
        table.add_row([
            row.destination.to_string(),
            "<-".to_owned(),
            row.source.to_string(),
            row.interface.clone(),
            match &row.intermittent {
                Some(share) => format!("{}, {share}", row.state),
                None => row.state.to_string(),
            },
            row.cause.to_string(),
            row.side.to_string(),
            row.confidence.to_string(),
            error,
        ]);
    }
    finish(&table)
}

/// A link by its names, in two lines where there is no room for one: they are to be copied, and are not
/// broken.
pub(super) fn ends(
    destination: &DnsName,
    source: &DnsName,
    rest: &str,
    indent: &str,
    width: Option<u16>,
) -> String {
    let (from, to) = (format!("{indent}{destination}"), format!("<- {source}   {rest}"));
    let fits = width.is_none_or(|width| from.len() + 1 + to.len() <= usize::from(width));
    if fits { format!("{from} {to}\n") } else { format!("{from}\n{indent}  {to}\n") }
}

/// Whether a table of many columns would break its words.
pub(super) fn is_narrow(width: Option<u16>) -> bool {
    width.is_some_and(|width| width < 110)
}

/// A link on a narrow terminal.
fn two_lines(row: &LinkRow, width: Option<u16>) -> String {
    let mut text = ends(&row.destination, &row.source, &row.interface, "", width);
    let mut words = row.state.to_string();
    if row.state != State::Healthy {
        let _ = write!(words, ", {}, side: {}", row.cause, row.side);
    }
    let _ = write!(words, ", {}", row.confidence);
    if row.error != 0 {
        let _ = write!(words, ", error {}", row.error);
    }
    if let Some(share) = &row.intermittent {
        let _ = write!(words, ", intermittent: {share}");
    }
    text.push_str(&labelled(&[("", words)], width));
    text
}

/// `epmesh diagnose`.
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
    if let Some(culprit) = &v.culprit {
        rows.push(("culprit", format!("{}: {}", culprit.kind, culprit.name)));
        rows.push(("", culprit.value.clone()));
    }
    for name in silent {
        rows.push(("silent", format!("{name} did not look again: not connected, or not in time")));
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

/// Steps, each behind its number.
pub(super) fn numbered(steps: &[String], width: Option<u16>) -> String {
    let mut table = table(&[], width);
    for (number, step) in steps.iter().enumerate() {
        table.add_row([format!("{:>3}.", number + 1), step.clone()]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_padding((0, 1));
    }
    finish(&table)
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

/// `epmesh endpoints`.
#[must_use]
pub(super) fn endpoints(document: &Endpoints, now: Timestamp, width: Option<u16>) -> String {
    let mut text = String::new();
    for view in &document.own {
        let through = view.through;
        let _ =
            writeln!(text, "As {} sees its own map, {through}, {}", document.dc, ago(view.at, now));
        text.push_str(&listed(&view.endpoints, width));
        text.push('\n');
    }
    for view in &document.peers {
        let _ = writeln!(
            text,
            "As {} sees it at {}, {}",
            view.witness,
            view.address,
            ago(view.at, now)
        );
        match (&view.failure, &view.endpoints) {
            (Some(failure), _) => {
                let _ = writeln!(text, "{failure}");
            }
            (None, Some(endpoints)) => text.push_str(&listed(endpoints, width)),
            (None, None) => text.push_str(&asked(&view.interfaces, width)),
        }
        text.push('\n');
    }
    if text.is_empty() {
        let _ = writeln!(text, "nobody has seen the endpoint map of {}", document.dc);
    }
    text
}

fn listed(endpoints: &Result<Vec<Endpoint>, Failure>, width: Option<u16>) -> String {
    let endpoints = match endpoints {
        Ok(endpoints) if endpoints.is_empty() => return "no endpoint is registered\n".to_owned(),
        Ok(endpoints) => endpoints,
        Err(failure) => return format!("{failure}\n"),
    };
    let mut table = table(&["INTERFACE", "UUID", "BINDING", "ANNOTATION"], width);
    for endpoint in endpoints {
        let name = names::label(endpoint.interface);
        table.add_row([
            name.into_owned(),
            endpoint.interface.to_string(),
            binding(&endpoint.binding),
            endpoint.annotation.clone(),
        ]);
    }
    finish(&table)
}

/// A binding without the host: a tower's address is the server's idea of itself, often 0.0.0.0.
fn binding(binding: &Binding) -> String {
    format!("{}[{}]", binding.sequence, binding.endpoint)
}

fn asked(interfaces: &[Asked], width: Option<u16>) -> String {
    let mut table = table(&["INTERFACE", "EPT_MAP"], width);
    for asked in interfaces {
        let answer = match (&asked.failure, asked.not_registered) {
            (Some(failure), _) => failure.to_string(),
            (None, Some(status)) => format!("not registered ({status:#010x})"),
            (None, None) => {
                let list: Vec<String> = asked.bindings.iter().map(binding).collect();
                list.join(", ")
            }
        };
        table.add_row([names::label(asked.interface).into_owned(), answer]);
    }
    finish(&table)
}

/// `epmesh alerts list`.
#[must_use]
pub(super) fn alerts(rows: &[AlertRow], now: Timestamp, width: Option<u16>) -> String {
    if rows.is_empty() {
        return "no alert was sent, and none waits\n".to_owned();
    }
    let header = ["WHEN", "TYPE", "INCIDENT", "RECEIVER", "STATUS", "TRIES", "LAST TRY", "ID"];
    let mut table = table(&header, width);
    for row in rows {
        table.add_row([
            moment(row.at, now),
            row.kind.clone(),
            row.subject.clone(),
            row.receiver.clone(),
            format!("{} {}", row.status, moment(row.status_at, now)),
            row.tries.to_string(),
            row.last.clone().unwrap_or_else(|| "-".to_owned()),
            row.id.clone(),
        ]);
    }
    let mut text = finish(&table);
    if rows.len() >= MOST_ALERTS {
        let _ = writeln!(text, "\nthe latest {MOST_ALERTS}; older ones are not listed");
    }
    text
}

/// `epmesh token create`.
#[must_use]
pub(super) fn token(token: &NewToken) -> String {
    format!(
        "{}\n\nfor          {}\nuntil        {}\nauthority    {}\n\nIt is shown this once. On the domain controller:\n  epmesh-agent enroll --coordinator https://THIS-HOST:7353 --token TOKEN\n",
        token.token, token.scope, token.expires_at, token.ca_fingerprint
    )
}

#[cfg(test)]
mod tests;
