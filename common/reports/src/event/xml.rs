//! Event XML: no more of XML than events are made of. A file that is cut off gives what it has.

use super::{
    super::page::{Page, numbers},
    row::{Event, TOOL, tell},
};

/// The most events of one file.
const MAX_EVENTS: usize = 20_000;

/// Takes every `<Event …>`.
pub(crate) fn read(page: &mut Page<'_>) {
    let text = page.text();
    if !text.contains("<Event") {
        return;
    }
    let mut lines = Lines { text, at: 0, line: 0 };
    let mut at = 0;
    for _ in 0..MAX_EVENTS {
        let Some(start) = find(text, at, "<Event") else { break };
        if !is_event(text, start) {
            let behind = text.get(start + 6..).unwrap_or_default();
            if behind.starts_with("s>") || behind.starts_with("s ") {
                let line = lines.of(start);
                page.frame(TOOL, line);
            }
            at = start + 6;
            continue;
        }
        // Each place is looked at once: an end that never comes is not searched for again and again.
        let next = next_event(text, start + 6);
        let reach = next.unwrap_or(text.len());
        let end = text.get(start..reach).and_then(|t| t.find("</Event>")).map(|at| at + start);
        // Without its end it reaches to the next, or as far as it looks like XML.
        let whole = end.is_some();
        let stop = end.map_or_else(|| next.unwrap_or(text.len()), |end| end + 8);
        let body = text.get(start..stop).unwrap_or_default();
        let (first, last) = (lines.of(start), lines.of(stop.saturating_sub(1).max(start)));
        let last = if whole { last } else { last_of_xml(page, first, last) };
        // Of an event without an end no more is read than its lines.
        let reach = body.split_inclusive('\n').take(last - first + 1).map(str::len).sum();
        let body = body.get(..reach).unwrap_or_default();
        tell(page, &event(body, whole), numbers(first, last));
        at = stop;
    }
    for line in 0..page.len() {
        let rule =
            page.open(line).is_some_and(|text| text.starts_with("<?xml") || text == "</Events>");
        if rule {
            page.frame(TOOL, line);
        }
    }
}

/// The last line of an event without an end: what does not begin with a tag is not of it.
fn last_of_xml(page: &Page<'_>, first: usize, last: usize) -> usize {
    let mut end = first;
    for at in first + 1..=last {
        match page.open(at) {
            Some(line) if line.starts_with('<') || line.is_empty() => end = at,
            _ => break,
        }
    }
    end
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| at + from)
}

/// Whether the tag that begins at `start` is `Event` and no longer name.
fn is_event(text: &str, start: usize) -> bool {
    let behind = text.get(start + 6..).unwrap_or_default();
    behind.starts_with([' ', '>', '\r', '\n', '\t'])
}

/// Where the next event begins.
fn next_event(text: &str, from: usize) -> Option<usize> {
    let places = text.get(from..)?.match_indices("<Event").map(|(at, _)| at + from);
    places.into_iter().find(|at| is_event(text, *at))
}

/// Line numbers of places that only go forward.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, place: usize) -> usize {
        let between = self.text.as_bytes().get(self.at..place).unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count();
        self.at = self.at.max(place);
        self.line
    }
}

fn event(body: &str, whole: bool) -> Event {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = body.split_once(tag)?;
        let (inside, _) = rest.split_once('>')?;
        let (_, value) = inside.split_once(name)?;
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        value.get(1..)?.split(quote).next().map(unescaped)
    };
    let mut values = Vec::new();
    let mut rest = body;
    while let Some((_, behind)) = rest.split_once("<Data")
        && values.len() < 64
    {
        let Some((inside, behind)) = behind.split_once('>') else { break };
        rest = behind;
        if inside.ends_with('/') {
            continue;
        }
        let value = behind.split('<').next().unwrap_or_default();
        values.push(unescaped(value).trim().chars().take(1_000).collect());
    }
    Event {
        id: element(body, "EventID").and_then(|id| id.trim().parse().ok()),
        computer: element(body, "Computer").map(|name| name.trim().to_owned()),
        when: attribute("<TimeCreated", "SystemTime="),
        provider: attribute("<Provider", "Name=").unwrap_or_default(),
        is_information: element(body, "Level").is_some_and(|level| level.trim() == "4"),
        values,
        binary: element(body, "Binary").and_then(|hex| little_endian(hex.trim())),
        whole,
        is_text: false,
    }
}

fn element(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}"))?;
    let (inside, rest) = rest.split_once('>')?;
    (!inside.ends_with('/')).then(|| rest.split('<').next().map(unescaped)).flatten()
}

/// The first four bytes of binary data: the status of old KCC events.
fn little_endian(hex: &str) -> Option<i64> {
    let value = u32::from_str_radix(hex.get(..8)?, 16).ok()?.swap_bytes();
    Some(i64::from(value.cast_signed()))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#13;", "")
        .replace("&#10;", "\n")
        .replace("&amp;", "&")
}
