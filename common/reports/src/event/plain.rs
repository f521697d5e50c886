//! Events as text: `wevtutil qe … /f:text`, the event viewer's copy of any release, and what `Get-WinEvent` lists. The
//! labels may be in any language; an event is known by its number in the head, and a head by the lines before and
//! after it.

use super::{
    super::{
        page::{Page, number},
        scan, showrepl,
    },
    catalogue::{ErrorAt, Provider, known},
    row::{Event, code, tell},
};

/// The most lines of one event.
const MAX_LINES: usize = 80;
/// The most lines of a head.
const MAX_HEAD: usize = 16;

/// The labels of a head in English that an event may begin with.
const FIRST: [&str; 7] =
    ["Log Name", "Event Type", "Event Source", "Provider", "Source", "Event ID", "EventID"];
/// The other labels of a head in English.
const FURTHER: [&str; 10] = [
    "Event Category",
    "Date",
    "Time",
    "Level",
    "Task Category",
    "Keywords",
    "User",
    "User Name",
    "Computer",
    "OpCode",
];
/// The label of the computer, in the languages of Windows.
const COMPUTER: [&str; 12] = [
    "Computer",
    "MachineName",
    "Ordinateur",
    "Equipo",
    "Computador",
    "Komputer",
    "Dator",
    "Počítač",
    "Компьютер",
    "コンピューター",
    "计算机",
    "電腦",
];
/// The label behind which the text of an event begins, where it stands in the same line.
const DESCRIPTION: [&str; 3] = ["Description", "Message", "Beschreibung"];

/// Takes every event.
pub(crate) fn read(page: &mut Page<'_>) {
    let mut at = 0;
    while at < page.len() {
        let starts = page.open(at).is_some_and(|line| begins(page, at, line));
        at = if starts { event(page, at) } else { at + 1 };
    }
}

/// A label of a head, and its value.
fn labelled(line: &str) -> Option<(&str, &str)> {
    let (label, value) = line.split_once([':', '：'])?;
    let label = label.trim_end();
    let short = (1..=30).contains(&label.chars().count()) && !label.contains(['=', '\\', '"', '.']);
    short.then(|| (label, value.trim()))
}

/// `Event[0]:`, or the first line of a head that has the number of an event: `Log Name: Directory Service`.
fn begins(page: &Page<'_>, at: usize, line: &str) -> bool {
    if line.starts_with("Event[") {
        return true;
    }
    let Some((label, value)) = labelled(line) else { return false };
    // PowerShell's names of properties are in English everywhere.
    if ["TimeCreated", "ProviderName", "Id"].iter().any(|name| property(line, name).is_some()) {
        return (at..at + MAX_HEAD)
            .filter_map(|at| page.open(at))
            .take_while(|line| !line.is_empty() && property(line, "Message").is_none())
            .any(|line| property(line, "Id").and_then(|id| id.parse::<i64>().ok()).is_some());
    }
    let head = || {
        (at..at + MAX_HEAD)
            .filter_map(|at| page.open(at))
            .filter(|line| !line.is_empty())
            .take_while(|line| labelled(line).is_some())
    };
    if FIRST.contains(&label) {
        let labels = head().filter_map(labelled).take(4).filter(|(label, _)| is_of_a_head(label));
        return labels.count() >= 3 && head().any(|line| own_number(line).is_some());
    }
    let named = matches!(value, "Directory Service" | "DFS Replication")
        || Provider::named(value).is_some_and(|_| !is_of_a_head(label));
    named && head().any(|line| id(line).is_some())
}

fn is_of_a_head(label: &str) -> bool {
    FIRST.contains(&label) || FURTHER.contains(&label)
}

/// The value of a property as PowerShell lists it: `ProviderName : …`.
fn property<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (label, value) = line.split_once(':')?;
    (label.trim_end() == name && label.ends_with(' ')).then(|| value.trim())
}

/// The number of an event of ours, as the value of a label.
fn id(line: &str) -> Option<i64> {
    let value: i64 = labelled(line)?.1.parse().ok()?;
    let all = [Provider::Directory, Provider::Dfsr, Provider::Netlogon];
    all.iter().any(|provider| known(Some(*provider), value).is_some()).then_some(value)
}

/// The number of an event by its label, whether it is known or not.
fn own_number(line: &str) -> Option<i64> {
    let (label, value) = labelled(line)?;
    let own = matches!(label, "Event ID" | "EventID") || property(line, "Id").is_some();
    value.parse().ok().filter(|_| own)
}

/// The head of an event while it is read.
#[derive(Default)]
struct Head<'a> {
    labels: Vec<&'a str>,
    date: Option<&'a str>,
    /// Whether a label said that the text comes now.
    described: bool,
}

fn event(page: &mut Page<'_>, start: usize) -> usize {
    let mut event = Event { is_text: true, ..Event::default() };
    let mut lines = vec![number(start)];
    let mut head = Some(Head::default());
    let mut here = start + 1;
    if let (Some(head), Some(line)) = (head.as_mut(), page.open(start)) {
        of_head(&mut event, head, line);
    }
    let mut another = false;
    while let Some((next, line)) = page.next_open(here) {
        another = begins(page, next, line)
            && match (&head, labelled(line)) {
                (None, _) => true,
                _ if line.starts_with("Event[") => true,
                (Some(head), Some((label, _))) => head.labels.contains(&label),
                (Some(_), None) => event.id.is_some(),
            };
        if lines.len() >= MAX_LINES || another || foreign(line) {
            break;
        }
        if let Some(open) = head.as_mut() {
            let labels = labelled(line).is_some_and(|(label, value)| {
                is_of_a_head(label) || value.is_empty() || !open.described
            });
            if labels && of_head(&mut event, open, line) {
                let text_follows = labelled(line).is_some_and(|(label, value)| {
                    let last = DESCRIPTION.contains(&label) || property(line, "Message").is_some();
                    let behind = page.next_open(next + 1).and_then(|(_, line)| labelled(line));
                    last || (value.is_empty() && !is_of_a_head(label) && behind.is_none())
                        || (value.is_empty() && event.computer.is_some() && !is_of_a_head(label))
                });
                if text_follows {
                    open.described = true;
                    let text =
                        labelled(line).map(|(_, value)| value).filter(|text| !text.is_empty());
                    event
                        .values
                        .extend(text.map(|text| text.chars().take(1_000).collect::<String>()));
                    head = None;
                }
            } else if event.known().is_some() {
                head = None;
                value(&mut event, line);
            } else {
                // What stands behind a head that no text belongs to is none of it.
                break;
            }
        } else {
            value(&mut event, line);
        }
        lines.push(number(next));
        here = next + 1;
        // Behind the error nothing of ours follows but further data under a label.
        if event.whole && page.open(here).is_none_or(str::is_empty) && !data_follows(page, here) {
            break;
        }
    }
    let found = event.known();
    if event.id.is_none() || (found.is_none() && event.values.is_empty()) {
        return start + 1;
    }
    let has_data = !event.values.is_empty();
    // These have no error at their end, and of others nobody knows what they end with.
    let without = found.is_none_or(|known| known.error == ErrorAt::Nowhere);
    event.whole |= has_data && (without || another);
    tell(page, &event, lines);
    here
}

/// A line of a head; whether it is one.
fn of_head<'a>(event: &mut Event, head: &mut Head<'a>, line: &'a str) -> bool {
    if line.starts_with("Event[") {
        event.when = scan::moments(line).into_iter().next();
        return true;
    }
    let Some((label, value)) = labelled(line) else { return false };
    head.labels.push(label);
    event.id = event.id.or_else(|| own_number(line).or_else(|| id(line)));
    let source = matches!(label, "Source" | "Provider" | "Event Source" | "ProviderName");
    if event.provider.is_empty() && (source || Provider::named(value).is_some()) {
        event.provider = value.chars().take(200).collect();
    }
    if event.when.is_none() {
        event.when = scan::moments(line).into_iter().next();
        // The releases of old have the date and the time in two lines.
        match (label, head.date) {
            ("Date", _) => head.date = Some(value),
            ("Time", Some(date)) => {
                event.when = scan::moments(&format!("{date} {value}")).into_iter().next();
            }
            _ => {}
        }
    }
    let information = ["Inform", "Сведения", "情報", "信息"];
    let level =
        matches!(label, "Level" | "Event Type" | "LevelDisplayName") || !is_of_a_head(label);
    event.is_information |=
        level && value.len() < 40 && information.iter().any(|word| value.starts_with(word));
    let host = scan::is_host(value)
        && (COMPUTER.contains(&label) || (event.id.is_some() && value.contains('.') && !source));
    event.computer = event.computer.take().or_else(|| host.then(|| value.to_owned()));
    true
}

/// A line of the text of an event.
fn value(event: &mut Event, line: &str) {
    if let Some(status) = dumped(line) {
        event.binary = event.binary.or(Some(status));
        event.whole = true;
        return;
    }
    // `Error value: 1753 …` and `Error value:` with the number under it are both written.
    let (label, value) = line.split_once(": ").unwrap_or(("", line));
    if !label.is_empty() {
        event.values.push(label.chars().take(1_000).chain([':']).collect());
    }
    event.values.push(value.chars().take(1_000).collect());
    let at = event.known().map_or(ErrorAt::Nowhere, |known| known.error);
    let last = event.values.len() - 1;
    event.whole |= code(event, at, last).is_some();
}

/// The status in the data of a record: `0000: d9 06 00 00   Ù...`, or `0000: 000006d9` as words.
fn dumped(line: &str) -> Option<i64> {
    let mut tokens = line.strip_prefix("0000:")?.split_whitespace();
    let first = tokens.next()?;
    let value = match first.len() {
        8 => u32::from_str_radix(first, 16).ok()?,
        2 => {
            let bytes: Vec<u8> = std::iter::once(first)
                .chain(tokens.take(3))
                .map_while(|token| u8::from_str_radix(token, 16).ok().filter(|_| token.len() == 2))
                .collect();
            u32::from_le_bytes(bytes.try_into().ok()?)
        }
        _ => return None,
    };
    Some(i64::from(value.cast_signed()))
}

/// Whether the data of the record stands behind blank lines.
fn data_follows(page: &Page<'_>, at: usize) -> bool {
    page.next_open(at).is_some_and(|(_, line)| line == "Data:" || dumped(line).is_some())
}

/// Whether a line begins another tool's part.
fn foreign(line: &str) -> bool {
    line.starts_with("====")
        || line.starts_with("showrepl_")
        || line.starts_with("Repadmin")
        || line.starts_with("Directory Server Diagnosis")
        || line.contains("/showrepl")
        || scan::behind_prompt(line).is_some()
        || showrepl::is_name(line)
}
