//! `epmesh incidents` and `epmesh incident`.

use std::fmt::Write;

use epmesh_common::{diagnosis::State, facts::Timestamp};
use epmesh_proto::v1::{AcknowledgeRequest, IncidentRequest, IncidentsRequest, SilenceRequest};

use super::{
    args::{IncidentArguments, IncidentCommand},
    client::{Client, ClientError, parse},
    render::{ago, finish, labelled, moment, table},
    run::{Exit, reply},
};
use crate::incident::{IncidentDocument, IncidentList, IncidentRow, LinkName, Status, so_many};

/// Links that are printed of each sort; JSON has all of them.
const PRINTED: usize = 40;

/// A terminal that is narrower has no room for the list's columns.
const NARROW: u16 = 120;

pub(super) async fn list(client: &mut Client, all: bool) -> Result<IncidentList, ClientError> {
    parse(reply(client.query.incidents(IncidentsRequest { all }).await)?)
}

/// The incident, shown or changed, and the exit status: done is done, shown tells whether it is over.
pub(super) async fn answer(
    client: &mut Client,
    what: IncidentArguments,
) -> Result<(IncidentDocument, Exit), ClientError> {
    let answer = match what.command {
        None => {
            let request = IncidentRequest { id: what.id.unwrap_or_default() };
            let incident: IncidentDocument = parse(reply(client.query.incident(request).await)?)?;
            let exit = if incident.is_open() { Exit::Failing } else { Exit::Healthy };
            return Ok((incident, exit));
        }
        Some(IncidentCommand::Ack { id, note }) => {
            client.operate.acknowledge(AcknowledgeRequest { id, note }).await
        }
        Some(IncidentCommand::Silence { id, time, why }) => {
            client.operate.silence(SilenceRequest { id, seconds: time.as_secs(), why }).await
        }
    };
    Ok((parse(reply(answer)?)?, Exit::Healthy))
}

/// 1 when an incident is open or a link fails that none explains.
pub(super) fn exit(list: &IncidentList) -> Exit {
    let is_open = list.incidents.iter().any(|row| row.status != Status::Resolved);
    if is_open || !list.unexplained.is_empty() { Exit::Failing } else { Exit::Healthy }
}

/// `epmesh incidents`.
#[must_use]
pub(super) fn render_list(
    list: &IncidentList,
    all: bool,
    now: Timestamp,
    width: Option<u16>,
) -> String {
    let mut text = String::new();
    if list.incidents.is_empty() {
        let what = if all { "no incident is kept" } else { "no incident is open" };
        let _ = writeln!(text, "{what}");
    } else if width.is_some_and(|width| width < NARROW) {
        let rows: Vec<(&str, String)> =
            list.incidents.iter().map(|row| (row.id.as_str(), block(row, now))).collect();
        text.push_str(&labelled(&rows, width));
    } else {
        let header =
            ["ID", "STATUS", "STATE", "SIDE", "CAUSE", "SURE", "LINKS", "WHAT", "SINCE", "NOTE"];
        let mut table = table(&header, width);
        for row in &list.incidents {
            table.add_row([
                row.id.clone(),
                status(row.status).to_owned(),
                row.state.to_string(),
                row.side.to_string(),
                row.cause.to_string(),
                row.confidence.to_string(),
                links(row),
                what(row),
                ago(row.first_seen, now),
                notes(row, now),
            ]);
        }
        text.push_str(&finish(&table));
    }
    if !list.unexplained.is_empty() {
        let count = list.unexplained.len();
        let links = so_many(count, "link fails", "links fail");
        let _ = writeln!(text, "\n{links}, or will, and no incident explains that:");
        named(&mut text, &list.unexplained);
    }
    text
}

/// The fault and, below it, whom it hits: that is what tells its side.
fn what(row: &IncidentRow) -> String {
    format!("{}\n{}", row.subject, row.pattern.words)
}

/// A row of the list where there is no room for its columns.
fn block(row: &IncidentRow, now: Timestamp) -> String {
    let since = ago(row.first_seen, now);
    let (status, links) = (status(row.status), links(row));
    let mut text = format!("{status}, {}, {since}: {}, ", row.state, row.cause);
    let _ = write!(text, "side {}, {}; links: {links}\n{}", row.side, row.confidence, what(row));
    let notes = notes(row, now);
    if !notes.is_empty() {
        let _ = write!(text, "\n{notes}");
    }
    text
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Open => "open",
        Status::Resolved => "resolved",
    }
}

fn links(row: &IncidentRow) -> String {
    match (row.failing, row.latent) {
        (failing, 0) => failing.to_string(),
        (0, latent) => format!("{latent} latent"),
        (failing, latent) => format!("{failing}, {latent} latent"),
    }
}

fn notes(row: &IncidentRow, now: Timestamp) -> String {
    let mut notes = Vec::new();
    if let Some(silence) = &row.silenced {
        notes.push(format!("silenced until {}", moment(silence.until, now)));
    }
    if let Some(acknowledged) = &row.acknowledged {
        notes.push(format!("acknowledged by {}", acknowledged.by));
    }
    if row.unseen > 0 {
        notes.push(format!("{} cannot be seen", so_many(row.unseen, "link", "links")));
    }
    if row.reopened > 0 {
        notes.push(format!("came back {}x", row.reopened));
    }
    notes.join("; ")
}

/// `epmesh incident ID`.
#[must_use]
pub(super) fn render(incident: &IncidentDocument, now: Timestamp, width: Option<u16>) -> String {
    let IncidentDocument { row, culprit, places, links, considered, timeline, .. } = incident;
    let mut text = String::new();
    let _ = writeln!(text, "{}   {}", row.id, row.subject);
    let state = match row.status {
        Status::Resolved => "RESOLVED".to_owned(),
        Status::Pending => format!("{} (pending)", row.state.as_str().to_uppercase()),
        Status::Open => row.state.as_str().to_uppercase(),
    };
    let _ = writeln!(text, "{state}   {}   side: {}   {}", row.cause, row.side, row.confidence);
    let _ = writeln!(text, "culprit   {}: {}", culprit.kind, culprit.name);
    let _ = writeln!(text, "          {}", culprit.value);
    if !places.is_empty() {
        let _ = writeln!(text, "seen on   {}", places.join(", "));
    }
    let _ = writeln!(text, "pattern   {}", row.pattern.words);
    let _ = writeln!(text, "since     {}", moment(row.first_seen, now));
    if let Some(at) = row.resolved {
        let why = incident.why.as_deref().unwrap_or_default();
        let _ = writeln!(text, "over      {}: {why}", moment(at, now));
    }
    if let Some(acknowledged) = &row.acknowledged {
        let note = acknowledged.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        let at = moment(acknowledged.at, now);
        let _ = writeln!(text, "looked after by {} since {at}{note}", acknowledged.by);
    }
    if let Some(silence) = &row.silenced {
        let until = moment(silence.until, now);
        let _ = writeln!(text, "silenced by {} until {until}: {}", silence.by, silence.why);
    }
    let failing = if row.status == Status::Resolved {
        so_many(row.failing, "link failed", "links failed")
    } else {
        so_many(row.failing, "link fails", "links fail")
    };
    section(&mut text, &format!("{failing} by it"), &links.failing);
    let latent = so_many(row.latent, "link", "links");
    section(&mut text, &format!("{latent} will fail by it"), &links.latent);
    section(
        &mut text,
        &format!("{} of its links cannot be seen now; it is not over before", row.unseen),
        &links.unseen,
    );
    section(&mut text, "Explained by another incident as well", &links.shared);
    if !considered.is_empty() {
        let _ = writeln!(text, "\nConsidered and left");
        let mut table = table(&["WHAT", "EXPLAINS", "BECAUSE"], width);
        for other in considered {
            let explains = format!("{} of {}", other.explains, other.of);
            table.add_row([other.name.clone(), explains, other.why.clone()]);
        }
        text.push_str(&finish(&table));
    }
    if !timeline.is_empty() {
        let _ = writeln!(text, "\nTimeline");
        let mut table = table(&["WHEN", "WHAT", "", "BY"], width);
        for (index, entry) in timeline.iter().enumerate() {
            let by = entry.by.clone().unwrap_or_default();
            let kind = entry.kind.as_str().to_owned();
            table.add_row([moment(entry.at, now), kind, entry.text.clone(), by]);
            if index == 0 && incident.left_out > 0 {
                let left_out = format!("{} entries left out", incident.left_out);
                table.add_row([String::new(), String::new(), left_out, String::new()]);
            }
        }
        text.push_str(&finish(&table));
    }
    if row.status == Status::Open
        && row.state != State::Healthy
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

fn section(text: &mut String, title: &str, links: &[LinkName]) {
    if links.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    named(text, links);
}

fn named(text: &mut String, links: &[LinkName]) {
    for link in links.iter().take(PRINTED) {
        let standing = link.standing.map(|standing| format!("   {standing}")).unwrap_or_default();
        let LinkName { destination, source, interface, .. } = link;
        let _ = writeln!(text, "  {destination} <- {source}   {interface}{standing}");
    }
    if links.len() > PRINTED {
        let _ = writeln!(text, "  and {} more: --output json has all", links.len() - PRINTED);
    }
}

#[cfg(test)]
mod tests;
