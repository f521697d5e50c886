//! `sc query`: the state of a service, and the error that it ended with. That is the service's own: what it was told
//! where it runs, by whomever, and no failure of a call to another machine.

use super::{
    commands,
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

const TOOL: Tool = Tool::Services;

/// The exit code of a service that nobody has started since the computer was (`ERROR_SERVICE_NEVER_STARTED`).
const NEVER_STARTED: i64 = 1077;

/// The most lines of one service.
const MAX_LINES: usize = 16;

/// The labels of a service, below its name.
const LABELS: [&str; 10] = [
    "DISPLAY_NAME",
    "TYPE",
    "STATE",
    "WIN32_EXIT_CODE",
    "SERVICE_EXIT_CODE",
    "CHECKPOINT",
    "WAIT_HINT",
    "PID",
    "FLAGS",
    "(",
];

/// Takes every service.
pub(super) fn read(page: &mut Page<'_>) {
    page.walk(|page, at, line| service(page, at, line));
}

fn service(page: &mut Page<'_>, at: usize, line: &str) -> Option<usize> {
    let name = line.strip_prefix("SERVICE_NAME:")?.trim();
    let mut lines = vec![at];
    let mut here = at + 1;
    let mut told = Told::new(TOOL, Vec::new());
    let mut state = "";
    let mut exit = None;
    while let Some(text) = page.open(here).filter(|text| !text.is_empty())
        && lines.len() < MAX_LINES
    {
        let label = text.split(':').next().unwrap_or_default().trim();
        if !LABELS.contains(&label) && !text.starts_with('(') {
            break;
        }
        let value = text.split_once(':').map_or("", |(_, value)| value).trim();
        match label {
            "STATE" => state = value.split_whitespace().next_back().unwrap_or_default(),
            "WIN32_EXIT_CODE" => exit = scan::paired_code(value),
            _ => {}
        }
        lines.push(here);
        here += 1;
    }
    let code = exit?;
    let failed = !matches!(code, 0 | NEVER_STARTED) && state != "RUNNING";
    told.code = Some(code).filter(|_| failed);
    told.outcome = match code {
        _ if failed => Outcome::Failed,
        NEVER_STARTED => Outcome::Delayed,
        _ => Outcome::Succeeded,
    };
    told.lines = lines.into_iter().map(number).collect();
    // The machine, where the command names another one.
    told.observer = commands::above(page, at).and_then(|command| command.server());
    let place = told.observer.as_ref().map_or("this computer".to_owned(), Party::label);
    told.words = match failed {
        false if code == NEVER_STARTED => {
            format!("the service {name} on {place} has not been started since the computer was")
        }
        true => format!("the service {name} on {place} is {state}, and ended with error {code}"),
        false => format!("the service {name} on {place} is {state}"),
    };
    page.tell(told);
    Some(here)
}
