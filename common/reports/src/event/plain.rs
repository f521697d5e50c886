//! Events as text: `wevtutil qe … /f:text`, the event viewer's copy, and what `Get-WinEvent` lists. The labels may be in any
//! language; an event is known by its number in the head, and a head by the lines before and after it.

use super::{
    super::{
        page::{Page, number},
        scan,
    },
    row::{Event, error, meaning, tell},
};

/// The most lines of one event.
const MAX_LINES: usize = 80;
/// The most lines of a head.
const MAX_HEAD: usize = 16;

/// Takes every event.
pub(crate) fn read(page: &mut Page<'_>) {
    let mut at = 0;
    while at < page.len() {
        let starts = page.open(at).is_some_and(|line| begins(page, at, line));
        at = if starts { event(page, at) } else { at + 1 };
    }
}

/// `Event[0]:`, or the first line of a head that has a number of ours: `Log Name: Directory Service`.
fn begins(page: &Page<'_>, at: usize, line: &str) -> bool {
    if line.starts_with("Event[") {
        return true;
    }
    // PowerShell's names of properties are in English everywhere.
    if property(line, "TimeCreated").is_some() {
        return (at..at + MAX_HEAD)
            .filter_map(|at| page.open(at))
            .take_while(|line| property(line, "Message").is_none())
            .any(|line| property(line, "Id").and_then(|id| id.parse::<i64>().ok()).is_some());
    }
    let labelled = line.split_once(": ").or_else(|| line.split_once("："));
    let is_log = labelled.is_some_and(|(label, value)| {
        let value = value.trim();
        value == "Directory Service" || (label.starts_with("Log") && value.contains("Service"))
    });
    is_log && (at..at + MAX_HEAD).any(|at| page.open(at).and_then(id).is_some())
}

/// The value of a property as PowerShell lists it: `ProviderName : …`.
fn property<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (label, value) = line.split_once(':')?;
    (label.trim_end() == name && label.ends_with(' ')).then(|| value.trim())
}

/// The number of an event of ours, as the value of a label.
fn id(line: &str) -> Option<i64> {
    let (_, value) = line.split_once([':', '：'])?;
    let value: i64 = value.trim().parse().ok()?;
    meaning(value).map(|_| value)
}

fn event(page: &mut Page<'_>, start: usize) -> usize {
    let mut event = Event { is_text: true, ..Event::default() };
    let mut lines = vec![number(start)];
    let mut head = true;
    let mut here = start + 1;
    event.when = page.open(start).and_then(|line| scan::moments(line).into_iter().next());
    let mut another = false;
    while let Some((next, line)) = page.next_open(here) {
        another = begins(page, next, line) && (!head || event.id.is_some());
        if lines.len() >= MAX_LINES || another || foreign(line) {
            break;
        }
        if head {
            let value = line.split_once([':', '：']).map(|(_, value)| value.trim());
            event.id = event.id.or_else(|| {
                // The first number of a head is the event's where it is none of ours.
                let other = line.strip_prefix("Event ID:").or_else(|| property(line, "Id"));
                id(line).or_else(|| other?.trim().parse().ok())
            });
            if let Some(provider) = property(line, "ProviderName") {
                event.provider = provider.chars().take(200).collect();
            }
            if event.when.is_none() && event.id.is_none() {
                event.when = scan::moments(line).into_iter().next();
            }
            let last_of_head = value == Some("") || property(line, "Message").is_some();
            let host = value
                .filter(|value| event.id.is_some() && value.contains('.') && scan::is_host(value));
            event.computer = event.computer.or_else(|| host.map(str::to_owned));
            head = !last_of_head;
        } else {
            // `Error value: 1753 …` and `Error value:` with the number under it are both written.
            let (label, value) = line.split_once(": ").unwrap_or(("", line));
            if !label.is_empty() {
                event.values.push(label.chars().take(1_000).chain([':']).collect());
            }
            event.values.push(value.chars().take(1_000).collect());
            event.whole |= error(value).is_some();
        }
        lines.push(number(next));
        here = next + 1;
        // Behind the error nothing of ours follows but further data under a label.
        if event.whole && page.open(here).is_none_or(str::is_empty) {
            break;
        }
    }
    if event.id.is_none() {
        return start + 1;
    }
    let has_data = !event.values.is_empty();
    // These have no error at their end, and of others nobody knows what they end with.
    let known = event.id.and_then(meaning).is_some();
    let without = matches!(event.id, Some(1311 | 1865 | 1113 | 1115)) || !known;
    event.whole |= has_data && (without || another);
    tell(page, &event, lines);
    here
}

/// Whether a line begins another tool's part.
fn foreign(line: &str) -> bool {
    line.starts_with("====") || line.starts_with("showrepl_") || line.contains("/showrepl")
}
