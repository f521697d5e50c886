//! `nltest`: the status of a secure channel, and the domain controller that was found. Its lines are in English
//! everywhere.
//!
//! ```text
//! Trusted DC Name \\dc5.contoso.com
//! Trusted DC Connection Status Status = 1753 0x6d9 EPT_S_NOT_REGISTERED
//! ```

use epmesh_rpc::names;

use super::{
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

const TOOL: Tool = Tool::Nltest;

/// The labels of a domain controller that was found, below its name.
const LABELS: [&str; 8] = [
    "Address:",
    "Dom Guid:",
    "Dom Name:",
    "Forest Name:",
    "Dc Site Name:",
    "Our Site Name:",
    "Flags:",
    "Site Name:",
];

/// What the lines above said.
#[derive(Default)]
struct State {
    /// Whether the lines are still those of one call.
    is_open: bool,
    domain: Option<String>,
    /// The domain controller, and its line.
    server: Option<(Option<Party>, usize)>,
    /// The row of the last status: a verification says the same error again.
    row: Option<Told>,
}

/// Takes every call.
pub(super) fn read(page: &mut Page<'_>) {
    let mut state = State::default();
    page.walk(|page, at, line| {
        let behind = command(page, at, line, &mut state)
            .or_else(|| status(page, at, line, &mut state))
            .or_else(|| found(page, at, line, &state))
            .or_else(|| verified(page, at, line))
            .or_else(|| course(page, at, line, &mut state));
        if behind.is_none() {
            close(page, &mut state);
        }
        behind
    });
    close(page, &mut state);
}

fn close(page: &mut Page<'_>, state: &mut State) {
    std::mem::take(state).row.into_iter().for_each(|row| page.tell(row));
}

/// `nltest /sc_query:contoso.com`
fn command(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    let command = scan::behind_prompt(line)?;
    close(page, state);
    let lower = command.to_ascii_lowercase();
    let rest = lower.strip_prefix("nltest")?;
    rest.starts_with([' ', '.']).then(|| page.frame(TOOL, at))?;
    state.is_open = true;
    let calls = ["/sc_query:", "/sc_reset:", "/sc_verify:", "/dsgetdc:", "/sc_change_pwd:"];
    let domain = calls.iter().find_map(|call| {
        let start = lower.find(call)? + call.len();
        command.get(start..)?.split_whitespace().next()
    });
    state.domain = domain.map(str::to_owned);
    Some(at + 1)
}

/// `… Status = 1753 0x6d9 EPT_S_NOT_REGISTERED`
fn status(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    let (what, value) = line.split_once("Status = ")?;
    let what = what.trim_end_matches([' ', ':']);
    let known = [
        "I_NetLogonControl failed",
        "Trusted DC Connection Status",
        "Trust Verification",
        "Getting DC name failed",
        "Setting the password failed",
    ];
    let code = scan::leading_number(value)?;
    let twice = code == 0 || scan::doubled_code(value).is_some();
    if !known.contains(&what) || !twice {
        return None;
    }
    let code = scan::signed(code);
    if let Some(row) = state.row.as_mut().filter(|row| row.code.unwrap_or_default() == code) {
        row.lines.push(number(at));
        return Some(at + 1);
    }
    state.row.take().into_iter().for_each(|row| page.tell(row));
    let mut told = Told::new(TOOL, vec![number(at)]);
    if let Some((server, line)) = state.server.take() {
        told.source = server;
        told.lines.insert(0, number(line));
    }
    told.code = Some(code).filter(|code| *code != 0);
    told.outcome = Outcome::of_status(code);
    let of_a_channel = !what.starts_with("Getting");
    told.interface = of_a_channel.then(|| names::find("netlogon")).flatten();
    let domain = state.domain.as_ref();
    let about = match (of_a_channel, domain) {
        (true, Some(domain)) => format!("the secure channel to {domain}: "),
        (true, None) => "a secure channel: ".to_owned(),
        (false, Some(domain)) => format!("a domain controller of {domain}: "),
        (false, None) => String::new(),
    };
    told.words = format!("{about}{line}");
    state.row = Some(told);
    state.is_open = true;
    Some(at + 1)
}

/// `DC: \\dc5.contoso.com` and what is said of it.
fn found(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let name = line.strip_prefix("DC: \\\\")?;
    let labelled = |line: &str| LABELS.iter().any(|label| line.starts_with(label));
    let mut lines = vec![at];
    let mut here = at + 1;
    while page.open(here).is_some_and(labelled) && lines.len() < 16 {
        lines.push(here);
        here += 1;
    }
    if lines.len() == 1 && !state.is_open {
        return None;
    }
    let mut told = Told::new(TOOL, lines.into_iter().map(number).collect());
    told.source = Party::named(name).filter(|_| scan::is_host(name));
    told.outcome = Outcome::Succeeded;
    "a domain controller was found".clone_into(&mut told.words);
    page.tell(told);
    Some(here)
}

/// `The secure channel from PC7 to the domain contoso.com has been verified.`: netdom, of the same.
fn verified(page: &mut Page<'_>, at: usize, line: &str) -> Option<usize> {
    let (client, rest) = line.strip_prefix("The secure channel from ")?.split_once(" to ")?;
    rest.contains("has been verified").then_some(())?;
    let mut told = Told::new(Tool::Netdom, vec![number(at)]);
    told.outcome = Outcome::Succeeded;
    told.destination = Party::named(client).filter(|_| scan::is_host(client));
    told.interface = names::find("netlogon");
    line.clone_into(&mut told.words);
    let mut here = at + 1;
    if let Some((_, host)) = page.open(here).and_then(|next| next.split_once("\\\\")) {
        let host = host.trim_end_matches('.');
        told.source = Party::named(host).filter(|_| scan::is_host(host));
        told.lines.push(number(here));
        here += 1;
    }
    page.tell(told);
    Some(here)
}

/// The other lines of a call.
fn course(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    if let Some(name) = line.strip_prefix("Trusted DC Name") {
        let name = name.trim().trim_start_matches('\\');
        state.server = Some((Party::named(name).filter(|_| scan::is_host(name)), at));
        page.frame(TOOL, at);
        return Some(at + 1);
    }
    let ends = line == "The command completed successfully";
    let own = ends || line.starts_with("Flags: ");
    let fits = own && (state.is_open || state.server.is_some() || state.row.is_some());
    let above = line.starts_with("Flags: ")
        && page.open(at + 1).is_some_and(|next| next.starts_with("Trusted DC Name"));
    (fits || above).then(|| page.frame(TOOL, at))?;
    Some(at + 1)
}
