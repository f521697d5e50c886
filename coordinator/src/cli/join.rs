//! `epmesh diagnose --join`.

use std::{
    fmt::Write as _,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::Context as _;
use epmesh_common::facts::Timestamp;
use epmesh_proto::v1::DiagnoseJoinRequest;

use super::{
    args::{ClientArguments, DiagnoseArguments},
    client::{Client, parse, reply},
    file::read,
    render::{self, labelled},
};
use crate::query::{JoinDiagnosis, SeenFrom};

/// Asks the coordinator.
pub(super) async fn answer(
    client: &ClientArguments,
    what: &DiagnoseArguments,
) -> anyhow::Result<JoinDiagnosis> {
    let bytes = |file: Option<&Path>| file.map(read).transpose().map(Option::unwrap_or_default);
    let request = DiagnoseJoinRequest {
        // The command line has both.
        client: what.destination.clone().unwrap_or_default(),
        dc: what.source.clone().unwrap_or_default(),
        now: what.now,
        netsetup_log: bytes(what.netsetup_log.as_deref())?,
        client_report: bytes(what.client_report.as_deref())?,
        client_report_at_ms: what.client_report.as_deref().map_or(Ok(0), written)?,
    };
    let mut client = Client::connect(client).await?;
    Ok(parse(reply(client.query.diagnose_join(request).await)?)?)
}

/// When a file was written, in milliseconds since 1970.
fn written(file: &Path) -> anyhow::Result<u64> {
    let time = std::fs::metadata(file).and_then(|file| file.modified());
    let time = time.with_context(|| {
        format!("the time at which {} was written cannot be read", file.display())
    })?;
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Ok(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// For people.
pub(super) fn render(join: &JoinDiagnosis, now: Timestamp, width: Option<u16>) -> String {
    let JoinDiagnosis { client, dc, verdict, .. } = join;
    let mut text =
        format!("{client} joins the domain at {dc}\n{}\n", verdict.state.as_str().to_uppercase());
    let by = match join.seen_from {
        SeenFrom::ClientAgent => format!("the agent on {client}"),
        SeenFrom::ClientReport => format!("the report that was made on {client}"),
        SeenFrom::Witnesses => {
            format!("{dc} and its witnesses: there is no look from {client} itself")
        }
    };
    let mut rows = vec![("", verdict.words.clone()), ("by", by)];
    for name in &join.silent {
        rows.push((
            "silent",
            format!(
                "no fresh look from {name}: its agent is not connected, or did not answer in time"
            ),
        ));
    }
    for link in &join.links {
        let words = match link.state {
            epmesh_common::diagnosis::State::Healthy => "reached".to_owned(),
            state => format!("{state}: {}", link.cause),
        };
        rows.push(("needs", format!("{}: {words}", link.interface)));
    }
    for port in &join.closed_ports {
        rows.push(("needs", format!("TCP {} ({}): {}", port.port, port.purpose, port.failure)));
    }
    text.push_str(&labelled(&rows, width));
    if !verdict.remedy.is_empty() {
        let _ = writeln!(text, "\nWhat to do");
        text.push_str(&render::numbered(&verdict.remedy, width));
    }
    let parts = [
        ("NETSETUP.LOG", &join.log),
        ("What others see", &join.witnesses),
        ("Missing", &join.missing),
    ];
    for (heading, lines) in parts {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{heading}");
            let rows: Vec<_> = lines.iter().map(|line| ("", line.clone())).collect();
            text.push_str(&labelled(&rows, width));
        }
    }
    if let Some(link) = &verdict.link {
        let _ = writeln!(text, "\nThe interface that decides");
        text.push_str(&render::verdict(link, &[], now, width));
    }
    text
}
