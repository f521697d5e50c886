//! Calls of `repadmin` that failed, apart from its reports: what a call prints names the function and the error,
//! and the command above it the machines. `repadmin /syncall` names the source by its GUID.

use epmesh_rpc::names;

use super::{
    messages,
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

const TOOL: Tool = Tool::Repadmin;

/// The machines and the naming context that the lines above named.
#[derive(Default)]
struct State {
    destination: Option<Party>,
    source: Option<Party>,
    context: Option<String>,
}

/// Takes every failed call, and what stands around it.
pub(super) fn read(page: &mut Page<'_>) {
    let mut state = State::default();
    page.walk(|page, at, line| {
        call(page, at, line, &state)
            .or_else(|| callback(page, at, line, &state))
            .or_else(|| completed(page, at, line, &state))
            .or_else(|| bound(page, at, line))
            .or_else(|| course(page, at, line, &mut state))
    });
}

/// `DsBindWithCred to DC1 failed with status 1753 (0x6d9):`, `DsReplicaSync() failed with status 1753 (0x6d9):`
fn call(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let is_name = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let function = line.get(..line.find(is_name)?)?;
    let known = ["Ds", "LDAP", "ldap_", "Rpc", "Lsa"];
    let known =
        known.iter().any(|start| function.len() > start.len() && function.starts_with(start));
    let behind = line.get(function.len()..)?;
    let behind = behind.strip_prefix("()").unwrap_or(behind);
    let (between, end) = behind.split_once(" failed with ")?;
    let end = end.strip_prefix("status ").or_else(|| end.strip_prefix("error "))?;
    let code = scan::paired_code(end).or_else(|| scan::leading_number(end))?;
    let host = between.strip_prefix(" to ").map(str::trim);
    let fits = known && (between.is_empty() || host.is_some_and(|host| !host.contains(' ')));
    if !fits || code == 0 {
        return None;
    }
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.outcome = Outcome::Failed;
    told.code = Some(scan::signed(code));
    let drsuapi = ["DsBind", "DsReplica", "DsUnBind", "DsGetNCChanges"];
    let drsuapi = drsuapi.iter().any(|start| function.starts_with(start));
    told.interface = drsuapi.then(|| names::find("drsuapi")).flatten();
    match host {
        // It is repadmin that asked this one.
        Some(host) => told.source = machine(host),
        None => {
            told.destination.clone_from(&state.destination);
            told.source.clone_from(&state.source);
            told.naming_context.clone_from(&state.context);
        }
    }
    let here = message(page, at, &mut told, &format!("{function}() failed"));
    page.tell(told);
    Some(here)
}

/// `CALLBACK MESSAGE: Error contacting server GUID._msdcs.FOREST (network error): 1753 (0x6d9):`, and
/// `Error issuing replication: 8418 (0x20e2):` with both ends under it.
fn callback(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let text = line.strip_prefix("CALLBACK MESSAGE:").unwrap_or(line).trim_start();
    let contacting = text.strip_prefix("Error contacting server ");
    let code = scan::paired_code(text).filter(|code| *code != 0)?;
    // In another language the ends stand under its message, by their GUIDs.
    let foreign = || {
        let next = page.next_open(at + 1).filter(|_| text.ends_with([':', '：']))?.0;
        let ends = ends(page, next).or_else(|| ends(page, page.next_open(next + 1)?.0))?;
        ends.by_guid.then_some(())
    };
    if contacting.is_none() && !text.starts_with("Error issuing replication:") {
        foreign()?;
    }
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.outcome = Outcome::Failed;
    told.code = Some(scan::signed(code));
    told.interface = names::find("drsuapi");
    told.destination.clone_from(&state.destination);
    told.naming_context.clone_from(&state.context);
    told.source = contacting.and_then(|rest| machine(rest.split_whitespace().next()?));
    let words = match contacting {
        Some(_) => "the source could not be contacted for a synchronisation",
        None => "a synchronisation could not be started",
    };
    let mut here = message(page, at, &mut told, words);
    if let Some(ends) = page.next_open(here).and_then(|(next, _)| ends(page, next)) {
        (told.source, told.destination) = (ends.source, ends.destination.or(told.destination));
        told.lines.extend(ends.lines.iter().copied().map(number));
        here = ends.lines.last().map_or(here, |last| last + 1);
    }
    page.tell(told);
    Some(here)
}

/// `From: GUID._msdcs.FOREST` and `To  : …` under a message of `/syncall`, in any language where both are GUIDs; the
/// second may be missing in English.
struct Ends {
    source: Option<Party>,
    destination: Option<Party>,
    lines: Vec<usize>,
    by_guid: bool,
}

fn ends(page: &Page<'_>, at: usize) -> Option<Ends> {
    let end = |at: usize| {
        let (label, value) = page.open(at)?.split_once([':', '：'])?;
        let label = label.trim();
        let value = value.trim();
        let fits = label.chars().count() <= 12 && label.chars().all(char::is_alphabetic);
        fits.then_some((label, value))
    };
    let (label, value) = end(at)?;
    let second = end(at + 1);
    let by_guid = |value: &str| scan::alias(value).is_some();
    let guids = by_guid(value) && second.is_some_and(|(_, value)| by_guid(value));
    if label != "From" && !guids {
        return None;
    }
    let second = second.filter(|(label, _)| guids || *label == "To");
    Some(Ends {
        source: machine(value),
        destination: second.and_then(|(_, value)| machine(value)),
        lines: (at..=at + usize::from(second.is_some())).collect(),
        by_guid: guids,
    })
}

/// `CALLBACK MESSAGE: The following replication completed successfully:` with both ends under it, and the end of it
/// all.
fn completed(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.outcome = Outcome::Succeeded;
    told.interface = names::find("drsuapi");
    if line == "SyncAll terminated with no errors." {
        line.clone_into(&mut told.words);
        told.destination.clone_from(&state.destination);
        page.tell(told);
        return Some(at + 1);
    }
    let whole = line.strip_prefix("CALLBACK MESSAGE:")?.contains("completed successfully");
    let ends = page.next_open(at + 1).filter(|_| whole).and_then(|(next, _)| ends(page, next))?;
    (told.source, told.destination) = (ends.source, ends.destination);
    told.lines.extend(ends.lines.iter().copied().map(number));
    "a synchronisation was completed".clone_into(&mut told.words);
    page.tell(told);
    ends.lines.last().map(|last| last + 1)
}

/// Adds the message in the next line, which may be wrapped once; the line behind it.
fn message(page: &Page<'_>, at: usize, told: &mut Told, words: &str) -> usize {
    let mut here = at + 1;
    words.clone_into(&mut told.words);
    let ends_open = page.open(at).is_some_and(|line| line.ends_with(':'));
    let next = page.open(here).filter(|text| {
        ends_open
            && !text.is_empty()
            && scan::behind_prompt(text).is_none()
            && scan::paired_code(text).is_none()
            && (text.ends_with(['.', '。', char::REPLACEMENT_CHARACTER])
                || messages::code(text).is_some())
    });
    if let Some(text) = next {
        told.words = format!("{words}: {}", text.trim_end_matches('.'));
        told.lines.push(number(here));
        here += 1;
    }
    here
}

/// `Bind to DC5 succeeded.` and what `/bind` lists of the server.
fn bound(page: &mut Page<'_>, at: usize, line: &str) -> Option<usize> {
    let host = line.strip_prefix("Bind to ")?.strip_suffix(" succeeded.")?;
    let mut told = Told::new(TOOL, vec![number(at)]);
    told.source = machine(host).filter(|_| scan::is_host(host));
    told.outcome = Outcome::Succeeded;
    told.interface = names::find("drsuapi");
    line.clone_into(&mut told.words);
    page.tell(told);
    let known = ["NTDSAPI ", "bindAddr:", "Extensions supported", "Site GUID:", "Repl epoch:"];
    let mut here = at + 1;
    while page.open(here).is_some_and(|line| {
        known.iter().any(|start| line.starts_with(start))
            || line.ends_with(": Yes")
            || line.ends_with(": No")
    }) {
        page.frame(TOOL, here);
        here += 1;
    }
    Some(here)
}

/// The command, and what `/syncall` says it does.
fn course(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    if let Some(command) = scan::behind_prompt(line) {
        *state = commanded(command);
        let shown = ["/syncall", "/replicate", "/sync ", "/bind"];
        let own = command.to_ascii_lowercase();
        if own.starts_with("repadmin") && shown.iter().any(|name| own.contains(name)) {
            page.frame(TOOL, at);
            return Some(at + 1);
        }
        return None;
    }
    if let Some((_, host)) = line.split_once("'s held on ").filter(|_| line.starts_with("Syncing "))
    {
        state.destination = Party::named(host);
    } else if let Some(context) = line.strip_prefix("Syncing partition:") {
        state.context = Some(context.trim().chars().take(1_024).collect())
            .filter(|dn: &String| scan::is_dn(dn));
    } else if line != "SyncAll reported the following errors:"
        && line != "CALLBACK MESSAGE: SyncAll Finished."
        && !(line.starts_with("CALLBACK MESSAGE:")
            && scan::paired_code(line).is_none()
            && line.contains("in progress"))
    {
        return None;
    }
    page.frame(TOOL, at);
    // The ends of what is in progress: how it went is told by another message.
    let under = page.next_open(at + 1).filter(|_| line.contains("in progress"));
    let lines = under.and_then(|(next, _)| ends(page, next)).map_or(Vec::new(), |ends| ends.lines);
    lines.iter().for_each(|at| page.frame(TOOL, *at));
    Some(lines.last().map_or(at, |last| *last) + 1)
}

/// The machines of a command: `repadmin /replicate DC2 DC1 DC=lab,DC=test` has the destination first, and
/// `/sync` the naming context.
fn commanded(command: &str) -> State {
    let mut words = command.split_whitespace();
    let is_own = words.next().is_some_and(|word| {
        let word = word.to_ascii_lowercase();
        word == "repadmin" || word == "repadmin.exe"
    });
    let verb = words.next().unwrap_or_default().to_ascii_lowercase();
    let rest: Vec<&str> = words.filter(|word| !word.starts_with('/')).collect();
    let context = rest.iter().find(|word| scan::is_dn(word.trim_matches('"')));
    let machines: Vec<&&str> = rest.iter().filter(|word| scan::is_host(word)).collect();
    let party = |at: usize| machines.get(at).and_then(|host| machine(host));
    if !is_own || !matches!(verb.as_str(), "/replicate" | "/sync" | "/syncall") {
        return State::default();
    }
    State {
        destination: party(0),
        source: party(1).filter(|_| verb == "/replicate"),
        context: context.map(|context| context.trim_matches('"').to_owned()),
    }
}

fn machine(name: &str) -> Option<Party> {
    Party::asked_as(name.trim_end_matches([':', ',']))
}
