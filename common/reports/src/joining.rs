//! `NETSETUP.LOG` among the lines of a file: every attempt to join is a row.

use epmesh_rpc::{InterfaceId, names, windows_error};

use super::{
    netsetup::{self, Attempt, Stage, Step},
    outcome::Outcome,
    page::{Page, number},
    told::{Party, Told, Tool},
};

const TOOL: Tool = Tool::Netsetup;

/// The most later attempts that succeeded among which the one for an attempt is looked for.
const MAX_RETRIES: usize = 32;

/// Takes every attempt.
pub(super) fn read(page: &mut Page<'_>) {
    // Joined lines could begin in another tool's part: the log is read only where it is seen to be.
    let Some(first) =
        (0..page.len()).find(|at| page.open(*at).is_some_and(netsetup::is_of_the_log))
    else {
        return;
    };
    let last = (first..page.len())
        .rev()
        .find(|at| page.open(*at).is_some_and(netsetup::is_of_the_log))
        .unwrap_or(first);
    let mut text = String::new();
    for at in 0..=last {
        if at >= first {
            text.push_str(page.open(at).unwrap_or_default());
        }
        text.push('\n');
    }
    let attempts = netsetup::joins(&text);
    // A log is appended to for years: only what succeeded is looked at, and not all of it for each attempt.
    let well = attempts.iter().enumerate().filter(|(_, one)| succeeded(one)).map(|(at, _)| at);
    let well: Vec<usize> = well.collect();
    for (at, attempt) in attempts.iter().enumerate() {
        let next = well.partition_point(|well| *well <= at);
        let mut later = well.iter().skip(next).take(MAX_RETRIES).filter_map(|at| attempts.get(*at));
        let retry = later.find(|later| {
            page.compared();
            is_retry(attempt, later)
        });
        let row = told(attempt, retry, page);
        page.tell(row);
    }
    // What a function got over is no failure: the end of a section is known before its steps are read.
    let mut well = false;
    let mut rows = Vec::new();
    for at in (first..=last).rev() {
        let Some(line) = page.open(at).filter(|line| netsetup::is_of_the_log(line)) else {
            continue;
        };
        well &= !netsetup::is_divider(line);
        let end = netsetup::well_ended(line);
        well |= end.is_some();
        match (netsetup::failure(line), end) {
            (Some(step), _) => rows.push(alone(&step, at, well)),
            (None, Some((function, restart))) if restart || function.contains("Offline") => {
                rows.push(done(&function, restart, at));
            }
            (None, _) => page.frame(TOOL, at),
        }
    }
    rows.into_iter().rev().for_each(|row| page.tell(row));
}

fn succeeded(attempt: &Attempt) -> bool {
    attempt.status.is_some_and(|status| status.code == 0)
}

/// Whether a later attempt is the same join, and went well.
fn is_retry(attempt: &Attempt, later: &Attempt) -> bool {
    let value = |noted: &Option<netsetup::Noted>| {
        noted.as_ref().map(|noted| noted.value.trim_end_matches('.').to_lowercase())
    };
    let same = |one: Option<String>, other: Option<String>| match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    succeeded(later)
        && same(value(&attempt.domain), value(&later.domain))
        && same(value(&attempt.machine), value(&later.machine))
}

/// A function outside of any join that did what it was for.
fn done(function: &str, restart: bool, at: usize) -> Told {
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.outcome = Outcome::Succeeded;
    let rest = if restart { "; a restart of the computer finishes it" } else { "" };
    told.words = format!("{function} is done{rest}");
    told
}

/// A step that failed outside of any join; `well` where what it was part of ended well.
fn alone(step: &Step, at: usize, well: bool) -> Told {
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.outcome = if well { Outcome::Delayed } else { Outcome::Failed };
    told.source = step.controller.as_deref().and_then(Party::named);
    told.code = Some(super::scan::signed(i64::from(step.code)));
    told.interface = interface(step.stage);
    let over = if well { "; what it was part of ended well all the same" } else { "" };
    told.words = format!("of no join: {}{over}", step.text);
    told
}

/// The interface that a step needs.
fn interface(stage: Stage) -> Option<InterfaceId> {
    let name = match stage {
        Stage::Directory => "drsuapi",
        Stage::Account => "samr",
        Stage::Policy => "lsarpc",
        _ => return None,
    };
    names::find(name)
}

fn told(attempt: &Attempt, retry: Option<&Attempt>, page: &Page<'_>) -> Told {
    let at = |line: u32| usize::try_from(line).unwrap_or_default().saturating_sub(1);
    let mut lines = attempt.lines.clone();
    lines.retain(|line| page.open(at(*line)).is_some_and(|text| !text.is_empty()));
    let mut told = Told::new(TOOL, lines);
    let party = |noted: &Option<netsetup::Noted>| Party::named(&noted.as_ref()?.value);
    told.destination = party(&attempt.machine);
    let decisive = attempt.decisive.as_ref();
    told.source = decisive
        .and_then(|step| Party::named(step.controller.as_deref()?))
        .or_else(|| party(&attempt.controller));
    told.when.clone_from(&attempt.began);
    let code = decisive.map(|step| step.code).or(attempt.status.map(|status| status.code));
    told.code = code.filter(|code| *code != 0).map(|code| super::scan::signed(i64::from(code)));
    told.outcome = match (attempt.status.map(|status| status.code), decisive) {
        (Some(0), _) => Outcome::Succeeded,
        (Some(_), _) | (None, Some(_)) => Outcome::Failed,
        (None, None) => Outcome::Unclear,
    };
    let again = retry.filter(|_| told.outcome == Outcome::Failed);
    // That another domain controller took the computer says nothing of the one that did not.
    let elsewhere = again.and_then(|again| elsewhere(&told.source, again));
    if again.is_some() && elsewhere.is_none() {
        told.outcome = Outcome::Delayed;
    }
    told.interface = decisive.and_then(|step| interface(step.stage));
    let domain = attempt.domain.as_ref().map_or("a domain", |domain| domain.value.as_str());
    told.words = match (told.outcome, decisive) {
        (Outcome::Succeeded, _) => format!("the join to {domain} succeeded"),
        (_, Some(step)) => format!(
            "the join to {domain} could not {} (line {}): {}",
            step.stage.words(),
            page.origin(step.line),
            step.text
        ),
        (Outcome::Failed, None) => format!("the join to {domain} failed"),
        (_, None) => format!("the log ends before it says how the join to {domain} went"),
    };
    if let Some(line) = again.and_then(|again| again.status).map(|status| status.line) {
        let end = page.origin(line);
        // A row that is no failure is told in words alone.
        let code = decisive.filter(|_| told.outcome == Outcome::Delayed);
        let code = code.map_or_else(String::new, |step| {
            let symbol = windows_error::symbol(i64::from(step.code)).unwrap_or_default();
            format!(" ({} {symbol})", step.code)
        });
        let through = elsewhere.map_or_else(String::new, |other| format!(" through {other}"));
        told.words = format!(
            "{}{code}; it was tried again, and succeeded{through} (line {end})",
            told.words
        );
    }
    told
}

/// The domain controller of a later attempt, where that is another one than this.
fn elsewhere(source: &Option<Party>, again: &Attempt) -> Option<String> {
    let later = again.joined_at()?;
    let other = Party::named(later)?;
    let same = source.as_ref().is_none_or(|source| source.may_be(&other));
    (!same).then(|| later.to_owned())
}
