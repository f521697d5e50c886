//! `repadmin /showrepl` and the older `/showreps`, as text, and `samba-tool drs showrepl`, which writes
//! the same. Read by structure: a `SITE\SERVER`, a distinguished name, a GUID, two times and an error
//! number stand in the same order in every language.

use super::{
    page::{Page, number},
    scan,
    told::{Party, Told},
};

mod failcache;
mod neighbour;
mod state;
mod summary;

use self::state::{MAX_DN, Section, State, TOOL, bare_name};

/// The lines that may stand under the name of the domain controller before the first naming context.
const MAX_HEAD: usize = 10;

/// The most headings of one report.
const MAX_HEADINGS: usize = 4;

/// Whether a line is the name of a domain controller with its site, and nothing else.
pub(super) fn is_name(line: &str) -> bool {
    bare_name(line).is_some()
}

/// Takes every report.
pub(super) fn read(page: &mut Page<'_>) {
    let mut state = State::of(None);
    page.walk(|page, at, line| {
        command(page, at, line, &mut state)
            .or_else(|| failcache::read(page, at, line))
            .or_else(|| summary::read(page, at, line, &state.own))
            .or_else(|| neighbour::read(page, at, line, &mut state))
            .or_else(|| head(page, at, line, &mut state))
            .or_else(|| heading(page, at, line, &mut state))
            .or_else(|| context(page, at, line, &mut state))
            .or_else(|| connection(page, at, line, &state))
    });
}

/// `Repadmin: running command /showrepl against full DC dc1.contoso.com`, and the command at a prompt or by
/// itself. What somebody writes about the command is none.
fn command(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    let prompt = scan::behind_prompt(line);
    let text = prompt.unwrap_or(line);
    let lower = text.to_ascii_lowercase();
    if !lower.contains("/showrepl") && !lower.contains("/showreps") {
        return None;
    }
    if scan::paired_code(line).is_some() || lower.contains(".log") {
        return None;
    }
    let rest = lower.strip_prefix("repadmin")?;
    let rest = rest.strip_prefix(".exe").unwrap_or(rest);
    let said = rest.trim_start().starts_with([':', '：'])
        || rest.trim_start().starts_with("running command /show");
    let argument = |word: &str| {
        word.starts_with(['/', '*', '|', '>', '-', '"'])
            || scan::is_host(word) && word.contains(|c: char| c == '.' || c.is_ascii_digit())
    };
    let alone = || {
        let mut words = rest.split_whitespace().take_while(|word| !word.starts_with(['|', '>']));
        rest.starts_with(' ') && words.all(argument)
    };
    if !said && prompt.is_none() && !alone() {
        return None;
    }
    page.frame(TOOL, at);
    // The name is in quotes or not, and not the last word in every language.
    let mut words = text.split_whitespace().map(|word| {
        word.trim_matches(|c: char| !c.is_alphanumeric() && c != char::REPLACEMENT_CHARACTER)
    });
    let host = words.rfind(|word| {
        word.contains('.') && scan::is_host(word) && !word.eq_ignore_ascii_case("repadmin.exe")
    });
    *state = State::of(host.and_then(Party::named).filter(|_| !text.contains('>')));
    Some(at + 1)
}

/// `SITE\SERVER` by itself, and under it options and GUIDs: who reports.
fn head(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    let (site, server) = bare_name(line)?;
    let mut own = Party { name: Some(server), site, dsa_guid: None };
    let mut here = at + 1;
    let mut lines = vec![at];
    while let Some((next, text)) = page.next_open(here) {
        if lines.len() > MAX_HEAD || !text.contains(':') && !text.starts_with("IS_") {
            break;
        }
        // An error in brackets is no option: `Site Options: (none)` is.
        let bracketed = |c: char| c.is_ascii_digit();
        let error = text.split('(').skip(1).any(|behind| behind.starts_with(bracketed));
        if error || scan::paired_code(text).is_some() || !scan::moments(text).is_empty() {
            break;
        }
        own.dsa_guid = own.dsa_guid.or_else(|| scan::guid(text));
        lines.push(next);
        here = next + 1;
    }
    // A name alone is no report: something of the head, or a heading, has to follow.
    let heading_follows = page.next_open(here).is_some_and(|(_, text)| text.starts_with("==="));
    if own.dsa_guid.is_none() && !heading_follows {
        return None;
    }
    for line in lines {
        page.frame(TOOL, line);
    }
    *state = State::of(Some(own));
    Some(here)
}

/// `==== INBOUND NEIGHBORS ====`: by its words where they are English, else by its place.
fn heading(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    // samba-tool's summary, which speaks English everywhere.
    let failing = line.strip_prefix("Failing ").and_then(|rest| rest.split_once(" connection"));
    if let Some((way @ ("inbound" | "outbound"), "s:" | ":")) = failing {
        state.section = if way == "outbound" { Section::Outbound } else { Section::Inbound };
        page.frame(TOOL, at);
        state.context = None;
        return Some(at + 1);
    }
    let inner = line.trim_matches(|c| c == '=' || c == ' ');
    // Some languages have three signs in front, and the English report four.
    if !line.starts_with("===") || !line.ends_with("==") || inner.is_empty() {
        return None;
    }
    // Other tools have such rules, too: without a domain controller above, one of these lists follows.
    let lists = |text: &str| {
        scan::is_dn(text)
            || text.starts_with("===")
            || text.starts_with("Connection --")
            || scan::site_and_server(text).is_some()
    };
    let last = || (at + 1..page.len()).all(|at| page.open(at) == Some(""));
    let fits =
        state.own.is_some() || page.next_open(at + 1).map_or_else(last, |(_, text)| lists(text));
    if !fits || inner.contains("RPC Endpoint Mapper") {
        return None;
    }
    // Each stands in a report once: this is of another domain controller, whose name was not read.
    if state.headings.len() >= MAX_HEADINGS || state.headings.iter().any(|held| held == inner) {
        *state = State::of(None);
    }
    state.headings.push(inner.to_owned());
    let upper = inner.to_ascii_uppercase();
    state.section = if upper.contains("OUTBOUND") {
        Section::Outbound
    } else if upper.contains("INBOUND") {
        Section::Inbound
    } else if upper.contains("CONNECTION") {
        Section::Connections
    } else {
        match state.headings.len() {
            0 | 1 => Section::Inbound,
            2 => Section::Outbound,
            _ => Section::Connections,
        }
    };
    state.context = None;
    let next = page.next_open(at + 1).map(|(_, text)| text);
    let nothing = match next {
        None => last(),
        Some(text) => text.starts_with("===") || scan::behind_prompt(text).is_some(),
    };
    if state.section == Section::Inbound && nothing && state.own.is_some() {
        page.tell(alone(at, state));
    } else {
        page.frame(TOOL, at);
    }
    Some(at + 1)
}

/// A report that lists no inbound neighbour.
fn alone(at: usize, state: &State) -> Told {
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.destination.clone_from(&state.own);
    "it lists no inbound neighbour: this domain controller replicates from nobody. It is the only one, or the \
     KCC has made it no connection (events 1311, 1865), or the report is cut off here"
        .clone_into(&mut told.words);
    told
}

/// A naming context, wrapped or not. Its lines become part of the rows under it.
fn context(page: &Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    if !scan::is_dn(line) {
        return None;
    }
    let mut dn = line.to_owned();
    let mut lines = vec![at];
    let mut here = at + 1;
    while dn.ends_with(',')
        && let Some((next, text)) = page.next_open(here)
        && scan::is_dn(text)
        && lines.len() < 8
    {
        dn.push_str(text);
        lines.push(next);
        here = next + 1;
    }
    // It is written into every row under it.
    let dn = dn.chars().take(MAX_DN).collect();
    // Where no neighbour follows, nobody takes its lines, and they are quoted.
    state.context = Some((dn, lines));
    Some(here)
}

/// Connection objects, in a report with `/conn` and in samba-tool's.
fn connection(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let labels = [
        "Connection --",
        "Connection name",
        "Enabled",
        "enabledConnection",
        "Server DNS name",
        "Server DN name",
        "Server DN  name",
        "TransportType",
        "options:",
        "ReplicatesNC",
        "Reason:",
        "NTDSCONN_",
    ];
    let known = labels.iter().any(|label| line.starts_with(label));
    let fits = state.section == Section::Connections && known && !line.contains("FALSE");
    fits.then(|| page.frame(TOOL, at)).map(|()| at + 1)
}
