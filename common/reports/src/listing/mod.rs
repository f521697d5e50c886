//! Objects as PowerShell shows them, in a list (`Name : Value`) or in a table with a line of dashes: rows of
//! `repadmin /showrepl * /csv | ConvertFrom-Csv`, of `Get-ADReplicationFailure` and
//! `Get-ADReplicationPartnerMetadata`, and what `Test-NetConnection` found. The names of properties are in
//! English everywhere.

use super::page::{Page, number};

mod object;

use self::object::told;

/// The most lines of one object in a list.
const MAX_LINES: usize = 80;
/// The shortest line that a window breaks.
const WRAPS: usize = 60;
/// The most rows of one table.
const MAX_ROWS: usize = 50_000;
/// The most columns of a table.
const MAX_COLUMNS: usize = 24;

/// Takes every object.
pub(super) fn read(page: &mut Page<'_>) {
    let mut at = 0;
    while at < page.len() {
        at = list(page, at).or_else(|| table(page, at)).unwrap_or(at + 1);
    }
}

/// The properties of a line: `Number of Failures : 4`.
fn property(line: &str) -> Option<(&str, &str)> {
    // `"Number of Failures":  "4",`, as `ConvertTo-Json` writes it.
    if let Some((name, value)) = line.strip_prefix('"').and_then(|rest| rest.split_once("\":")) {
        let value = value.trim().trim_end_matches(',').trim_matches('"');
        let fits = name.len() <= 40 && !name.contains('"') && !value.contains(['"', '{', '[']);
        return fits.then_some((name, if value == "null" { "" } else { value }));
    }
    let at = line.find(" :")?;
    let (name, value) = (line.get(..at)?.trim_end(), line.get(at + 2..)?);
    // `PingReplyDetails (RTT)`
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '(' | ')');
    let named = (1..=40).contains(&name.len()) && name.chars().all(fits);
    (named && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim()))
}

/// Takes an object of a list; the line behind it.
fn list(page: &mut Page<'_>, at: usize) -> Option<usize> {
    property(page.open(at)?)?;
    // Where the values stand: more of one than fit into its line go on there.
    let column = page.open_column(at).and_then(|line| line.find(" : ")).map(|at| at + 3);
    let under =
        |line: &str| column.is_some_and(|column| line.len() - line.trim_start().len() >= column);
    let mut properties: Vec<(String, String)> = Vec::new();
    let mut lines = Vec::new();
    let mut here = at;
    while let Some(line) = page.open(here).filter(|line| !line.is_empty())
        && lines.len() < MAX_LINES
    {
        let found = property(line);
        // The next object stands right behind, where the blank lines are lost.
        if found.is_some_and(|(name, _)| properties.iter().any(|(held, _)| held == name)) {
            break;
        }
        match (found, properties.last_mut()) {
            (Some((name, value)), _) => properties.push((name.to_owned(), value.to_owned())),
            // A value that is longer than the window goes on in the next line.
            (None, Some((_, value)))
                if value.len() < 1_000
                    && line.len() < 400
                    && (value.is_empty()
                        || page.open(here - 1).is_some_and(|line| line.len() >= WRAPS)) =>
            {
                value.push_str(line);
            }
            (None, Some(_)) if page.open_column(here).is_some_and(under) => {}
            _ => break,
        }
        lines.push(number(here));
        here += 1;
    }
    let told = told(&properties, &lines)?;
    page.tell(told);
    Some(here)
}

/// Takes a table whose header stands at `at`; the line behind it.
fn table(page: &mut Page<'_>, at: usize) -> Option<usize> {
    let header = page.open_column(at).filter(|line| !line.is_empty())?;
    let rule = page.open_column(at + 1)?;
    let dashes = rule.trim_start().starts_with("--") && rule.chars().all(|c| c == '-' || c == ' ');
    if !dashes {
        return None;
    }
    let starts = starts(rule);
    let names = cells(header, &starts);
    let mut here = at + 2;
    let mut rows = Vec::new();
    while let Some(line) = page.open_column(here).filter(|line| !line.is_empty())
        && rows.len() < MAX_ROWS
    {
        let values = cells(line, &starts);
        // A cell that the window was too narrow for says nothing for certain.
        let whole = |value: &String| !value.ends_with("...") && !value.ends_with('\u{2026}');
        let properties: Vec<(String, String)> =
            names.iter().cloned().zip(values).filter(|(_, value)| whole(value)).collect();
        let Some(told) = told(&properties, &[number(here)]) else { break };
        rows.push(told);
        here += 1;
    }
    let tool = rows.first()?.tool;
    page.frame(tool, at);
    page.frame(tool, at + 1);
    rows.into_iter().for_each(|told| page.tell(told));
    Some(here)
}

/// Where the groups of dashes begin, in characters.
fn starts(rule: &str) -> Vec<usize> {
    let mut before = ' ';
    let begins = rule.chars().enumerate().filter_map(|(at, c)| {
        let first = c == '-' && std::mem::replace(&mut before, c) == ' ';
        before = c;
        first.then_some(at)
    });
    begins.take(MAX_COLUMNS).collect()
}

/// The cells of a line, by where its columns begin.
fn cells(line: &str, starts: &[usize]) -> Vec<String> {
    let ends = starts.iter().skip(1).map(Some).chain([None]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| {
            let length = end.map_or(usize::MAX, |end| end - start);
            line.chars().skip(*start).take(length).collect::<String>().trim().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_and_cells() {
        assert_eq!(property("Number of Failures : 4"), Some(("Number of Failures", "4")));
        assert_eq!(property("FailureCount :"), Some(("FailureCount", "")));
        assert_eq!(property("\"Number of Failures\":  \"4\","), Some(("Number of Failures", "4")));
        assert_eq!(property("Last attempt @ 12:35 : x"), None);
        assert_eq!(property("DSA Options: IS_GC"), None);
        let starts = starts("---- --  -----");
        assert_eq!(starts, [0, 5, 9]);
        assert_eq!(cells("DC1   4  x y z", &starts), ["DC1", "4", "x y z"]);
    }
}
