//! `NETSETUP.LOG` (`%systemroot%\debug`): what a Windows computer did to join a domain, line for
//! line, with the code of every step. New attempts are appended, divided by lines of dashes.
//!
//! A line is `MM/DD/YYYY HH:MM:SS:mmm TEXT`, older ones `MM/DD HH:MM:SS TEXT`; in tickets and
//! articles the time is often cut off and long lines are wrapped.

mod attempt;
mod codes;
mod entry;
mod said;

pub(super) use self::entry::is_of_the_log;
pub use self::{
    attempt::{Attempt, Noted, Stage, Status, Step},
    codes::{code_words, meaning},
};

use self::{
    codes::{is_done, is_transient},
    entry::{Entry, entries},
};

/// The most steps that are kept of one attempt: a join writes about a hundred.
const MAX_STEPS: usize = 2000;

/// The last attempt to join in `text`; `None` where there is none.
#[must_use]
pub fn last_join(text: &str) -> Option<Attempt> {
    joins(text).pop()
}

/// Every attempt to join in `text`, in order.
#[must_use]
pub fn joins(text: &str) -> Vec<Attempt> {
    let entries = entries(text);
    let mut found = Vec::new();
    for section in entries.split(Entry::is_divider) {
        // Without dashes between them, attempts begin with a line of their own.
        let begins = |entry: &Entry| entry.text.trim_end_matches(['.', ' ']) == "NetpDoDomainJoin";
        // And end with the status of the whole.
        let ends = |at: usize| section.get(at).is_some_and(Entry::is_of_the_whole);
        let all = section.iter().enumerate();
        let starts = all.filter(|(at, entry)| begins(entry) || at.checked_sub(1).is_some_and(ends));
        let mut bounds: Vec<usize> = starts.map(|(at, _)| at).filter(|at| *at > 0).collect();
        bounds.insert(0, 0);
        bounds.push(section.len());
        for pair in bounds.windows(2) {
            let [from, to] = pair else { continue };
            let attempt = section.get(*from..*to).unwrap_or_default();
            if attempt.iter().any(Entry::is_of_a_join) {
                found.push(read(attempt));
            }
        }
    }
    found
}

/// The failure in a line that is of no join: leaving a domain, renaming, provisioning a computer.
pub(super) fn failure(line: &str) -> Option<Step> {
    let entry = Entry::alone(line);
    let code = entry.code().filter(|code| *code != 0 && !is_transient(*code))?;
    let controller = entry.controller().map(str::to_owned);
    Some(Step { line: 0, stage: entry.stage(), code, controller, text: entry.text })
}

/// The end of a function that a line tells, where that function did what it was for: its name, and whether a
/// restart of the computer has to follow.
pub(super) fn well_ended(line: &str) -> Option<(String, bool)> {
    let entry = Entry::alone(line);
    let (function, code) = entry.end().filter(|(_, code)| is_done(*code))?;
    Some((function.to_owned(), code != 0))
}

/// Whether a line divides what the log tells.
pub(super) fn is_divider(line: &str) -> bool {
    Entry::alone(line).is_divider()
}

fn read(entries: &[Entry]) -> Attempt {
    let mut attempt = Attempt {
        first_line: entries.first().map_or(0, |entry| entry.line),
        last_line: entries.last().map_or(0, |entry| entry.last_line),
        lines: entries.iter().flat_map(|entry| entry.line..=entry.last_line).collect(),
        began: entries.iter().find_map(|entry| entry.time.clone()),
        ..Attempt::default()
    };
    let mut rolled_back = false;
    for entry in entries {
        let noted = |value: &str| Some(Noted { line: entry.line, value: value.to_owned() });
        if let Some(value) = entry.labelled("Domain:") {
            attempt.domain = noted(value);
        } else if let Some(value) = entry.machine() {
            attempt.machine = noted(value);
        }
        if attempt.machine.is_none() {
            attempt.machine = entry.account().and_then(noted);
        }
        let controller = entry.controller();
        if let Some(controller) = controller {
            attempt.controller = noted(controller);
        }
        rolled_back |= entry.text.contains("rollback");
        let Some(code) = entry.code() else { continue };
        if entry.is_of_the_whole() {
            let code = if is_done(code) { 0 } else { code };
            attempt.status = Some(Status { line: entry.line, code });
        } else if code != 0 && attempt.failures.len() < MAX_STEPS {
            let stage = if rolled_back { Stage::Rollback } else { entry.stage() };
            attempt.failures.push(Step {
                line: entry.line,
                stage,
                code,
                controller: controller.map(str::to_owned),
                text: entry.text.clone(),
            });
        }
    }
    let status = attempt.status.map(|status| status.code);
    let decides = |step: &&Step| match status {
        Some(0) => false,
        Some(code) => step.code == code,
        None => !is_transient(step.code) && step.stage != Stage::Rollback,
    };
    // The first with the code of the whole is where it came from; what follows repeats it.
    attempt.decisive = attempt.failures.iter().find(decides).cloned();
    attempt
}

#[cfg(test)]
mod tests;
