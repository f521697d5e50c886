//! The Replications test: `[Replications Check,DC1] A recent replication attempt failed:` and what
//! stands under it.

use epmesh_rpc::names;

use super::super::{
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told},
};
use super::state::TOOL;

/// The most lines of one failure.
const MAX_LINES: usize = 18;
/// The most lines that the text of an error is wrapped into.
const MAX_MESSAGE: usize = 4;
/// The most lines of its heading.
const MAX_HEADING: usize = 3;

/// Takes failed attempts; the line behind them.
pub(super) fn read(page: &mut Page<'_>, at: usize, line: &str) -> Option<usize> {
    let (destination, mut here) = attempt(page, at, line)?;
    // Of the output that somebody searched for errors, the heading of a further attempt may be lost.
    while let Some((next, text)) = page.next_open(here)
        && next == here
        && text.ends_with([':', '：'])
        && let Some(code) = scan::bracketed_code(text).filter(|code| *code != 0)
    {
        let mut told = Told::new(TOOL, vec![number(next)]);
        told.destination = Party::named(&destination);
        told.code = Some(scan::signed(code));
        told.outcome = Outcome::Failed;
        told.interface = names::find("drsuapi");
        text.clone_into(&mut told.words);
        page.tell(told);
        here = next + 1;
    }
    Some(here)
}

/// Takes a failed attempt; its destination, and the line behind it.
fn attempt(page: &mut Page<'_>, at: usize, line: &str) -> Option<(String, usize)> {
    let (_, rest) = line.strip_prefix('[')?.split_once(',')?;
    let (destination, behind) = rest.split_once(']')?;
    let destination = destination.trim();
    if destination.contains(char::is_whitespace) && !destination.starts_with('<')
        || behind.is_empty()
    {
        return None;
    }
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.destination = Party::named(destination);
    let mut heading_ends = line.ends_with([':', '：']);
    let mut counted = false;
    let mut searched = false;
    let mut remarks = 0_usize;
    let mut messages = 0_usize;
    let mut here = at + 1;
    while let Some((next, text)) = page.next_open(here) {
        let times = scan::moments(text);
        let has_code = scan::bracketed_code(text);
        if text.starts_with(['[', '.', '*']) || told.lines.len() > MAX_LINES {
            break;
        } else if told.source.is_none() && told.naming_context.is_none() && told.code.is_none() {
            match source(text, destination) {
                Some(found) => told.source = Some(found),
                // Of the output that somebody searched for errors, both ends are lost.
                None if line.contains("Replications")
                    && heading_ends
                    && has_code.is_some()
                    && text.ends_with([':', '：']) =>
                {
                    told.code = has_code.map(scan::signed).filter(|code| *code != 0);
                    told.code?;
                    text.clone_into(&mut told.words);
                    searched = true;
                }
                // The heading is wrapped.
                None if !heading_ends && told.lines.len() < MAX_HEADING => {
                    heading_ends = text.ends_with([':', '：']);
                }
                None => return None,
            }
        } else if let Some((_, dn)) =
            text.split_once([':', '：']).filter(|(_, dn)| is_context(dn.trim()))
        {
            told.naming_context = Some(dn.trim().to_owned());
        } else if let Some(code) = has_code.filter(|_| told.code.is_none()) {
            told.code = Some(scan::signed(code));
        } else if !times.is_empty() {
            let when = times.into_iter().next();
            if told.when.is_none() { told.when = when } else { told.last_success = when }
        } else if searched && has_code.is_some() {
            break;
        } else if let Some(count) =
            count(text).filter(|_| (told.when.is_some() || searched) && !counted)
        {
            told.failures = u64::try_from(count).ok();
            counted = true;
        } else if told.when.is_some() && !counted && scan::says_never(text) {
            // It never worked.
        } else if told.code.is_some()
            && !searched
            && told.when.is_none()
            && (told.words.is_empty() || (messages < MAX_MESSAGE && time_follows(page, next)))
        {
            // The text of the error may be wrapped: its time comes behind it.
            if !told.words.is_empty() {
                told.words.push(' ');
            }
            told.words.push_str(text);
            messages += 1;
        } else if counted && (remark(text) || scan::alias(text).is_some()) {
            let guid = scan::alias(text);
            if let Some(source) = told.source.as_mut() {
                source.dsa_guid = source.dsa_guid.or(guid);
            }
            let (before, by) = match remarks {
                0 => (told.words.trim_end_matches('.'), "; "),
                _ => (told.words.as_str(), " "),
            };
            told.words = format!("{before}{by}{text}");
            remarks += 1;
        } else {
            break;
        }
        told.lines.push(number(next));
        here = next + 1;
    }
    told.outcome = if told.code.is_some() { Outcome::Failed } else { Outcome::Unclear };
    told.interface = names::find("drsuapi");
    (told.source.is_some() || searched).then(|| page.tell(told))?;
    Some((destination.to_owned(), here))
}

/// Whether a line with a time comes behind the text of an error.
fn time_follows(page: &Page<'_>, at: usize) -> bool {
    let mut here = at + 1;
    for _ in 0..MAX_MESSAGE {
        let Some((next, line)) = page.next_open(here) else { return false };
        if !scan::moments(line).is_empty() {
            return true;
        }
        if line.starts_with(['[', '.', '*']) {
            return false;
        }
        here = next + 1;
    }
    false
}

/// The one number of a line, wherever a language has it.
fn count(text: &str) -> Option<i64> {
    let leading = scan::leading_number(text);
    leading.or_else(|| match scan::numbers(text).as_slice() {
        [only] => Some(only.value),
        _ => None,
    })
}

fn is_context(text: &str) -> bool {
    scan::is_dn(text) || text.starts_with("<DN ")
}

/// `From DC2 to DC1` in any language: the other name of the two.
fn source(line: &str, destination: &str) -> Option<Party> {
    // Article text: `From <source DC> to <destination DC>`.
    if let Some((_, rest)) = line.split_once('<') {
        return Party::named(&format!("<{}>", rest.split_once('>')?.0));
    }
    let is_name = |word: &&str| scan::is_host(word) && !word.eq_ignore_ascii_case(destination);
    let words: Vec<&str> = line
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .collect();
    let others: Vec<&str> =
        words.into_iter().filter(|word| !word.is_empty()).filter(is_name).collect();
    // NetBIOS names are written in capitals, words between them are not.
    let capital = |word: &&&str| !word.contains(|c: char| c.is_ascii_lowercase()) && word.len() > 1;
    let alone = || others.first().filter(|_| others.len() == 1);
    let name = others.iter().find(capital).or_else(|| others.get(1)).or_else(alone)?;
    line.contains(destination).then(|| Party::named(name)).flatten()
}

/// What dcdiag adds under some errors, in English.
fn remark(text: &str) -> bool {
    [
        "The directory on",
        "of starting up or",
        "Verify machine",
        "The source",
        "The machine",
        "Check",
        "The guid-based DNS name",
        "is not registered on one or more DNS servers",
        "Kerberos Error",
        "destination, source or KDC",
        "Verify domain partition",
        "The tool repadmin",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}
