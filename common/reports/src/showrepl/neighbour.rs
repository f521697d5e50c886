//! A neighbour: its name and GUID, the last attempt with its outcome, the number of failures, the time
//! of the last success.

use epmesh_rpc::names;

use super::{
    super::{
        outcome::Outcome,
        page::{Page, number},
        scan,
        told::{Party, Told},
    },
    state::{DEFAULT_SITE, Section, State, TOOL, bare_name},
};

/// The most lines of one neighbour that are looked at; a verbose one has some fifteen.
const MAX_LINES: usize = 24;
/// The most lines that the text of an error is wrapped into.
const MAX_MESSAGE: usize = 4;

/// Takes a neighbour; the line behind it.
pub(super) fn read(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    let Head { mut party, mut lines, behind } = head(page, at, line)?;
    let mut told = Told::new(TOOL, Vec::new());
    let mut text = String::new();
    let mut message = String::new();
    let mut wait_for_message = 0;
    let mut here = behind;
    let mut end = End::OfReport;
    while let Some((next, written)) = page.next_open(here) {
        if ends(written) {
            end = End::NextItem;
            break;
        }
        let known = Known {
            attempt: !text.is_empty(),
            code: code(&text).is_some(),
            count: told.failures.is_some(),
            // The last success is the last that is said of a neighbour.
            all: scan::moments(&text).len() > 1,
            message: wait_for_message > 0,
            over: over(&text),
            apart: next > here,
        };
        let kind = if lines.len() > MAX_LINES { Kind::Foreign } else { kind(written, known) };
        match kind {
            Kind::Guid => {
                if let Some(party) = &mut party {
                    party.dsa_guid = party.dsa_guid.or_else(|| scan::guid(written));
                }
            }
            Kind::Attempt => {
                text.push(' ');
                text.push_str(written);
                // The time of the last success has no message behind it.
                let failed = !known.code && code(&text).is_some();
                let more = scan::moments(&text).len() < 2 && open_ended(written);
                wait_for_message = if failed || more { MAX_MESSAGE } else { 0 };
            }
            Kind::Count(count) => {
                told.failures = u64::try_from(count).ok();
                wait_for_message = 0;
            }
            Kind::Never | Kind::Uncounted => wait_for_message = 0,
            Kind::Flags => {}
            Kind::Message => {
                wait_for_message -= 1;
                // The code itself may be what was wrapped.
                if code(&text).is_none() {
                    text.push(' ');
                    text.push_str(written);
                } else {
                    message.push(' ');
                    message.push_str(written);
                }
            }
            Kind::Foreign => {
                // What stands apart is no rest of a sentence, and a prompt is none either.
                let apart = next > here || scan::behind_prompt(written).is_some();
                end = if apart { End::Apart } else { End::Foreign };
                break;
            }
        }
        lines.push(next);
        here = next + 1;
    }
    if lines.len() == 1 && state.own.is_none() && state.context.is_none() {
        // A name and RPC in a line of something else.
        return None;
    }
    let untried = judge(&mut told, &text, message.trim(), end);
    if party.is_none() && told.code.is_none() {
        return None;
    }
    // The naming context above may be another neighbour's, where the name of this one is lost.
    if let Some((dn, at)) = state.context.as_ref().filter(|_| party.is_some()) {
        told.naming_context = Some(dn.clone());
        lines.extend(at);
    }
    lines.sort_unstable();
    told.lines = lines.into_iter().map(number).collect();
    told.destination.clone_from(&state.own);
    told.interface = names::find("drsuapi");
    let outbound = state.section == Section::Outbound;
    if outbound {
        // Samba keeps no time of its notifications: that is so on every healthy domain controller.
        if untried && told.outcome == Outcome::Unclear {
            told.outcome = Outcome::Delayed;
            "no time of one is kept".clone_into(&mut told.words);
        }
        told.words = format!("change notification; {}", told.words);
    }
    told.source = party;
    page.tell(told);
    Some(here)
}

/// The first lines of a neighbour.
struct Head {
    /// `None` where the name is lost, and what it says of its last attempt is there.
    party: Option<Party>,
    lines: Vec<usize>,
    behind: usize,
}

fn head(page: &Page<'_>, at: usize, line: &str) -> Option<Head> {
    if let Some(party) = named(line) {
        return Some(Head { party: Some(party), lines: vec![at], behind: at + 1 });
    }
    // The name of a deleted server goes on in the next line: `SITE\DC2`, `DEL:GUID (deleted DSA) via RPC`.
    if let Some((site, server)) = bare_name(line) {
        let next = page.open(at + 1)?;
        let deleted = next.starts_with("DEL:") && scan::guid(next).is_some() && has_transport(next);
        let party = Party { name: Some(server), site, dsa_guid: None };
        return deleted.then(|| Head {
            party: Some(party),
            lines: vec![at, at + 1],
            behind: at + 2,
        });
    }
    // What somebody quotes of a report may be no more than the attempt.
    let attempt = line.starts_with("Last attempt @") && !scan::moments(line).is_empty();
    attempt.then(|| Head { party: None, lines: Vec::new(), behind: at })
}

/// Whether a text names what carries replication.
fn has_transport(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| matches!(word, "RPC" | "SMTP" | "IP"))
}

/// `SITE\SERVER via RPC`, in any language; without the backslash as web pages have it; and samba-tool's
/// `NTDS DN: …` where it could not make a name of it.
fn named(line: &str) -> Option<Party> {
    if let Some((site, server, behind)) = scan::site_and_server(line) {
        let party =
            Party { name: Some(server.to_owned()), site: Some(site.to_owned()), dsa_guid: None };
        return has_transport(behind).then_some(party);
    }
    if let Some(rest) = line.strip_prefix(DEFAULT_SITE) {
        let (server, behind) = rest.split_once(' ')?;
        let party = Party {
            name: Some(server.to_owned()),
            site: Some(DEFAULT_SITE.to_owned()),
            dsa_guid: None,
        };
        return (scan::is_host(server) && has_transport(behind)).then_some(party);
    }
    let (site, server) = scan::ntds_settings(line.strip_prefix("NTDS DN:")?)?;
    Some(Party { name: Some(server), site: Some(site), dsa_guid: None })
}

/// What is behind the lines of a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    OfReport,
    NextItem,
    /// Something else, behind a blank line.
    Apart,
    /// Something else, right behind.
    Foreign,
}

/// What is known of a neighbour by the lines above.
#[derive(Clone, Copy, Debug)]
struct Known {
    attempt: bool,
    code: bool,
    count: bool,
    all: bool,
    message: bool,
    /// Whether the attempt has been told to its end.
    over: Over,
    /// Whether a blank line stands in front of this one.
    apart: bool,
}

/// How far the sentence on the last attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// It goes on, or it failed and its error is known.
    No,
    /// It worked.
    Worked,
    /// In another language: a whole sentence without an error, of which the rest may be wrapped.
    Sentence,
}

fn over(text: &str) -> Over {
    let one = scan::moments(text).len() == 1 || text.contains("NTTIME(");
    if code(text).is_some() || !one {
        Over::No
    } else if text.contains("successful") && !text.contains("unsuccessful") {
        Over::Worked
    } else if open_ended(text) {
        Over::No
    } else {
        Over::Sentence
    }
}

enum Kind {
    Guid,
    Attempt,
    Count(i64),
    Uncounted,
    Never,
    Flags,
    Message,
    Foreign,
}

fn kind(line: &str, known: Known) -> Kind {
    if scan::behind_prompt(line).is_some() {
        return Kind::Foreign;
    }
    let failed = code(line);
    match known.over {
        // Nothing comes behind it but samba-tool's count and time: an error in a later line is another's.
        Over::Worked
            if failed.is_some()
                || !(line.contains("consecutive failure") || line.starts_with("Last success")) =>
        {
            return Kind::Foreign;
        }
        Over::Sentence if failed.is_some() && (known.apart || !line.ends_with([':', '：'])) => {
            return Kind::Foreign;
        }
        _ => {}
    }
    // The error that was wrapped begins the line, or the line ends where the message is to come.
    let wrapped = line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '(' | '-'))
        || line.ends_with([':', '：']);
    if known.apart && failed.is_some() && known.attempt && !wrapped {
        return Kind::Foreign;
    }
    let has_time =
        !scan::moments(line).is_empty() || line.contains("NTTIME(0)") || line.contains("(never)");
    // The code may be what was wrapped. What comes behind the last is of a neighbour whose name was
    // not read, and is not this one's.
    if has_time || (known.attempt && !known.code && scan::paired_code(line).is_some()) {
        return if known.all { Kind::Foreign } else { Kind::Attempt };
    }
    if scan::guid(line).is_some() {
        // All GUIDs of a neighbour stand above its attempt.
        return if known.attempt { Kind::Foreign } else { Kind::Guid };
    }
    if line.starts_with("<#>") {
        return Kind::Uncounted;
    }
    if known.count && !known.all && scan::says_never(line) {
        return Kind::Never;
    }
    if known.attempt
        && let Some(count) = scan::leading_number(line)
        && code(line).is_none()
        && line.contains(|c: char| c.is_alphabetic() || c == char::REPLACEMENT_CHARACTER)
    {
        return Kind::Count(count);
    }
    let flag = |word: &str| word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    if line.contains('_') && line.split_whitespace().all(flag) || line.starts_with("USNs:") {
        return Kind::Flags;
    }
    // No text of an error has a backslash; a name has.
    let foreign = line.starts_with("***") || (known.code && line.contains('\\'));
    match known.message && !foreign {
        true => Kind::Message,
        false => Kind::Foreign,
    }
}

/// Whether a line begins something else.
fn ends(line: &str) -> bool {
    line.starts_with("===")
        || line.starts_with("****")
        || scan::is_dn(line)
        || named(line).is_some()
        || bare_name(line).is_some()
        // `Source: SITE\SERVER`
        || line.split_once(": ").is_some_and(|(_, name)| bare_name(name.trim()).is_some())
}

/// Whether the attempt's line may go on in the next: it says neither how it ended nor that it did. A
/// full stop may be of a code page that is not known.
fn open_ended(line: &str) -> bool {
    !line.ends_with(['.', '。', char::REPLACEMENT_CHARACTER])
}

/// The error in the text from the first time on: `result 1753 (0x6d9)`, Windows 2000's `result 1722:`,
/// samba-tool's `result 1225 (WERR_…)`.
fn code(text: &str) -> Option<i64> {
    if let Some(code) = scan::paired_code(text) {
        return Some(code);
    }
    scan::numbers(text).into_iter().find_map(|one| {
        let behind = text.get(one.end..)?.trim_start();
        let written = behind.starts_with(":\u{20}") || behind == ":" || behind.starts_with("(WERR");
        let named = behind.starts_with("('WERR") || behind.starts_with("(NT_");
        (written || named).then_some(one.value)
    })
}

fn judge(told: &mut Told, text: &str, message: &str, end: End) -> bool {
    let mut moments = scan::moments(text).into_iter();
    told.when = moments.next();
    told.last_success = moments.next();
    told.code = code(text);
    told.by_samba = text.contains("(WERR") || text.contains("NTTIME(");
    // The first time of all is the attempt's.
    let zero = text.find("NTTIME(0)").or_else(|| text.find("(never)"));
    let first = text.split_once('@').map_or(text, |(_, rest)| rest).trim_start();
    let untried =
        zero.is_some() && (first.starts_with("NTTIME(0)") || first.starts_with("(never)"));
    told.outcome = match (told.code, told.failures) {
        // repadmin knows more of these than numbers tell, and says so where it speaks English.
        (Some(_), _) if text.contains("delayed for a normal reason") => Outcome::Delayed,
        (Some(code), _) => Outcome::of_status(code),
        _ if untried => Outcome::Unclear,
        (None, Some(0)) => Outcome::Succeeded,
        // The count is there and no code: it failed, and the number was not found.
        (None, Some(_)) => Outcome::Unclear,
        (None, None) if text.contains("successful") => Outcome::Succeeded,
        // In another language: a whole sentence with a time and no number, and the next thing behind it.
        // All that did not work, or was put off, has its number in the sentence.
        (None, None)
            if end != End::Foreign
                && told.when.is_some()
                && told.last_success.is_none()
                && !open_ended(text)
                && scan::numbers(text).is_empty() =>
        {
            Outcome::Succeeded
        }
        (None, None) => Outcome::Unclear,
    };
    told.words = match (told.outcome, message) {
        (Outcome::Unclear, _) if untried => "it was never tried: no attempt has a time".to_owned(),
        (Outcome::Unclear, _) => {
            let said = text.trim();
            match (said, end) {
                ("", End::OfReport) => {
                    "the report ends before the outcome of the last attempt".to_owned()
                }
                ("", _) => {
                    "no line that could be read has the outcome of the last attempt".to_owned()
                }
                (said, _) => said.to_owned(),
            }
        }
        (_, "") => text.trim().to_owned(),
        (_, message) => message.to_owned(),
    };
    untried
}
