//! `dcdiag`: failed calls with their RPC extended error records, and the Replications test. The names
//! of calls and tests are not translated; the words around them are.

use super::{
    extended,
    outcome::Outcome,
    page::Page,
    scan,
    told::{Party, Told},
};

mod call;
mod coded;
mod headings;
mod replications;
mod result;
mod state;

use self::{
    headings::heading_of_a_test,
    state::{State, TOOL, take},
};

/// What dcdiag says of its own course, in English; in another language it is quoted.
const COURSE: [&str; 14] = [
    "Directory Server Diagnosis",
    "Domain Controller Diagnosis",
    "Performing initial setup",
    "Trying to find home server",
    "* Identified AD Forest",
    "Done gathering initial info",
    "Doing initial required tests",
    "Doing primary tests",
    "Running partition tests on",
    "Running enterprise tests on",
    "Printing RPC Extended Error Info",
    "* Active Directory LDAP Services Check",
    "* Active Directory RPC Services Check",
    "Doing initial non skippeable tests",
];

/// How many lines may stand between the home server and the first test; a verbose setup has some sixty.
const MAX_SETUP: usize = 120;

/// Takes everything of dcdiag.
pub(super) fn read(page: &mut Page<'_>) {
    let mut state = State::default();
    page.walk(|page, at, line| {
        replications::read(page, at, line)
            .or_else(|| call::read(page, at, line, &state))
            .or_else(|| records_alone(page, at, &state))
            .or_else(|| result::read(page, at, line, &mut state))
            .or_else(|| course(page, at, line, &mut state))
            .or_else(|| coded::read(page, at, line, &state))
    });
}

/// Extended records whose call is not there: cut out of a longer output.
fn records_alone(page: &mut Page<'_>, at: usize, state: &State) -> Option<usize> {
    let (records, behind) = extended::read(page, at)?;
    // In another language a line could look like the first of a record by chance.
    let status = records.iter().find_map(|record| record.status)?;
    let mut told = Told::new(TOOL, Vec::new());
    take(page, &mut told, at, behind);
    told.outcome = Outcome::Failed;
    told.code = Some(scan::signed(status));
    told.interface = extended::interface(&records);
    told.destination.clone_from(&state.home);
    told.source = extended::address(&records).and_then(Party::asked_as);
    "RPC extended error information".clone_into(&mut told.words);
    told.extended = records;
    page.tell(told);
    Some(behind)
}

/// What dcdiag does and where.
fn course(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    if let Some(home) = home(page, at, line, state) {
        state.home = Party::named(home);
        page.frame(TOOL, at);
        return Some(at + 1);
    }
    // `Testing server: SITE\DC1`, in any language.
    if let Some((label, name)) = line.split_once([':', '：'])
        && !label.contains(['[', '\\', '*'])
        && let Some((site, server, "")) = scan::site_and_server(name.trim())
        && page.next_open(at + 1).is_some_and(|(_, next)| heading_of_a_test(next))
    {
        let site = Some(site.to_owned());
        state.tested = Party::named(server).map(|party| Party { site, ..party });
        page.frame(TOOL, at);
        return Some(at + 1);
    }
    if let Some(name) = line.strip_prefix("Testing server:") {
        state.tested = Party::named(name.trim_start_matches("Default-First-Site-Name\\"));
        page.frame(TOOL, at);
        return Some(at + 1);
    }
    let known = COURSE.iter().any(|start| line.starts_with(start)) || line == "Done";
    let begins = heading_of_a_test(line);
    state.in_test |= begins;
    if known || begins {
        page.frame(TOOL, at);
        return Some(at + 1);
    }
    None
}

/// `Home Server = DC1`: in another language by its place, above the first test and with nothing else in it.
fn home<'a>(page: &Page<'_>, at: usize, line: &'a str, state: &State) -> Option<&'a str> {
    if let Some((_, home)) = line.split_once("Home Server = ") {
        return Some(home);
    }
    let (label, home) = line.split_once(" = ")?;
    let words = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '\u{fffd}');
    let fits = state.home.is_none()
        && state.tested.is_none()
        && label.split_whitespace().count() <= 3
        && label.chars().all(words)
        && scan::is_host(home.trim());
    let tests_follow =
        || (at + 1..at + MAX_SETUP).any(|at| page.open(at).is_some_and(heading_of_a_test));
    (fits && tests_follow()).then_some(home.trim())
}
