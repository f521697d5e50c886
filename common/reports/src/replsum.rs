//! `repadmin /replsum`: for every domain controller the longest time since a success, how many of its
//! links fail, and one error. It names one end of a link only.

use epmesh_rpc::names;

use super::{
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

const TOOL: Tool = Tool::Replsum;

/// Which end of the links a table names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Source,
    Destination,
    NotSaid,
}

/// Takes every table.
pub(super) fn read(page: &mut Page<'_>) {
    let mut end = End::NotSaid;
    let mut tables = 0_usize;
    let mut in_report = false;
    page.walk(|page, at, line| {
        let dots = is_dots(line);
        if dots {
            // Every report has its own two tables.
            tables = 0;
            end = End::NotSaid;
        }
        if is_heading(line) {
            tables += 1;
            end = end_of(page, at, line, tables);
            in_report = true;
            page.frame(TOOL, at);
        } else if let Some(behind) = row(page, at, line, end) {
            in_report = true;
            return Some(behind);
        } else if in_report && let Some(told) = unasked(at, line) {
            page.tell(told);
        } else if dots || line.starts_with("Replication Summary Start Time") || introduces(page, at)
        {
            page.frame(TOOL, at);
        }
        None
    });
}

/// By its words where they are known, else by its place: sources come first where both are there.
fn end_of(page: &Page<'_>, at: usize, line: &str, tables: usize) -> End {
    match said_end(line) {
        End::NotSaid if tables == 2 => End::Destination,
        End::NotSaid if tables == 1 && another_follows(page, at) => End::Source,
        said => said,
    }
}

/// The words of a heading. A destination is looked for first: some languages have the one word in both.
fn said_end(line: &str) -> End {
    let lower = line.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["dest", "ziel", "宛先", "対象", "目标", "目標", "конечн", "целев", "대상"])
    {
        End::Destination
    } else if has(&["sourc", "quell", "orig", "ソース", "源", "來源", "исходн", "원본"])
    {
        End::Source
    } else {
        End::NotSaid
    }
}

/// Whether a second table of the same report comes, before the dots of another.
fn another_follows(page: &Page<'_>, at: usize) -> bool {
    for line in at + 1..page.len() {
        match page.open(line) {
            Some(line) if is_heading(line) => return said_end(line) != End::Source,
            Some(line) if is_dots(line) => return false,
            _ => {}
        }
    }
    false
}

fn is_heading(line: &str) -> bool {
    // A heading has words alone.
    line.contains("%%") && line.contains('/') && !line.contains(|c: char| c.is_ascii_digit())
}

fn is_dots(line: &str) -> bool {
    line.len() >= 3 && line.bytes().all(|byte| byte == b'.')
}

/// The two lines in front of the dots, in any language: the first has the time, the second nothing.
fn introduces(page: &Page<'_>, at: usize) -> bool {
    let Some((next, line)) = page.next_open(at + 1) else { return false };
    let here = page.open(at).unwrap_or_default();
    if scan::paired_code(here).is_some() || scan::bracketed_code(here).is_some() {
        return false;
    }
    let before_dots = is_dots(line);
    let before_that = page.next_open(next + 1).is_some_and(|(_, line)| is_dots(line));
    (before_dots && here.ends_with([':', '：']))
        || (before_that && line.ends_with([':', '：']) && !scan::moments(here).is_empty())
}

/// `DC2   09d.00h:16m:45s    3 /   5   60  (1753) There are no more …`, the text wrapped or not.
fn row(page: &mut Page<'_>, at: usize, line: &str, end: End) -> Option<usize> {
    let (name, rest) = line.split_once(char::is_whitespace)?;
    let slash = rest.find('/')?;
    let numbers = scan::numbers(rest);
    let fails = numbers.iter().rfind(|one| one.end <= slash)?;
    let mut behind = numbers.iter().filter(|one| one.start > slash);
    let total = behind.next()?;
    let gap = |from: usize, to: usize| rest.get(from..to).is_some_and(|gap| gap.trim().is_empty());
    if !gap(fails.end, slash) || !gap(slash + 1, total.start) || name.contains(['\\', ':', '=']) {
        return None;
    }
    let in_name = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '-' | '_' | '.' | '<' | '>' | char::REPLACEMENT_CHARACTER)
    };
    if !name.chars().all(in_name) || !name.contains(char::is_alphabetic) {
        return None;
    }
    let percent = behind.next();
    let delta = rest.get(..fails.start).unwrap_or_default().trim();
    let mut lines = vec![number(at)];
    let mut here = at + 1;
    let tail_start = percent.map_or(total.end, |one| one.end);
    let mut tail = rest.get(tail_start..).unwrap_or_default().trim().to_owned();
    let mut code = scan::bracketed_code(&tail);
    let next = page.next_open(here).filter(|(next, _)| *next == here);
    if let Some((next, text)) = next
        && (code.is_some() || fails.value > 0)
        && !is_row(text)
        && !text.contains("%%")
        && unasked(next, text).is_none()
        && (code.is_none() == scan::bracketed_code(text).is_some())
    {
        // A wrapped text: the line right behind, which begins nothing of its own.
        code = code.or_else(|| scan::bracketed_code(text));
        tail = format!("{tail} {text}");
        lines.push(number(next));
        here = next + 1;
    }
    let mut told = Told::new(TOOL, lines);
    told.code = code.map(scan::signed);
    // How many links fail is not how often one failed in a row: the words tell it.
    let party = Party::named(name);
    match end {
        End::Source => told.source = party,
        End::Destination => told.destination = party,
        End::NotSaid => told.observer = party,
    }
    told.outcome = if fails.value > 0 { Outcome::Failed } else { Outcome::Succeeded };
    told.interface = names::find("drsuapi");
    // Where neither end is said to be this one, the words alone tell which it is about.
    let about = match (end, &told.observer) {
        (End::NotSaid, Some(party)) => {
            format!("{}, whether as source or as destination is not said: ", party.label())
        }
        _ => String::new(),
    };
    told.words = format!(
        "{about}{} of {} links fail, longest time since a success {delta}{}{}",
        fails.value,
        total.value,
        if tail.trim().is_empty() { "" } else { ": " },
        tail.trim()
    );
    page.tell(told);
    Some(here)
}

fn is_row(line: &str) -> bool {
    let Some(slash) = line.find('/') else { return false };
    let numbers = scan::numbers(line);
    let touching =
        |from: usize, to: usize| line.get(from..to).is_some_and(|gap| gap.trim().is_empty());
    numbers.iter().any(|one| one.end <= slash && touching(one.end, slash))
}

/// `58 - dc4.contoso.com`, under "Experienced the following operational errors": a domain controller
/// that could not be asked.
fn unasked(at: usize, line: &str) -> Option<Told> {
    let (code, host) = line.split_once(" - ")?;
    let code: i64 = code.trim().parse().ok()?;
    let host = host.trim();
    if !scan::is_host(host) {
        return None;
    }
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.source = Party::asked_as(host);
    told.code = Some(scan::signed(code));
    told.outcome = Outcome::Failed;
    told.words = "repadmin could not ask it for its replication status".to_owned();
    Some(told)
}
