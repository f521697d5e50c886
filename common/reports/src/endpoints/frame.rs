//! The lines around the lists: whom a tool asked, what it found on the way, how it ended.

use super::{
    super::{
        outcome::Outcome,
        page::{Page, number},
        scan,
        told::{Party, Told, Tool},
    },
    open::{Open, close},
};

/// What portqry says of what it does.
const PORTQRY: [&str; 10] = [
    "Attempting to resolve",
    "IP address resolved to",
    "querying...",
    "Using ephemeral source port",
    "Querying Endpoint Mapper",
    "Server's response:",
    "==== End of RPC",
    "Starting portqry.exe",
    "Name resolved to",
    "portqry.exe ",
];

/// How many lines stand between the state of a port and its answer.
const MAX_ANSWER: usize = 120;

/// Takes a line around a list; the line behind it.
pub(super) fn read(page: &mut Page<'_>, at: usize, line: &str, open: &mut Open) -> Option<usize> {
    if let Some(rest) = line.strip_prefix("Querying target system called:") {
        close(page, open);
        open.tool = Some(Tool::Portqry);
        page.frame(Tool::Portqry, at);
        open.target = target(rest);
        if !rest.trim().is_empty() {
            return Some(at + 1);
        }
        let (next, host) = page.next_open(at + 1)?;
        // An error in brackets is no name.
        if host.contains(|c: char| c.is_whitespace() || c == '(') {
            return Some(at + 1);
        }
        open.target = target(host);
        page.frame(Tool::Portqry, next);
        return Some(next + 1);
    }
    if let Some((_, host)) = line.split_once("Retrieving endpoint list from ") {
        close(page, open);
        *open = Open { tool: Some(Tool::Rpcdump), target: Party::named(host), ..Open::default() };
        page.frame(Tool::Rpcdump, at);
        return Some(at + 1);
    }
    if let Some(why) = unanswered(line) {
        open.refused = true;
        query_failed(page, at, line, why, open);
        return Some(at + 1);
    }
    if open.refused && total(line).is_some() {
        // What was not told cannot be counted.
        page.frame(Tool::Portqry, at);
        open.refused = false;
        return Some(at + 1);
    }
    if let Some(total) = total(line) {
        open.list.total = Some(total);
        if open.list.endpoints.is_empty() && open.target.is_none() {
            return None;
        }
        open.lines.push(number(at));
        close(page, open);
        return Some(at + 1);
    }
    if let Some(address) = line.strip_prefix("Name resolved to ").filter(|_| open.target.is_none())
    {
        // The name may be a word that a document has in its place.
        open.target = target(address);
    }
    if line.ends_with(" is LISTENING")
        && (line.starts_with("UDP port ") || line.starts_with("TCP port "))
    {
        page.frame(Tool::Portqry, at);
        return Some(at + 1);
    }
    if let Some(status) = port_status(line) {
        port(page, at, line, status, open);
        return Some(at + 1);
    }
    if let Some((_, why)) = line.split_once("Protocol failed: ") {
        failed(page, at, why, open);
        return Some(at + 1);
    }
    let portqry = PORTQRY.iter().any(|start| line.starts_with(start));
    // impacket writes `Protocol:`, `Provider:` and `UUID` one below the other; others have such labels, too.
    let followed = |by: &str| page.next_open(at + 1).is_some_and(|(_, next)| next.starts_with(by));
    let dump = line.starts_with("Impacket v")
        || (line.starts_with("Protocol: ") && !line.contains("0x") && followed("Provider:"))
        || (line.starts_with("Provider: ") && followed("UUID"));
    if portqry {
        page.frame(Tool::Portqry, at);
    } else if dump {
        page.frame(Tool::Rpcdump, at);
    } else if kit(line, open) {
        open.tool = Some(Tool::Rpcdump);
        page.frame(Tool::Rpcdump, at);
    } else {
        return None;
    }
    Some(at + 1)
}

/// What the resource kit's rpcdump says around a binding.
fn kit(line: &str, open: &mut Open) -> bool {
    let labels = [
        "ProtSeq:",
        "Endpoint:",
        "NetOpt:",
        "Annotation:",
        "IsListening:",
        "ComTimeOutValue:",
        "VersMajor ",
    ];
    if labels.iter().any(|label| line.starts_with(label)) {
        return true;
    }
    // `ncacn_ip_tcp(Connection-oriented TCP/IP)`
    let Some((sequence, rest)) = line.split_once('(') else { return false };
    let is_heading =
        (sequence.starts_with("ncacn_") || sequence.starts_with("ncadg_") || sequence == "ncalrpc")
            && rest.ends_with(')');
    if is_heading {
        open.sequence = Some(sequence.to_owned());
    }
    is_heading
}

/// How many endpoints a tool counted, at the end of its list.
fn total(line: &str) -> Option<u64> {
    if let Some(count) = line.strip_prefix("Total endpoints found:") {
        return count.trim().parse().ok();
    }
    let (_, rest) = line.split_once("Received ")?;
    let count = rest.strip_suffix(" endpoints.").or_else(|| rest.strip_suffix(" endpoint."))?;
    if count == "one" { Some(1) } else { count.parse().ok() }
}

/// `TCP port 135 (epmap service): LISTENING`.
fn port_status(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("TCP port ").or_else(|| line.strip_prefix("UDP port "))?;
    let (port, status) = rest.split_once(": ")?;
    port.starts_with(|c: char| c.is_ascii_digit()).then_some(status)
}

fn port(page: &mut Page<'_>, at: usize, line: &str, status: &str, open: &Open) {
    let answered = || status.trim() == "LISTENING or FILTERED" && is_answered(page, at);
    if status.trim() == "LISTENING" || answered() {
        page.frame(Tool::Portqry, at);
        return;
    }
    let mut told = Told::new(Tool::Portqry, vec![number(at)]);
    told.source.clone_from(&open.target);
    told.outcome = match status.trim() {
        "LISTENING or FILTERED" => Outcome::Unclear,
        _ => Outcome::Failed,
    };
    told.words = format!(
        "{line}{}",
        match status.trim() {
            "FILTERED" => ": no answer at all; a client sees 1722, not 1753",
            "NOT LISTENING" => ": refused, nothing listens there; a client sees 1722, not 1753",
            "LISTENING or FILTERED" => ": over UDP silence says nothing",
            _ => "",
        }
    );
    page.tell(told);
}

/// Whether the port answered after all: the list of the endpoint mapper, or the tool's word, comes behind.
fn is_answered(page: &Page<'_>, at: usize) -> bool {
    let mut here = at + 1;
    for _ in 0..MAX_ANSWER {
        let Some((next, line)) = page.next_open(here) else { return false };
        if line.starts_with("Server's response:")
            || line.starts_with("UUID:")
            || line.starts_with("LDAP query response:")
            || line.ends_with(" is LISTENING")
        {
            return true;
        }
        if line.starts_with("Querying target system")
            || port_status(line).is_some()
            || unanswered(line).is_some()
        {
            return false;
        }
        here = next + 1;
    }
    false
}

/// The server that was asked; not what a document has in its place: `<fqdn>`, `*<fqdn>*`, `%DC%`.
fn target(text: &str) -> Option<Party> {
    let name = text.trim().trim_start_matches('\\');
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    let placeholder = name.starts_with('%') || !name.chars().all(fits);
    Party::named(text).filter(|_| !placeholder)
}

/// Why there is no list: `RPC query failed (6ba).`, or the name led nowhere.
fn unanswered(line: &str) -> Option<&str> {
    let nowhere = line.starts_with("Failed to resolve ");
    line.strip_prefix("RPC query failed").or_else(|| nowhere.then_some(""))
}

fn query_failed(page: &mut Page<'_>, at: usize, line: &str, why: &str, open: &Open) {
    let mut told = Told::new(Tool::Portqry, vec![number(at)]);
    told.source.clone_from(&open.target);
    told.outcome = Outcome::Failed;
    // portqry prints it in hexadecimal and does not say so. Of digits alone nobody can be sure.
    let inside = why.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let digits = inside.map_or("", |(digits, _)| digits.trim_start_matches("0x"));
    told.code = u32::from_str_radix(digits, 16)
        .ok()
        .filter(|code| *code != 0 && (*code < 10 || digits.contains(|c: char| c.is_alphabetic())))
        .map(|code| scan::signed(i64::from(code)));
    told.words = match why {
        "" => format!("{line}: nothing was asked"),
        _ => format!("{line} The list was not given, which says nothing of what is in it"),
    };
    page.tell(told);
}

/// impacket's "Protocol failed".
fn failed(page: &mut Page<'_>, at: usize, why: &str, open: &Open) {
    let mut told = Told::new(Tool::Rpcdump, vec![number(at)]);
    told.source.clone_from(&open.target);
    let lower = why.to_ascii_lowercase();
    if lower.contains("0x16c9a0d6") || lower.contains("ept_s_not_registered") {
        // In ept_lookup this is the end of the list, and impacket takes it for an error.
        told.outcome = Outcome::Unclear;
        told.words = format!(
            "{why}: of a whole list this code is its end and no fault (Samba's endpoint mapper \
             sends it so); only in ept_map does it mean not registered"
        );
    } else {
        told.outcome = Outcome::Failed;
        told.code = scan::hexadecimal(why)
            .or_else(|| lower.contains("access_denied").then_some(5))
            .or_else(|| scan::paired_code(why));
        why.clone_into(&mut told.words);
    }
    page.tell(told);
}
