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
/// The properties of an event that PowerShell lists.
const PROPERTIES: [&str; 14] = [
    "TimeCreated",
    "ProviderName",
    "ProviderId",
    "Id",
    "LogName",
    "MachineName",
    "LevelDisplayName",
    "Level",
    "Version",
    "Task",
    "TaskDisplayName",
    "UserId",
    "RecordId",
    "Message",
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
    if is_property(line) {
        // The text may come first, with blank lines in it.
        let reach = if property(line, "Message").is_some() { MAX_LINES } else { MAX_HEAD };
        return (at..at + reach)
            .filter_map(|at| page.open(at))
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

/// Whether a line is a property of an event as PowerShell lists them.
fn is_property(line: &str) -> bool {
    PROPERTIES.iter().any(|name| property(line, name).is_some())
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
    /// Whether the text of the event has begun.
    is_over: bool,
}

fn event(page: &mut Page<'_>, start: usize) -> usize {
    let mut event = Event { is_text: true, ..Event::default() };
    let mut lines = vec![number(start)];
    let mut head = Head::default();
    let mut here = start + 1;
    if let Some(line) = page.open(start) {
        of_head(&mut event, &mut head, line);
        head.is_over = text_follows(page, start, line, &event);
        inline(&mut event, &head, line);
    }
    let mut another = false;
    while let Some((next, line)) = page.next_open(here) {
        let seen = labelled(line).is_some_and(|(label, _)| head.labels.contains(&label));
        let first = line.starts_with("Event[") || (head.is_over && !is_property(line));
        another = (first || seen) && begins(page, next, line);
        if lines.len() >= MAX_LINES || another || foreign(line) {
            break;
        }
        // PowerShell may list the text first.
        if head.is_over && !is_property(line) {
            value(&mut event, line);
        } else if of_head(&mut event, &mut head, line) {
            let begins = text_follows(page, next, line, &event);
            if begins {
                head.is_over = true;
                inline(&mut event, &head, line);
            }
        } else if event.known().is_some() {
            head.is_over = true;
            value(&mut event, line);
        } else {
            // What stands behind a head that no text belongs to is none of it.
            break;
        }
        lines.push(number(next));
        here = next + 1;
        // Behind the error nothing of ours follows but further data under a label.
        let ends = page.open(here).is_none_or(str::is_empty);
        if event.whole && event.id.is_some() && ends && !data_follows(page, here) {
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
    // What was read before the number of the event was known.
    let at = found.map_or(ErrorAt::Nowhere, |known| known.error);
    event.whole |= (0..event.values.len()).any(|place| code(&event, at, place).is_some());
    tell(page, &event, lines);
    here
}

/// Whether the text of an event begins behind a line of its head, or in it.
fn text_follows(page: &Page<'_>, at: usize, line: &str, event: &Event) -> bool {
    let Some((label, value)) = labelled(line) else { return false };
    if DESCRIPTION.contains(&label) {
        return true;
    }
    let behind = page.next_open(at + 1).and_then(|(_, line)| labelled(line));
    value.is_empty()
        && !is_of_a_head(label)
        && !is_property(line)
        && (behind.is_none() || event.computer.is_some())
}

/// The text of an event that begins in the line of its label.
fn inline(event: &mut Event, head: &Head<'_>, line: &str) {
    let text = labelled(line).map(|(_, value)| value).filter(|text| !text.is_empty());
    if let Some(text) = text.filter(|_| head.is_over) {
        event.values.push(text.chars().take(1_000).collect());
    }
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
    event.is_information |= level
        && value.len() < 40
        && (information.iter().any(|word| value.starts_with(word))
            || (property(line, "Level").is_some() && value == "4"));
    let host = scan::is_host(value)
        && (COMPUTER.contains(&label) || (event.id.is_some() && value.contains('.') && !source));
    event.computer = event.computer.take().or_else(|| host.then(|| value.to_owned()));
    true
}

/// A line of the text of an event.
pub(super) fn value(event: &mut Event, line: &str) {
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
