//! `epmesh incidents`, and what `epmesh incident` asks.

use std::fmt::Write;

use epmesh_common::facts::Timestamp;
use epmesh_proto::v1::{AcknowledgeRequest, IncidentRequest, IncidentsRequest, SilenceRequest};

use super::links::named;
use crate::{
    cli::{
        args::{IncidentArguments, IncidentCommand},
        client::{Client, ClientError, parse, reply},
        exit::Exit,
        render::{Column, ago, columns, labelled, moment, wrapped},
    },
    fleet::LinkCounts,
    incident::{IncidentDocument, IncidentList, IncidentRow, Status, so_many},
};

/// The least width of a terminal with room for the list's columns.
const NARROW: u16 = 120;

/// The columns of the list, from left to right.
const COLUMNS: [Column<IncidentRow>; 10] = [
    Column::new("ID", |row, _| row.id.clone()),
    Column::new("STATUS", |row, _| status(row.status).to_owned()),
    Column::new("STATE", |row, _| row.state.to_string()),
    Column::new("SIDE", |row, _| row.side.to_string()),
    Column::new("CAUSE", |row, _| row.cause.to_string()),
    Column::new("CONFIDENCE", |row, _| row.confidence.to_string()),
    Column::new("LINKS", |row, _| links(row)),
    Column::new("WHAT", |row, _| what(row)),
    Column::new("SINCE", |row, now| ago(row.first_seen, now)),
    Column::new("NOTE", notes),
];

pub(crate) async fn list(client: &mut Client, all: bool) -> Result<IncidentList, ClientError> {
    parse(reply(client.query.incidents(IncidentsRequest { all }).await)?)
}

/// The incident, shown or changed, and the exit status: 0 when it was changed; when it is shown, 1 while it
/// is open.
pub(crate) async fn answer(
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

/// The exit status: 1 when an incident is open or a link fails that none explains; else 4 when there are
/// unknown links: that nothing was found there does not say that all is well.
pub(crate) fn exit(list: &IncidentList) -> Exit {
    let is_open = list.incidents.iter().any(|row| row.status != Status::Resolved);
    match (is_open || !list.unexplained.is_empty(), list.seen.unknown) {
        (true, _) => Exit::Failing,
        (false, 0) => Exit::Healthy,
        (false, _) => Exit::Unknown,
    }
}

/// `epmesh incidents`.
#[must_use]
pub(crate) fn render_list(
    list: &IncidentList,
    all: bool,
    now: Timestamp,
    width: Option<u16>,
) -> String {
    let mut text = String::new();
    if list.incidents.is_empty() {
        let what = if all { "no incident is stored" } else { "no incident is open" };
        let _ = writeln!(text, "{what}");
    } else if width.is_some_and(|width| width < NARROW) {
        let rows: Vec<(&str, String)> =
            list.incidents.iter().map(|row| (row.id.as_str(), block(row, now))).collect();
        text.push_str(&labelled(&rows, width));
    } else {
        text.push_str(&columns(&COLUMNS, &list.incidents, now, width));
    }
    if !list.unexplained.is_empty() {
        let count = list.unexplained_in_all.max(list.unexplained.len());
        let links = so_many(count, "link is", "links are");
        let _ = writeln!(text, "\n{links} failing or latent, and explained by no incident:");
        named(&mut text, &list.unexplained, count, width);
    }
    let LinkCounts { links, unknown } = list.seen;
    if unknown > 0 {
        let are = if unknown == 1 { "is" } else { "are" };
        let said = format!(
            "{unknown} of {} {are} unknown: there is no fresh evidence, or what there is does not decide. \
             epmesh links lists them, epmesh diagnose says what is missing",
            so_many(links, "link", "links"),
        );
        let _ = write!(text, "\n{}", wrapped(&said, width));
    }
    text
}

/// The fault and, below it, the links that it hits: they tell its side.
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
    if let Some(at) = row.resolved {
        notes.push(format!("resolved at {}", moment(at, now)));
    }
    if let Some(silence) = &row.silenced {
        notes.push(format!("silenced until {}", moment(silence.until, now)));
    }
    if let Some(acknowledged) = &row.acknowledged {
        notes.push(format!("acknowledged by {}", acknowledged.by));
    }
    if row.unseen > 0 {
        notes.push(format!("{} without fresh evidence", so_many(row.unseen, "link", "links")));
    }
    if row.reopened > 0 {
        notes.push(format!("reopened {}", so_many(row.reopened, "time", "times")));
    }
    notes.join("; ")
}
