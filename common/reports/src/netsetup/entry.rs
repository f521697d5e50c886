//! The lines of the log.

use std::ops::RangeInclusive;

use super::{super::cut::CUT, attempt::Stage};

/// The most that is kept of one step, in characters.
const MAX_TEXT: usize = 500;

/// The most lines that one is wrapped into besides its first.
const MAX_WRAPPED: u32 = 3;

/// An entry of the log, with the lines that it was wrapped into joined.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: u32,
    pub(super) last_line: u32,
    pub(super) time: Option<String>,
    pub(super) text: String,
}

/// The lines of the log in `text`, those that one was wrapped into joined.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let timed = text.lines().any(|line| split_time(line).is_some());
    let mut gap = false;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim_end();
        if line.trim().is_empty() {
            gap = true;
            continue;
        }
        let gap = std::mem::take(&mut gap);
        let split = split_time(line);
        let (time, rest) = split.unwrap_or((None, line));
        let time = time.map(str::to_owned);
        let begins = split.is_some() || is_divider(rest) || (!timed && begins_an_entry(rest));
        match entries.last_mut() {
            // What stands apart is nothing that was wrapped, nor is what goes on and on.
            Some(open) if !begins && (gap || number > open.line.saturating_add(MAX_WRAPPED)) => {}
            Some(open) if !begins && !open.is_divider() => {
                if open.text.len() < MAX_TEXT {
                    open.text.push(' ');
                    open.text.extend(rest.trim().chars().take(MAX_TEXT));
                }
                open.last_line = number;
            }
            _ => {
                let text = rest.trim().chars().take(MAX_TEXT).collect();
                entries.push(Entry { line: number, last_line: number, time, text });
            }
        }
    }
    entries
}

/// Whether a line is one of this log, by its time or its first word.
pub(crate) fn is_of_the_log(line: &str) -> bool {
    let rest = split_time(line).map_or(line, |(_, rest)| rest).trim();
    let timed = split_time(line).is_some();
    let label = LABELS.iter().any(|label| rest.starts_with(label)) || is_divider(rest);
    (label && timed) || (begins_an_entry(rest) && is_the_logs_own(rest))
}

/// The names of the functions that write it; `Net` and `Ds` alone begin other tools' lines too.
fn is_the_logs_own(text: &str) -> bool {
    ["Netp", "NetUse", "NetpDo", "DsrIs", "ldap_unbind", "NPGet"]
        .iter()
        .any(|name| text.starts_with(name))
}

impl Entry {
    /// A line by itself, of no file.
    pub(super) fn alone(line: &str) -> Self {
        let rest = split_time(line).map_or(line, |(_, rest)| rest).trim();
        Self { line: 0, last_line: 0, time: None, text: rest.chars().take(MAX_TEXT).collect() }
    }

    pub(super) fn is_divider(&self) -> bool {
        is_divider(&self.text)
    }

    pub(super) fn is_of_a_join(&self) -> bool {
        let marks = ["NetpDoDomainJoin", "NetpJoinDomain", "NetpGetComputerObjectDn"];
        marks.iter().any(|mark| self.text.starts_with(mark))
    }

    /// `NetpDoDomainJoin: status: 0x6d9`: how all of it ended.
    pub(super) fn is_of_the_whole(&self) -> bool {
        self.text.starts_with("NetpDoDomainJoin") && self.code().is_some()
    }

    /// `NetpCompleteOfflineDomainJoin: status: 0x0`: the function whose end the line tells, and how it ended.
    pub(super) fn end(&self) -> Option<(&str, u32)> {
        let (function, rest) = self.text.split_once(": status: ")?;
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let digits = rest.trim_end_matches(['.', ' ']).strip_prefix("0x")?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        (function.starts_with("Net") && function.chars().all(name)).then_some((function, code))
    }

    /// The computer whose account a line is about: `for 'APP1$'`.
    pub(super) fn account(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once(" for ")?;
        let (name, _) = rest.split_once('$')?;
        let name = name.trim_start_matches('\'');
        (!name.is_empty() && !name.contains([' ', '\''])).then_some(name)
    }

    /// The computer, as older and newer logs call it.
    pub(super) fn machine(&self) -> Option<&str> {
        let labelled = ["Machine:", "HostName:"].iter().find_map(|label| self.labelled(label));
        labelled.or_else(|| {
            let (name, "") =
                self.text.strip_prefix("NetpMachineValidToJoin: '")?.trim_end().split_once('\'')?
            else {
                return None;
            };
            (!name.is_empty()).then_some(name)
        })
    }

    /// The text after a label; `(NULL)` is nothing.
    pub(super) fn labelled(&self, label: &str) -> Option<&str> {
        let value = self.text.strip_prefix(label)?.trim();
        (!value.is_empty() && value != "(NULL)").then_some(value)
    }

    /// The host behind `\\`, in quotes or not, and not `\\?\`.
    pub(super) fn controller(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once("\\\\")?;
        let is_name =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '<' | '>');
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, behind) = rest.split_at_checked(end)?;
        let name = name.trim_end_matches('.');
        (!name.is_empty() && !name.ends_with('<') && !behind.starts_with(CUT)).then_some(name)
    }

    /// The code that the line ends in, where the line tells how a step ended. The first one counts:
    /// "…: 0x54b, last error is 0x0".
    pub(super) fn code(&self) -> Option<u32> {
        let lower = self.text.to_ascii_lowercase();
        let tells = ["status", "failed", "unable", "error", "fail"];
        if !tells.iter().any(|word| lower.contains(word)) {
            return None;
        }
        let mut rest = lower.as_str();
        while let Some((before, after)) = rest.split_once("0x") {
            let digits: String = after.chars().take_while(char::is_ascii_hexdigit).collect();
            let label = before.trim_end_matches([' ', '\'', '"']);
            let is_option = ["flags:", "options:", "flags =", "options ="]
                .iter()
                .any(|word| label.ends_with(word));
            let is_code =
                label.ends_with([':', '=']) || label.ends_with(" is") || label.ends_with("error");
            if is_code && !is_option && (1..=8).contains(&digits.len()) {
                return u32::from_str_radix(&digits, 16).ok();
            }
            rest = after;
        }
        None
    }

    pub(super) fn stage(&self) -> Stage {
        let has = |word: &str| self.text.contains(word);
        if has("NetpDsGetDcName") || has("DsGetDcName") || has("to find DC") {
            Stage::FindController
        } else if has("NetpGetComputerObjectDn") || has("bind to DS") || has("DsCrackNames") {
            Stage::Directory
        } else if has("DnsHostName") || has("SPN") {
            Stage::Names
        } else if has("NetUserAdd") || has("ManageMachineAccount") || has("creating account") {
            Stage::Account
        } else if has("connecting to dc") || has("NetUseAdd") || has("IPC$") {
            Stage::Connect
        } else if has("Lsa") {
            Stage::Policy
        } else {
            Stage::Other
        }
    }
}

/// The time in front of a line, and the rest. Where a document has a word in its place (`<DateTime>`,
/// `mm/dd/yyyy hh:mm:ss:ms`) there is no time, and the line is one of the log all the same.
fn split_time(line: &str) -> Option<(Option<&str>, &str)> {
    let mut words = line.split(' ');
    let (date, time) = (words.next()?, words.next()?);
    let fits = |text: &str, by: char, counts: RangeInclusive<usize>, of: fn(&u8) -> bool| {
        let parts: Vec<&str> = text.split(by).collect();
        let is_one = |p: &str| !p.is_empty() && p.len() <= 4 && p.as_bytes().iter().all(of);
        counts.contains(&parts.len()) && parts.into_iter().all(is_one)
    };
    let both = |of: fn(&u8) -> bool| fits(date, '/', 2..=3, of) && fits(time, ':', 3..=4, of);
    let end = date.len() + 1 + time.len();
    let rest = || Some(line.get(end..)?.strip_prefix(' ').unwrap_or_default());
    if both(u8::is_ascii_digit) {
        return Some((Some(line.get(..end)?), rest()?));
    }
    let letters: fn(&u8) -> bool =
        |byte| matches!(byte.to_ascii_lowercase(), b'm' | b'd' | b'y' | b'h' | b's' | b'f' | b'x');
    if both(letters) {
        return Some((None, rest()?));
    }
    let mut rest = line;
    while let Some(behind) = behind_placeholder(rest) {
        rest = behind;
    }
    (rest.len() < line.len()).then(|| (None, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// What stands behind a word for a time: `<DateTime>`, `*<DateTime>*`, `[time]`.
fn behind_placeholder(line: &str) -> Option<&str> {
    let text = line.trim_start_matches([' ', '*']);
    let (inside, behind) = match text.chars().next()? {
        '<' => text.get(1..)?.split_once('>')?,
        '[' => text.get(1..)?.split_once(']')?,
        _ => return None,
    };
    let lower = inside.to_ascii_lowercase();
    let time = inside.len() <= 30 && ["date", "time"].iter().any(|word| lower.contains(word));
    time.then(|| behind.trim_start_matches('*'))
}

fn is_divider(text: &str) -> bool {
    text.trim().len() >= 10 && text.trim().bytes().all(|byte| byte == b'-')
}

/// The labels of the lines in which a join says what it was told to do.
const LABELS: [&str; 11] = [
    "HostName:",
    "NetbiosName:",
    "Machine:",
    "Domain:",
    "MachineAccountOU:",
    "Account:",
    "Options:",
    "OS Version:",
    "Build number:",
    "SKU:",
    "ServicePack:",
];

/// Whether a line without a time is one of the log's own, and not the rest of the one above it.
fn begins_an_entry(text: &str) -> bool {
    let text = text.trim_start();
    let name: String =
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let is_name = ["Net", "Dns", "Ds", "Lsa", "ldap_", "Joined", "NPGet"]
        .iter()
        .any(|prefix| name.len() > prefix.len() && name.starts_with(prefix));
    is_name || LABELS.iter().any(|label| text.starts_with(label))
}
