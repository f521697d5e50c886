//! `NETSETUP.LOG` (`%systemroot%\debug`): what a Windows computer did to join a domain, line for
//! line, with the code of every step. New attempts are appended, divided by lines of dashes.
//!
//! A line is `MM/DD/YYYY HH:MM:SS:mmm TEXT`, older ones `MM/DD HH:MM:SS TEXT`; in tickets and
//! articles the time is often cut off and long lines are wrapped.

use epmesh_rpc::windows_error;
use serde::Serialize;

/// The most steps that are kept of one attempt: a join writes about a hundred.
const MAX_STEPS: usize = 2000;
/// The most that is kept of one step, in characters.
const MAX_TEXT: usize = 500;

/// The most lines that one is wrapped into besides its first.
const MAX_WRAPPED: u32 = 3;

/// One attempt to join.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attempt {
    /// Its first line in the file, from 1.
    pub first_line: u32,
    /// Its last.
    pub last_line: u32,
    /// Every line of it; others may stand between them, where it is part of something longer.
    #[serde(skip)]
    pub lines: Vec<u32>,
    /// When it began, as the file writes it.
    pub began: Option<String>,
    /// The domain that was to be joined.
    pub domain: Option<Noted>,
    /// The computer that was to join.
    pub machine: Option<Noted>,
    /// The domain controller that was last spoken to.
    pub controller: Option<Noted>,
    /// Every step that did not succeed, in order.
    pub failures: Vec<Step>,
    /// The step that decided: the first that failed with the code of the whole.
    pub decisive: Option<Step>,
    /// How it ended; `None` where the log does not tell.
    pub status: Option<Status>,
}

/// A word of the log and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Noted {
    /// The line.
    pub line: u32,
    /// The word.
    pub value: String,
}

/// How an attempt ended (`NetpDoDomainJoin: status: …`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// The line.
    pub line: u32,
    /// The code; 0 is success.
    pub code: u32,
}

/// A step that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// The line it begins in.
    pub line: u32,
    /// What was being done.
    pub stage: Stage,
    /// The code.
    pub code: u32,
    /// The domain controller that the line names.
    pub controller: Option<String>,
    /// The line itself, without its time.
    pub text: String,
}

/// What a step was part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Looking for a domain controller: DNS and LDAP pings.
    FindController,
    /// Connecting to it: SMB, port 445.
    Connect,
    /// Making or finding the computer's account: samr.
    Account,
    /// Finding the account in the directory by `DsBind` and `DsCrackNames`: drsuapi.
    Directory,
    /// Writing the DNS host name and the service principal names: LDAP.
    Names,
    /// Reading or writing secrets and policy: lsarpc, often the computer's own.
    Policy,
    /// Undoing what was done, after it failed.
    Rollback,
    /// Something else.
    Other,
}

impl Stage {
    /// In plain words, to follow "could not".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::FindController => "find a domain controller",
            Self::Connect => "connect to the domain controller over SMB (port 445)",
            Self::Account => "make or change the computer's account (samr)",
            Self::Directory => "bind to the directory (drsuapi: endpoint mapper, then its port)",
            Self::Names => "write the computer's DNS name and service principal names",
            Self::Policy => "read or write the security policy (lsarpc)",
            Self::Rollback => "undo what had been done",
            Self::Other => "take a step",
        }
    }
}

/// What a code means for a join, where that says more than its name.
#[must_use]
pub const fn meaning(code: u32) -> Option<&'static str> {
    Some(match code {
        0x6d9 => {
            "the endpoint mapper answered and did not have the interface, or the list that it gave \
             was used up"
        }
        0x6ba => "the domain controller's RPC server could not be reached",
        0x6bf | 0xc002_001c => "the RPC call was cut off before it was carried out",
        0x40 => "the connection was cut: often a firewall between the two, on SMB",
        0x54b => "no domain controller of that domain was found: DNS, or UDP 389",
        0xa8b => "the DNS name of a domain controller of that domain could not be resolved",
        0x8b0 => "the account was there already: the join goes on with it",
        0x534 => "a name was not known yet: a step that may be tried again",
        0x5 => "the account that joins may not do this",
        0x52e => "the name or the password of the account that joins is wrong",
        0x525 => "there is no account of that name yet: in a first join it is made later",
        0x35 => "the domain controller was not reached over SMB",
        _ => return None,
    })
}

/// A code as tools show it: hexadecimal, decimal, and its symbolic name.
#[must_use]
pub fn code_words(code: u32) -> String {
    let name = match code {
        0xa8b => Some("NERR_JoinDnsResolution"),
        0x525 => Some("ERROR_NO_SUCH_USER"),
        0x52e => Some("ERROR_LOGON_FAILURE"),
        other => windows_error::symbol(i64::from(other)),
    };
    match name {
        Some(name) => format!("{code:#x} ({code}, {name})"),
        None => format!("{code:#x} ({code})"),
    }
}

/// Whether a step with this code may fail in a join that succeeds.
const fn is_transient(code: u32) -> bool {
    matches!(code, 0x8b0 | 0x534 | 0x525 | 0xc000_0034)
}

/// The last attempt to join in `text`; `None` where there is none.
#[must_use]
pub fn last_join(text: &str) -> Option<Attempt> {
    joins(text).pop()
}

/// Every attempt to join in `text`, in order.
#[must_use]
pub fn joins(text: &str) -> Vec<Attempt> {
    let entries = entries(text);
    let mut found = Vec::new();
    for section in entries.split(Entry::is_divider) {
        // Without dashes between them, attempts begin with a line of their own.
        let begins = |entry: &Entry| entry.text.trim_end_matches(['.', ' ']) == "NetpDoDomainJoin";
        // And end with the status of the whole.
        let ends = |at: usize| section.get(at).is_some_and(Entry::is_of_the_whole);
        let all = section.iter().enumerate();
        let starts = all.filter(|(at, entry)| begins(entry) || at.checked_sub(1).is_some_and(ends));
        let mut bounds: Vec<usize> = starts.map(|(at, _)| at).filter(|at| *at > 0).collect();
        bounds.insert(0, 0);
        bounds.push(section.len());
        for pair in bounds.windows(2) {
            let [from, to] = pair else { continue };
            let attempt = section.get(*from..*to).unwrap_or_default();
            if attempt.iter().any(Entry::is_of_a_join) {
                found.push(read(attempt));
            }
        }
    }
    found
}

/// Whether a line is one of this log, by its time or its first word.
pub(super) fn is_of_the_log(line: &str) -> bool {
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

/// What failed in a line that is of no join: leaving a domain, renaming, provisioning a computer.
pub(super) fn failure(line: &str) -> Option<Step> {
    let rest = split_time(line).map_or(line, |(_, rest)| rest).trim();
    let text = rest.chars().take(MAX_TEXT).collect();
    let entry = Entry { line: 0, last_line: 0, time: None, text };
    let code = entry.code().filter(|code| *code != 0 && !is_transient(*code))?;
    let controller = entry.controller().map(str::to_owned);
    Some(Step { line: 0, stage: entry.stage(), code, controller, text: entry.text })
}

fn read(entries: &[Entry]) -> Attempt {
    let mut attempt = Attempt {
        first_line: entries.first().map_or(0, |entry| entry.line),
        last_line: entries.last().map_or(0, |entry| entry.last_line),
        lines: entries.iter().flat_map(|entry| entry.line..=entry.last_line).collect(),
        began: entries.iter().find_map(|entry| entry.time.clone()),
        ..Attempt::default()
    };
    let mut rolled_back = false;
    for entry in entries {
        let noted = |value: &str| Some(Noted { line: entry.line, value: value.to_owned() });
        if let Some(value) = entry.labelled("Domain:") {
            attempt.domain = noted(value);
        } else if let Some(value) = entry.machine() {
            attempt.machine = noted(value);
        }
        if attempt.machine.is_none() {
            attempt.machine = entry.account().and_then(noted);
        }
        let controller = entry.controller();
        if let Some(controller) = controller {
            attempt.controller = noted(controller);
        }
        rolled_back |= entry.text.contains("rollback");
        let Some(code) = entry.code() else { continue };
        if entry.is_of_the_whole() {
            attempt.status = Some(Status { line: entry.line, code });
        } else if code != 0 && attempt.failures.len() < MAX_STEPS {
            let stage = if rolled_back { Stage::Rollback } else { entry.stage() };
            attempt.failures.push(Step {
                line: entry.line,
                stage,
                code,
                controller: controller.map(str::to_owned),
                text: entry.text.clone(),
            });
        }
    }
    let status = attempt.status.map(|status| status.code);
    let decides = |step: &&Step| match status {
        Some(0) => false,
        Some(code) => step.code == code,
        None => !is_transient(step.code) && step.stage != Stage::Rollback,
    };
    // The first with the code of the whole is where it came from; what follows repeats it.
    attempt.decisive = attempt.failures.iter().find(decides).cloned();
    attempt
}

/// One line of the log, those that it was wrapped into joined.
#[derive(Debug)]
struct Entry {
    line: u32,
    last_line: u32,
    time: Option<String>,
    text: String,
}

fn entries(text: &str) -> Vec<Entry> {
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
        let (time, rest) = match split_time(line) {
            Some((time, rest)) => (Some(time.to_owned()), rest),
            None => (None, line),
        };
        let begins = time.is_some() || is_divider(rest) || (!timed && begins_an_entry(rest));
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

/// The time in front of a line, and the rest.
fn split_time(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split(' ');
    let (date, time) = (words.next()?, words.next()?);
    let digits = |text: &str, by: char, counts: std::ops::RangeInclusive<usize>| {
        let parts: Vec<&str> = text.split(by).collect();
        let is_number = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit());
        counts.contains(&parts.len()) && parts.iter().all(|part| is_number(part))
    };
    if !digits(date, '/', 2..=3) || !digits(time, ':', 3..=4) {
        return None;
    }
    let end = date.len() + 1 + time.len();
    Some((line.get(..end)?, line.get(end..)?.strip_prefix(' ').unwrap_or_default()))
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

impl Entry {
    fn is_divider(&self) -> bool {
        is_divider(&self.text)
    }

    fn is_of_a_join(&self) -> bool {
        let marks = ["NetpDoDomainJoin", "NetpJoinDomain", "NetpGetComputerObjectDn"];
        marks.iter().any(|mark| self.text.starts_with(mark))
    }

    /// `NetpDoDomainJoin: status: 0x6d9`: how all of it ended.
    fn is_of_the_whole(&self) -> bool {
        self.text.starts_with("NetpDoDomainJoin") && self.code().is_some()
    }

    /// The computer whose account a line is about: `for 'APP1$'`.
    fn account(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once(" for ")?;
        let (name, _) = rest.split_once('$')?;
        let name = name.trim_start_matches('\'');
        (!name.is_empty() && !name.contains([' ', '\''])).then_some(name)
    }

    /// The computer, as older and newer logs call it.
    fn machine(&self) -> Option<&str> {
        ["Machine:", "HostName:"].iter().find_map(|label| self.labelled(label))
    }

    /// What follows a label; `(NULL)` is nothing.
    fn labelled(&self, label: &str) -> Option<&str> {
        let value = self.text.strip_prefix(label)?.trim();
        (!value.is_empty() && value != "(NULL)").then_some(value)
    }

    /// The host behind `\\`, in quotes or not, and not `\\?\`.
    fn controller(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once("\\\\")?;
        let is_name =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '<' | '>');
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, behind) = rest.split_at_checked(end)?;
        let name = name.trim_end_matches('.');
        (!name.is_empty() && !name.ends_with('<') && !behind.starts_with(super::cut::CUT))
            .then_some(name)
    }

    /// The code that the line ends in, where it tells what came of something. The first one counts:
    /// "…: 0x54b, last error is 0x0".
    fn code(&self) -> Option<u32> {
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

    fn stage(&self) -> Stage {
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

mod said;

#[cfg(test)]
mod tests;
