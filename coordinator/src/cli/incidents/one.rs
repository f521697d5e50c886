//! `epmesh incident ID`.

use std::fmt::Write;

use epmesh_common::{facts::Timestamp, incident::Alternative};

use super::links::named;
use crate::{
    cli::render::{finish, is_narrow, labelled, moment, table, wrapped},
    incident::{IncidentDocument, IncidentRow, LinkName, Status, so_many},
};

/// Places that are printed; JSON has more.
const PLACES: usize = 10;

#[must_use]
pub(crate) fn render(incident: &IncidentDocument, now: Timestamp, width: Option<u16>) -> String {
    let IncidentDocument { row, links, .. } = incident;
    let mut text = labelled(&[(row.id.as_str(), row.subject.clone())], width);
    let state = match row.status {
        Status::Resolved => "RESOLVED".to_owned(),
        Status::Pending => format!("{} (pending)", row.state.as_str().to_uppercase()),
        Status::Open => row.state.as_str().to_uppercase(),
    };
    let _ = writeln!(text, "{state}   {}   side: {}   {}", row.cause, row.side, row.confidence);
    text.push_str(&labelled(&said(incident, now), width));
    let is_over = row.status == Status::Resolved;
    let failing = match is_over {
        true => so_many(row.failing, "link failed", "links failed"),
        false => so_many(row.failing, "link fails", "links fail"),
    };
    let latent = so_many(row.latent, "link", "links");
    let will = if is_over { "would have failed" } else { "will fail" };
    let unseen = row.unseen;
    for (title, links, in_all) in [
        (format!("{failing} because of it"), &links.failing, row.failing),
        (format!("{latent} {will} because of it"), &links.latent, row.latent),
        (
            format!(
                "{} without fresh evidence; the incident stays open until there is some",
                so_many(unseen, "link", "links")
            ),
            &links.unseen,
            unseen,
        ),
        (
            "Links that another incident explains as well".to_owned(),
            &links.shared,
            links.shared.len(),
        ),
    ] {
        if !links.is_empty() {
            let _ = writeln!(text, "\n{title}");
            named(&mut text, links, in_all, width);
        }
    }
    text.push_str(&alternatives(incident, width));
    text.push_str(&timeline(incident, now, width));
    if row.status == Status::Open
        && let Some(link) = links.failing.first().or(links.latent.first())
    {
        let LinkName { destination, source, interface, .. } = link;
        let _ = writeln!(
            text,
            "\nProof and remedy: epmesh diagnose {destination} {source} --interface {interface:?}"
        );
    }
    text
}

/// The incident in labelled lines.
fn said(incident: &IncidentDocument, now: Timestamp) -> Vec<(&'static str, String)> {
    let IncidentDocument { row, culprit, places, .. } = incident;
    let mut rows = vec![
        ("culprit", format!("{}: {}", culprit.kind, culprit.name)),
        ("", culprit.value.clone()),
    ];
    if !places.is_empty() {
        let mut list = places.iter().take(PLACES).cloned().collect::<Vec<_>>().join(", ");
        if places.len() > PLACES {
            let _ = write!(list, " and {} more", places.len() - PLACES);
        }
        rows.push(("seen on", list));
    }
    rows.push(("pattern", row.pattern.words.clone()));
    rows.push(("since", since(row, now)));
    if let Some(at) = row.resolved {
        let why = incident.why.as_deref().unwrap_or_default();
        rows.push(("resolved", format!("{}: {why}", moment(at, now))));
    }
    if let Some(acknowledged) = &row.acknowledged {
        let note = acknowledged.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        let at = moment(acknowledged.at, now);
        rows.push(("operator", format!("acknowledged by {} at {at}{note}", acknowledged.by)));
    }
    if let Some(silence) = &row.silenced {
        let until = moment(silence.until, now);
        rows.push((
            "operator",
            format!("silenced by {} until {until}: {}", silence.by, silence.why),
        ));
    }
    rows
}

fn since(row: &IncidentRow, now: Timestamp) -> String {
    let first = moment(row.first_seen, now);
    let Some(opened) = row.opened.filter(|_| row.reopened > 0) else { return first };
    let times = so_many(row.reopened, "time", "times");
    format!("{first}; reopened {times}, last at {}", moment(opened, now))
}

fn alternatives(incident: &IncidentDocument, width: Option<u16>) -> String {
    if incident.alternatives.is_empty() {
        return String::new();
    }
    let rows = incident.alternatives.iter().map(|other| {
        let explains = format!("{} of {}", other.explains, other.of);
        (other.name.clone(), explains, other.why.clone())
    });
    let first =
        if incident.alternatives.len() < Alternative::MOST { "" } else { ", the first of them" };
    let mut text = format!(
        "
Other explanations considered{first}
"
    );
    if is_narrow(width) {
        for (name, explains, why) in rows {
            text.push_str(&wrapped(&name, width));
            text.push_str(&labelled(&[("", format!("explains {explains}; {why}"))], width));
        }
        return text;
    }
    let mut table = table(&["WHAT", "EXPLAINS", "BECAUSE"], width);
    for (name, explains, why) in rows {
        table.add_row([name, explains, why]);
    }
    text.push_str(&finish(&table));
    text
}

fn timeline(incident: &IncidentDocument, now: Timestamp, width: Option<u16>) -> String {
    if incident.timeline.is_empty() {
        return String::new();
    }
    let is_narrow = is_narrow(width);
    let header: &[&str] = if is_narrow { &["WHEN", "WHAT"] } else { &["WHEN", "WHAT", "", "BY"] };
    let mut table = table(header, width);
    for (index, entry) in incident.timeline.iter().enumerate() {
        let (at, kind) = (moment(entry.at, now), entry.kind.as_str().to_owned());
        let by = entry.by.clone().unwrap_or_default();
        if is_narrow {
            let by = if by.is_empty() { by } else { format!(" by {by}") };
            let text = entry.text.trim();
            let text = if text.is_empty() { String::new() } else { format!(": {text}") };
            table.add_row([at, format!("{kind}{by}{text}")]);
        } else {
            table.add_row([at, kind, entry.text.clone(), by]);
        }
        if index == 0 && incident.left_out > 0 {
            let left_out = format!("{} left out", so_many(incident.left_out, "entry", "entries"));
            match is_narrow {
                true => table.add_row([String::new(), left_out]),
                false => table.add_row([String::new(), String::new(), left_out, String::new()]),
            };
        }
    }
    format!("\nTimeline\n{}", finish(&table))
}
