//! `dcdiag`: failed calls with their RPC extended error records, and the Replications test. The names
//! of calls and tests are not translated; the words around them are.

use super::{
    extended,
    page::{Page, number},
    scan,
    told::{Outcome, Party, Told, Tool},
};
use crate::rpc::names;

mod replications;

const TOOL: Tool = Tool::Dcdiag;
/// The tests of dcdiag that name themselves in a heading.
const TESTS: [&str; 20] = [
    "Connectivity",
    "Advertising",
    "FrsEvent",
    "DFSREvent",
    "SysVolCheck",
    "KccEvent",
    "KnowsOfRoleHolders",
    "MachineAccount",
    "NCSecDesc",
    "NetLogons",
    "ObjectsReplicated",
    "Replications",
    "RidManager",
    "Services",
    "SystemLog",
    "VerifyReferences",
    "CheckSDRefDom",
    "CrossRefValidation",
    "LocatorCheck",
    "Intersite",
];
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

/// What holds for the lines to come.
#[derive(Debug, Default)]
struct State {
    /// Where dcdiag runs.
    home: Option<Party>,
    /// The domain controller under test.
    tested: Option<Party>,
}

/// Takes everything of dcdiag.
pub(super) fn read(page: &mut Page<'_>) {
    let mut state = State::default();
    let mut at = 0;
    while at < page.len() {
        let Some(line) = page.open(at).filter(|line| !line.is_empty()) else {
            at += 1;
            continue;
        };
        at = replications::read(page, at, line)
            .or_else(|| call(page, at, line, &state))
            .or_else(|| records_alone(page, at, &state))
            .or_else(|| result(page, at, line, &state))
            .or_else(|| course(page, at, line, &mut state))
            .unwrap_or(at + 1);
    }
}

/// `[DC2] DsBindWithSpnEx() failed with error 1753,` with its text and its extended records.
fn call(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let (function, behind) = line.split_once("()")?;
    let function = function.rsplit([' ', ']']).next()?;
    let start = ["Ds", "Ldap", "ldap_", "Net", "Lsa", "Rpc"];
    if !start.iter().any(|prefix| function.starts_with(prefix)) {
        return None;
    }
    let code = scan::numbers(behind).first()?.value;
    let name = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name);
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.outcome = Outcome::Failed;
    told.code = Some(scan::signed(code));
    told.source = name.and_then(Party::named).or_else(|| state.tested.clone());
    told.observer.clone_from(&state.home);
    told.destination.clone_from(&state.home);
    told.interface =
        function.starts_with("DsBind").then(|| names::by_name("drsuapi")).flatten().map(|k| k.id);
    told.words = format!("{function}() failed");
    let mut here = at + 1;
    // The text of the error, where the line ends with a comma.
    if line.ends_with([',', '，', '、'])
        && let Some((next, text)) = page.next_open(here)
        && !text.starts_with(['[', '*'])
        && !extended::begins(text, 1)
    {
        told.words = format!("{function}() failed: {}", text.trim_end_matches('.'));
        told.lines.push(number(next));
        here = next + 1;
    }
    // A heading may stand before the records.
    let heading = page.next_open(here);
    let first = match heading {
        Some((next, text)) if text.ends_with(':') && !extended::begins(text, 1) => next + 1,
        Some((next, _)) => next,
        None => here,
    };
    if let Some((records, behind)) = extended::read(page, first) {
        if let Some((next, _)) = heading.filter(|(next, _)| *next < first) {
            told.lines.push(number(next));
        }
        take(page, &mut told, first, behind);
        told.interface = extended::interface(&records).or(told.interface);
        told.extended = records;
        here = behind;
    }
    page.tell(told);
    Some(here)
}

fn take(page: &Page<'_>, told: &mut Told, first: usize, behind: usize) {
    let taken = (first..behind).filter(|at| page.open(*at).is_some_and(|text| !text.is_empty()));
    told.lines.extend(taken.map(number));
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
    told.source = extended::address(&records).and_then(|address| match scan::alias(address) {
        Some(guid) => Some(Party { dsa_guid: Some(guid), ..Party::default() }),
        None => Party::named(address),
    });
    "RPC extended error information".clone_into(&mut told.words);
    told.extended = records;
    page.tell(told);
    Some(behind)
}

/// `......................... DC1 failed test Connectivity`
fn result(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let rest = line.strip_prefix("..........")?.trim_start_matches('.').trim();
    if rest.is_empty() {
        return None;
    }
    let mut lines = vec![number(at)];
    let mut here = at + 1;
    let mut text = rest.to_owned();
    // The name of the test is wrapped onto a line of its own where the server's is long.
    if !TESTS.iter().any(|test| text.contains(test))
        && let Some((next, more)) = page.next_open(here)
        && TESTS.contains(&more)
    {
        text = format!("{text} {more}");
        lines.push(number(next));
        here = next + 1;
    }
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let failed =
        has(&["failed test", "nicht bestanden", "échou", "echou", "fallado", "失敗", "不合格"]);
    let passed = has(&["passed test", "bestanden", "réussi", "superado", "合格", "成功"]);
    let outcome = match (failed, passed) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Succeeded,
        // In a language that is not known here it is quoted.
        (false, false) => return None,
    };
    let mut told = Told::new(TOOL, lines);
    told.outcome = outcome;
    told.observer.clone_from(&state.home);
    let name = text.split_whitespace().next();
    told.source = name.and_then(Party::named);
    told.words = text;
    page.tell(told);
    Some(here)
}

/// What dcdiag does and where.
fn course(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    if let Some((_, home)) = line.split_once("Home Server = ") {
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
    if known || heading_of_a_test(line) {
        page.frame(TOOL, at);
        return Some(at + 1);
    }
    None
}

/// `Starting test: Connectivity`: a label in any language, and the name of a test.
fn heading_of_a_test(line: &str) -> bool {
    let Some((label, test)) = line.split_once([':', '：']) else { return false };
    TESTS.contains(&test.trim()) && !label.contains(|c: char| c.is_ascii_digit())
}
