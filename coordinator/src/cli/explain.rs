//! `epmesh explain`.

use std::{collections::HashMap, fmt::Write as _, path::Path};

use anyhow::Context;
use epmesh_common::{
    diagnosis::{Blamed, State, Verdict},
    reports::{
        self, Outcome, Party, Tool,
        explain::{failed_tests, list_outcomes},
    },
    rpc::names,
};
use epmesh_proto::v1::ExplainRequest;

use super::{
    args::ClientArguments,
    client::{Client, ClientError, parse, reply},
    exit::Exit,
    file::read,
    render::{labelled, links},
};
use crate::query::{ExplainedPair, Explanation};

mod ranges;
mod rest;

use self::ranges::lines;

/// How many parts of a file are named.
const MAX_PARTS: usize = 40;

/// Another tool's report explained: with a coordinator's verdicts, or by itself.
pub(super) async fn answer(
    file: &Path,
    offline: bool,
    client: &ClientArguments,
) -> anyhow::Result<Explanation> {
    let bytes = read(file)?;
    let name = file.display();
    let report = reports::read(&bytes).with_context(|| format!("{name} cannot be explained"))?;
    if offline {
        return Ok(Explanation::offline(report, "it was not asked (--offline)".to_owned()));
    }
    let asked = async {
        let mut client = Client::connect(client).await?;
        parse(reply(client.query.explain(ExplainRequest { report: bytes }).await)?)
    };
    // A report is read by people whose coordinator is down, too.
    Ok(asked.await.unwrap_or_else(|error: ClientError| {
        Explanation::offline(report, format!("{:#}", anyhow::Error::new(error)))
    }))
}

/// By the verdicts where there are any, else by the report; apart from both, whether a coordinator
/// that was wanted could not be asked.
pub(super) fn exit(answer: &Explanation, offline: bool) -> Exit {
    if !answer.with_coordinator && !offline {
        return Exit::Unreachable;
    }
    let states = answer.pairs.iter().map(|pair| match &pair.verdict {
        Some(verdict) => verdict.state,
        None => State::Failing,
    });
    let states = states.chain(answer.others.iter().map(|row| row.state));
    let lists = list_outcomes(&answer.report).into_iter().map(|outcome| match outcome {
        Outcome::Failed => State::Failing,
        Outcome::Unclear | Outcome::Delayed => State::Unknown,
        Outcome::Succeeded => State::Healthy,
    });
    let states = states.chain(lists);
    let failed = (!failed_tests(&answer.report).is_empty()).then_some(State::Failing);
    let report = &answer.report;
    // What a report does not tell, has past a limit, or says in a line that could not be read, may be a failure.
    let unclear = report.told.iter().any(|told| told.outcome == Outcome::Unclear);
    let unread = report.unread_left_out > 0 || report.unread.iter().any(|one| one.error.is_some());
    // No tool tells anything: errors that were looked up, or that are over.
    let of_a_tool = report.told.iter().any(|told| told.tool != Tool::Unknown);
    match Exit::of(states.chain(failed)) {
        Exit::Healthy if !of_a_tool || unclear || unread => Exit::Unknown,
        exit => exit,
    }
}

/// For people.
pub(super) fn render(answer: &Explanation, width: Option<u16>) -> String {
    let mut text = String::new();
    let report = &answer.report;
    for part in report.parts.iter().take(MAX_PARTS) {
        let at = part.at;
        let _ = writeln!(text, "lines {}-{}: {}", at.first_line, at.last_line, part.tool.words());
    }
    if let Some(more) = report.parts.len().checked_sub(MAX_PARTS).filter(|more| *more > 0) {
        let _ = writeln!(text, "and {more} more parts");
    }
    if report.told.is_empty() && report.parts.is_empty() {
        let _ = writeln!(
            text,
            "it holds no output of a known tool; known are repadmin, dcdiag, portqry, rpcdump, nltest, \
             samba-tool, log.samba, NETSETUP.LOG, Get-ADReplicationFailure and its like, and events of \
             Active Directory, DFSR and NETLOGON"
        );
    }
    let mut shown = HashMap::new();
    for explained in &answer.pairs {
        text.push('\n');
        text.push_str(&pair(explained, &mut shown, width));
    }
    if !answer.others.is_empty() {
        let _ = writeln!(text, "\nlinks that the report names and does not call failing");
        text.push_str(&links(&answer.others, false, width));
    }
    if answer.others_left_out > 0 {
        let _ = writeln!(text, "and {} more: epmesh links", answer.others_left_out);
    }
    for list in &answer.lists {
        let _ = writeln!(text, "\nendpoint map");
        text.push_str(&labelled(&[("", list.clone())], width));
    }
    let tests = failed_tests(report);
    if !tests.is_empty() {
        let _ = writeln!(text, "\ntests of dcdiag that failed");
        text.push_str(&labelled(
            &tests.into_iter().map(|words| ("", words)).collect::<Vec<_>>(),
            width,
        ));
    }
    text.push_str(&rest::words(&answer.report, width));
    if let Some(why) = &answer.no_coordinator {
        let what = format!(
            "{why}. The verdict of each link above is missing: side, cause and culprit. Everything else is \
             what the report says."
        );
        let _ = writeln!(text, "\nno coordinator");
        text.push_str(&labelled(&[("", what)], width));
    }
    text
}

/// The words in place of an end of a link that a row does not name. A row without an interface is about a call
/// of the tool's own.
const fn unnamed(tool: Tool, destination: bool, one_call: bool) -> &'static str {
    match (tool, destination) {
        (Tool::Dcdiag, true) => "(where dcdiag ran)",
        (Tool::Netsetup, true) => "(the computer that joins)",
        (Tool::Netsetup, false) => "(no domain controller yet)",
        (Tool::Portqry | Tool::Rpcdump, true) => "(where the tool ran)",
        (Tool::Showrepl | Tool::ShowreplCsv | Tool::Repadmin, true) => "(where repadmin ran)",
        (Tool::PowerShell, true) => "(where PowerShell ran)",
        (Tool::SambaLog, true) => "(where Samba ran)",
        (Tool::Replsum, true) if one_call => "(where repadmin ran)",
        (Tool::Replsum, _) => "(any)",
        _ => "(not named)",
    }
}

fn pair(
    explained: &ExplainedPair,
    shown: &mut HashMap<(String, String, String), String>,
    width: Option<u16>,
) -> String {
    let pair = &explained.pair;
    let name = |party: &Option<Party>, destination| {
        let unnamed = || unnamed(pair.tool, destination, pair.interface.is_none()).to_owned();
        party.as_ref().map_or_else(unnamed, Party::label)
    };
    let (destination, source) = (name(&pair.destination, true), name(&pair.source, false));
    let interface =
        pair.interface.map_or_else(String::new, |id| format!("   {}", names::label(id)));
    let alone = pair.tool == Tool::Unknown && pair.destination.is_none() && pair.source.is_none();
    let mut text = match alone {
        true => "an error by itself\n".to_owned(),
        false => format!("{destination} <- {source}{interface}\n"),
    };
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(code) = pair.code {
        rows.push(("error", format!("{code} {}", pair.error.as_deref().unwrap_or(""))));
    }
    for context in &pair.naming_contexts {
        rows.push(("context", context.clone()));
        let of = pair.attempts.iter().filter(|one| one.naming_context.as_ref() == Some(context));
        rows.extend(of.map(|attempt| ("", attempt.words())));
    }
    let others = pair.attempts.iter().filter(|attempt| attempt.naming_context.is_none());
    rows.extend(others.map(|attempt| ("times", attempt.words())));
    rows.extend(pair.says.iter().map(|says| ("", says.clone())));
    rows.extend(pair.ask.iter().map(|ask| ("ask", ask.clone())));
    rows.push(("lines", lines(&pair.lines)));
    if let Some(verdict) = &explained.verdict {
        let link = (
            verdict.destination.to_string(),
            verdict.source.to_string(),
            verdict.interface.to_string(),
        );
        match shown.get(&link) {
            Some(first) => rows.push(("verdict", format!("as of this link above: {first}"))),
            None => {
                rows.extend(judged(verdict, pair.code));
                shown.insert(link, format!("{} {}", verdict.state, verdict.cause));
            }
        }
    }
    rows.extend(explained.no_verdict.iter().map(|why| ("verdict", format!("none: {why}"))));
    text.push_str(&labelled(&rows, width));
    if !explained.links.is_empty() {
        text.push_str(&links(&explained.links, true, width));
    }
    if explained.links_left_out > 0 {
        let _ = writeln!(text, "and {} more: epmesh links --failing", explained.links_left_out);
    }
    text
}

/// The coordinator's present verdict on the link, as labelled lines.
fn judged(verdict: &Verdict, code: Option<i64>) -> Vec<(&'static str, String)> {
    let state = verdict.state.as_str().to_uppercase();
    let mut rows = Vec::new();
    match verdict.state {
        State::Healthy => {
            let words =
                format!("{state} now, {}: the failure in the report is over", verdict.confidence);
            rows.push(("verdict", words));
        }
        _ => rows.push((
            "verdict",
            format!("{state} {}, side: {}, {}", verdict.cause, verdict.side, verdict.confidence),
        )),
    }
    if let Some(share) = &verdict.intermittent {
        rows.push(("", format!("intermittent: it hits {share}")));
    }
    let expected = verdict.error.code;
    if let Some(code) = code.filter(|code| expected != 0 && *code != expected) {
        rows.push(("", format!("as it is now, the error would be {expected}, not {code}")));
    }
    if let Some(culprit) = verdict.culprit.as_ref().map(Blamed::text) {
        rows.push(("culprit", format!("{}: {}, {}", culprit.kind, culprit.name, culprit.value)));
    }
    rows.extend(verdict.remedy.first().map(|step| ("do first", step.clone())));
    if verdict.state != State::Healthy {
        let more = format!("epmesh diagnose {} {}", verdict.destination, verdict.source);
        rows.push(("more", more));
    }
    rows
}
