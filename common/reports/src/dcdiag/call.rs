//! A call that failed: its name is not translated, whatever stands around it.

use epmesh_rpc::names;

use super::super::{
    extended,
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told},
};
use super::state::{State, TOOL, take};

/// The most lines that the text of an error is wrapped into.
const MAX_TEXT: usize = 3;

/// `[DC2] DsBindWithSpnEx() failed with error 1753,` with its text and its extended records.
pub(super) fn read(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let (before, function, behind) = function(line).or_else(|| plain_call(line))?;
    // Adprep writes of each call what LDAP returned: 0x20 is "no such object", and most good runs have it.
    if behind.contains("return code is") {
        return None;
    }
    let bracket = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    // `[Replications Check,DC1]`
    let name = bracket.map(|(name, _)| name.rsplit(',').next().unwrap_or(name));
    let between = before.rsplit(']').next().unwrap_or_default();
    let mut told = Told::new(TOOL, vec![number(at)]);
    let mut here = at + 1;
    let mut end = line;
    let wrapped = page.next_open(here).filter(|(next, text)| {
        *next == here && text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    });
    let code = match scan::first_code(behind).or_else(|| scan::first_code(between)) {
        Some(code) => code,
        None => {
            let (next, text) = wrapped?;
            let code = scan::first_code(text)?;
            told.lines.push(number(next));
            here = next + 1;
            end = text;
            code
        }
    };
    if code == 0 {
        return None;
    }
    told.outcome = Outcome::Failed;
    told.code = Some(code);
    let argument = || {
        let (_, rest) = line.split_once('(')?;
        let (inside, _) = rest.split_once(')')?;
        Party::named(inside).filter(|_| scan::is_host(inside))
    };
    told.source = name.and_then(Party::named).or_else(|| state.tested.clone()).or_else(argument);
    told.observer.clone_from(&state.home);
    told.destination.clone_from(&state.home);
    told.interface = function.starts_with("DsBind").then(|| names::find("drsuapi")).flatten();
    let function = match function.contains(' ') {
        true => function.to_owned(),
        false => format!("{function}()"),
    };
    told.words = format!("{function} failed");
    // The text of the error, where the line ends with a comma.
    let mut more = end.ends_with([',', '，', '、']);
    let mut message = String::new();
    while more
        && told.lines.len() <= MAX_TEXT
        && let Some((next, text)) = page.next_open(here)
        && !text.starts_with(['[', '*', '.'])
        && !text.ends_with([':', '：'])
        && !extended::begins(text, 1)
    {
        message.push_str(if message.is_empty() { "" } else { " " });
        message.push_str(text);
        told.lines.push(number(next));
        here = next + 1;
        // What is wrapped has no full stop yet.
        more = !text.ends_with(['.', '。', char::REPLACEMENT_CHARACTER]);
    }
    if !message.is_empty() {
        told.words = format!("{function} failed: {}", message.trim_end_matches('.'));
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

/// A call that is told in words: `[DC7] LDAP bind failed with error 8341,`.
fn plain_call(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (call, behind) = rest.split_once(" failed with error ")?;
    let fits = |c: char| c.is_ascii_alphabetic() || c == ' ';
    let named = scan::is_host(name) && call.chars().all(fits) && (1..=40).contains(&call.len());
    let ends = scan::leading_number(behind).is_some() && behind.ends_with(',');
    (named && ends).then_some(("", call, behind))
}

/// The first call in a line: what stands before it, its name, what stands behind its arguments.
fn function(line: &str) -> Option<(&str, &str, &str)> {
    let starts = ["Ds", "Ldap", "ldap_", "Net", "Lsa", "Rpc"];
    line.match_indices('(').take(8).find_map(|(at, _)| {
        let before = line.get(..at)?;
        // `DsGetDcName (DC7) call failed`
        let before = before.strip_suffix(' ').unwrap_or(before);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = before.get(before.trim_end_matches(is_name).len()..)?;
        let known = starts.iter().any(|start| name.len() > start.len() && name.starts_with(start));
        let (_, behind) = line.get(at + 1..)?.split_once(')')?;
        known.then_some((before.get(..before.len() - name.len())?, name, behind))
    })
}
