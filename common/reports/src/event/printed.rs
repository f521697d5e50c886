//! Events as dcdiag prints them in its tests KccEvent, DFSREvent and SystemLog. Their number is the last half of what
//! it calls the event's; who wrote one follows from the test.
//!
//! ```text
//! A warning event occurred.  EventID: 0x80000785
//!    Time Generated: 10/02/2026   12:35:32
//!    Event String:
//!    The attempt to establish a replication link for the following writable directory partition failed.
//! ```

use super::{
    super::{
        page::{Page, number},
        scan,
        told::Party,
    },
    plain::value,
    row::{Event, tell},
};

/// The most lines of one event.
const MAX_LINES: usize = 80;
/// How far from an event the result of its test may stand.
const REACH: usize = 400;

/// Takes every event that is known.
pub(crate) fn read(page: &mut Page<'_>) {
    page.walk(|page, at, line| event(page, at, line));
}

/// The number of the event that a line begins.
fn begins(line: &str) -> Option<i64> {
    let (label, digits) = line.rsplit_once("0x")?;
    let fits = label.trim_end().ends_with([':', '：'])
        && digits.len() == 8
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && label.contains("ID");
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| fits)?;
    Some(i64::from(number & 0xffff))
}

fn event(page: &mut Page<'_>, at: usize, line: &str) -> Option<usize> {
    let id = begins(line)?;
    let (second, time) = page.next_open(at + 1)?;
    let when = scan::moments(time).into_iter().next()?;
    let (provider, computer) = test(page, at);
    let mut event = Event {
        id: Some(id),
        when: Some(when),
        provider: provider.to_owned(),
        computer,
        is_text: true,
        ..Event::default()
    };
    event.known()?;
    let mut lines = vec![number(at), number(second)];
    let mut here = second + 1;
    while let Some((next, text)) = page.next_open(here)
        && lines.len() < MAX_LINES
        && !text.starts_with(['[', '*'])
        && !text.starts_with("....")
        && begins(text).is_none()
        && named_test(text).is_none()
        && scan::behind_prompt(text).is_none()
    {
        value(&mut event, text);
        lines.push(number(next));
        here = next + 1;
    }
    // An event without its text is one all the same.
    if event.values.is_empty() {
        return None;
    }
    tell(page, &event, lines);
    Some(here)
}

/// The test that a line names, and who writes the events that it prints.
fn named_test(line: &str) -> Option<&'static str> {
    let of = [
        ("KccEvent", "NTDS KCC"),
        ("DFSREvent", "DFSR"),
        ("SystemLog", "NETLOGON"),
        ("FrsEvent", "NtFrs"),
    ];
    let heads = line.starts_with("....") || line.contains([':', '：']) && line.len() < 80;
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
    let found = words.find_map(|word| of.iter().find(|(test, _)| *test == word));
    found.filter(|_| heads).map(|(_, provider)| *provider)
}

/// Who wrote the events of the test around a line, and the computer that it was about.
fn test(page: &Page<'_>, at: usize) -> (&'static str, Option<String>) {
    let behind = (at..at.saturating_add(REACH)).map_while(|at| page.line(at));
    let result = behind.into_iter().find(|line| line.starts_with("....") || heads(line));
    if let Some(result) = result.filter(|line| line.starts_with("....")) {
        let provider = named_test(result).unwrap_or("?");
        return (provider, tested(result));
    }
    let first = at.saturating_sub(REACH);
    let above = (first..at).rev().filter_map(|at| page.line(at));
    let provider = above.into_iter().find(|line| heads(line)).and_then(named_test);
    (provider.unwrap_or("?"), None)
}

/// `Starting test: KccEvent`
fn heads(line: &str) -> bool {
    !line.starts_with("....") && named_test(line).is_some()
}

/// The one name in capitals of a result: in English its first word.
fn tested(result: &str) -> Option<String> {
    let words = result.trim_start_matches('.').split_whitespace();
    let capital = |word: &&str| {
        scan::is_host(word)
            && word.len() > 1
            && !word.contains(|c: char| c.is_ascii_lowercase())
            && word.contains(|c: char| c.is_ascii_uppercase())
    };
    let mut all = words.filter(capital);
    let name = all.next().filter(|_| all.next().is_none())?;
    Party::named(name).and_then(|party| party.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_event() {
        for (line, wanted) in [
            ("A warning event occurred.  EventID: 0x80000785", Some(1925)),
            ("An error event occurred.  EventID: 0xC000138A", Some(5002)),
            ("Warnungsereignis aufgetreten. Ereignis-ID: 0x80000785", Some(1925)),
            ("status: 0x6d9", None),
            ("the error is 0x80000785", None),
        ] {
            assert_eq!(begins(line), wanted, "{line}");
        }
        assert_eq!(named_test("......... DC4 failed test KccEvent"), Some("NTDS KCC"));
        assert_eq!(tested("......... DC4 failed test KccEvent").as_deref(), Some("DC4"));
    }
}
