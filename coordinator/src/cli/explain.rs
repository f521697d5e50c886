//! `epmesh explain`.

use std::{
    fmt::Write as _,
    fs::File,
    io::{Read, stdin},
    path::Path,
};

use anyhow::Context;
use epmesh_common::{
    diagnosis::State,
    reports::{self, Party},
    rpc::names,
};
use epmesh_proto::v1::ExplainRequest;

use super::{
    args::ClientArguments,
    client::{Client, parse},
    run::{Exit, reply},
};
use crate::query::{ExplainedPair, Explanation};

/// What a file says, and why no coordinator was asked where none was.
pub(super) async fn answer(
    file: &Path,
    offline: bool,
    client: &ClientArguments,
) -> anyhow::Result<(Explanation, Option<String>)> {
    let name = file.display();
    let most = u64::try_from(reports::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        stdin().take(most).read_to_end(&mut bytes).context("standard input cannot be read")?;
    } else {
        let opened = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
        opened
            .take(most)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{name} cannot be read"))?;
    }
    let report = reports::read(&bytes).with_context(|| format!("{name} cannot be explained"))?;
    if offline {
        return Ok((Explanation::offline(report), Some("none was asked".to_owned())));
    }
    let asked = async {
        let mut client = Client::connect(client).await?;
        parse(reply(client.query.explain(ExplainRequest { report: bytes }).await)?)
    };
    // A report is read by people whose coordinator is down, too.
    Ok(match asked.await {
        Ok(answer) => (answer, None),
        Err(error) => (Explanation::offline(report), Some(error.to_string())),
    })
}

/// By the verdicts where there are any, else by the report.
pub(super) fn exit(answer: &Explanation) -> Exit {
    let states = answer.pairs.iter().map(|pair| match &pair.verdict {
        Some(verdict) => verdict.state,
        None => State::Failing,
    });
    match Exit::of(states) {
        Exit::Healthy if answer.report.told.is_empty() => Exit::Unknown,
        exit => exit,
    }
}

/// For people.
pub(super) fn render(answer: &Explanation, why: Option<&str>) -> String {
    let mut text = String::new();
    let report = &answer.report;
    for part in &report.parts {
        let at = part.at;
        let _ = writeln!(text, "lines {}-{}: {}", at.first_line, at.last_line, part.tool.words());
    }
    if report.told.is_empty() {
        let _ = writeln!(text, "nothing in it is of a tool that is known here");
    }
    for explained in &answer.pairs {
        pair(&mut text, explained);
    }
    for list in &answer.lists {
        let _ = writeln!(text, "\n{list}");
    }
    let worked = report.told.iter().filter(|t| t.outcome == reports::Outcome::Succeeded).count();
    let _ = writeln!(text, "\n{} rows, {worked} of them worked", report.told.len());
    for told in report.told.iter().filter(|told| {
        matches!(told.outcome, reports::Outcome::Unclear | reports::Outcome::Delayed)
    }) {
        let _ =
            writeln!(text, "line {}: not a failure by itself: {}", lines(&told.lines), told.words);
    }
    if report.rows_left_out > 0 {
        let _ = writeln!(text, "{} more rows were left out", report.rows_left_out);
    }
    if !report.unread.is_empty() {
        let _ = writeln!(text, "\nCould not be read");
    }
    for unread in &report.unread {
        let more =
            if unread.cut > 0 { format!(" … ({} more)", unread.cut) } else { String::new() };
        let _ = writeln!(text, "  {}: {}{more}", unread.line, unread.text);
    }
    if report.unread_left_out > 0 {
        let _ = writeln!(text, "  and {} more lines", report.unread_left_out);
    }
    if let Some(why) = why {
        let _ = writeln!(
            text,
            "\nwithout a coordinator, this is what the report says by itself: {why}"
        );
    }
    text
}

fn pair(text: &mut String, explained: &ExplainedPair) {
    let pair = &explained.pair;
    let name = |party: &Option<Party>| {
        party.as_ref().map_or_else(|| "(not named)".to_owned(), Party::label)
    };
    let interface =
        pair.interface.map_or_else(String::new, |id| format!("   {}", names::label(id)));
    let _ = writeln!(text, "\n{} <- {}{interface}", name(&pair.destination), name(&pair.source));
    if let Some(code) = pair.code {
        let _ = writeln!(text, "error     {code} {}", pair.error.as_deref().unwrap_or(""));
    }
    for context in &pair.naming_contexts {
        let _ = writeln!(text, "context   {context}");
    }
    for says in &pair.says {
        let _ = writeln!(text, "          {says}");
    }
    if let Some(ask) = &pair.ask {
        let _ = writeln!(text, "ask       {ask}");
    }
    let _ = writeln!(text, "lines     {}", lines(&pair.lines));
    if let Some(verdict) = &explained.verdict {
        let _ = writeln!(
            text,
            "verdict   {} {}   side: {}   {}   (epmesh diagnose {} {})",
            verdict.state,
            verdict.cause,
            verdict.side,
            verdict.confidence,
            verdict.destination,
            verdict.source
        );
    }
    if let Some(why) = &explained.no_verdict {
        let _ = writeln!(text, "verdict   none: {why}");
    }
}

/// `3-7, 12`.
fn lines(all: &[u32]) -> String {
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    for line in all {
        match stretches.last_mut() {
            Some((_, last)) if last.saturating_add(1) == *line => *last = *line,
            _ => stretches.push((*line, *line)),
        }
    }
    let written = stretches.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    written.collect::<Vec<_>>().join(", ")
}
