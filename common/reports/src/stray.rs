//! Lines of no known report that name an error in a form that is nothing else: `1753 (0x6d9)`, `Status = 1753
//! 0x6d9 EPT_S_NOT_REGISTERED`, `(Exception from HRESULT: 0x800706D9)`. What people write about an error, or
//! a document does, is none of it and is quoted; but where a file is no more than the error itself, it is
//! what was asked about.

use epmesh_rpc::{names, windows_error};

use super::{
    messages,
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

/// The most lines, blank ones apart, of a file that is no more than an error.
const MAX_BARE: usize = 8;
/// The most lines that the text of a box is broken into.
const MAX_DIALOG: usize = 6;
/// The most words around an error that is a line's only content.
const MAX_WORDS: usize = 6;

/// Takes every such line.
pub(super) fn read(page: &mut Page<'_>) {
    page.walk(|page, at, line| {
        let mut told = dialog(page, at, line)
            .or_else(|| tool_error(line).map(|error| row(at, line, error)))
            .or_else(|| ldap(at, line))?;
        // The message stands in the next line where the number ends with a colon.
        let alone = told.lines.len() == 1;
        let next = page.open(at + 1).filter(|_| alone && line.ends_with(':'));
        if let Some(message) = next.filter(|next| messages::code(next) == told.code) {
            told.lines.push(number(at + 1));
            told.words = format!("{} {message}", told.words);
        }
        // Lines are counted from 1: the last one's number is the place behind it.
        let behind = told.lines.last().and_then(|line| usize::try_from(*line).ok());
        page.tell(told);
        behind
    });
    bare(page);
}

/// The box in which Active Directory Sites and Services tells that "Replicate now" failed: `The following error
/// occurred during the attempt to synchronize naming context X from domain controller A to domain controller B:`
/// and the message of the error.
fn dialog(page: &Page<'_>, at: usize, line: &str) -> Option<Told> {
    let lower = line.to_ascii_lowercase();
    lower.find("attempt to synchronize naming context ")?;
    let mut text = line.to_owned();
    let mut last = at;
    while last < at + MAX_DIALOG
        && messages::code(&text).is_none()
        && let Some((next, more)) = page.next_open(last + 1)
    {
        text.push(' ');
        text.push_str(more);
        last = next;
    }
    let code = messages::code(&text)?;
    let lower = text.to_ascii_lowercase();
    let named = |before: &str| {
        let start = lower.find(before)? + before.len();
        let end = |c: char| c.is_whitespace() || matches!(c, ':' | ',');
        let name = text.get(start..)?.split(end).next()?;
        // A document has a word in its place.
        Party::named(name).filter(|_| scan::is_host(name))
    };
    let (source, destination) =
        (named(" from domain controller ")?, named(" to domain controller ")?);
    let mut told = Told::new(Tool::Unknown, Vec::new());
    told.lines = (at..=last).filter(|at| page.open(*at) != Some("")).map(number).collect();
    told.code = Some(code);
    told.outcome = Outcome::Failed;
    (told.source, told.destination) = (Some(source), Some(destination));
    told.interface = names::by_name("drsuapi").map(|known| known.id);
    told.words = text;
    Some(told)
}

fn row(at: usize, line: &str, code: i64) -> Told {
    let mut told = Told::new(Tool::Unknown, vec![number(at)]);
    told.code = Some(code);
    told.outcome = Outcome::Failed;
    let host = line.split_whitespace().find(|word| {
        let word = word.trim_end_matches([',', '.', ':']);
        word.contains('.') && scan::is_host(word) && !is_program(word)
    });
    told.source = host.and_then(|host| Party::asked_as(host.trim_end_matches([',', '.', ':'])));
    line.clone_into(&mut told.words);
    told
}

/// A word with a dot that is a file and no host.
fn is_program(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    [".exe", ".dll", ".log", ".txt", ".c", ".cpp", ".py", ".ps1"]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// The error of a line as tools print it.
fn tool_error(line: &str) -> Option<i64> {
    let found = scan::paired_code(line).or_else(|| scan::doubled_code(line));
    let found = found.filter(|_| !is_prose(line));
    let found = found.or_else(|| hresult(line)).or_else(|| mapper_status(line));
    found.filter(|code| *code != 0)
}

/// Whether a sentence goes on behind an error in brackets, or ends there with a full stop: people write so, and
/// tools end the line, or write the error's message behind a colon.
fn is_prose(line: &str) -> bool {
    let behind = line.rfind("0x").and_then(|at| line.get(at + 2..)).unwrap_or_default();
    let rest = behind.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    let symbol = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | ' ');
    let rest = rest.trim_start_matches(')').trim();
    let tools =
        matches!(rest, "" | "," | ":") || rest.starts_with(['"', ':']) || rest.chars().all(symbol);
    !tools || line.starts_with('#') || line.ends_with('?') || line.split_whitespace().count() > 40
}

/// `0x800706D9` behind the word HRESULT or in brackets: a Windows error as COM passes it on.
fn hresult(line: &str) -> Option<i64> {
    let lower = line.to_ascii_lowercase();
    let at = lower.find("0x8007")?;
    let (before, behind) = (lower.get(..at)?, lower.get(at + 2..)?);
    let digits: &str = behind.get(..8)?;
    let ends = !behind.get(8..)?.starts_with(|c: char| c.is_ascii_alphanumeric());
    let named = before.contains("hresult") || before.trim_end().ends_with('(');
    let code = u32::from_str_radix(digits, 16).ok()? & 0xffff;
    // Small ones are of files and registries, and logs are full of those.
    let known = code >= 1_000 && windows_error::symbol(i64::from(code)).is_some();
    (ends && named && known).then_some(i64::from(code))
}

/// `code: 0x16c9a0d6 - ept_s_not_registered`: what the endpoint mapper itself answers.
fn mapper_status(line: &str) -> Option<i64> {
    let lower = line.to_ascii_lowercase();
    (lower.contains("0x16c9a0d6") && lower.contains("ept_s_not_registered")).then_some(1753)
}

/// `RPC Error 1753 : There are no more …`: a number behind a word for an error, with its message behind it.
fn with_its_message(line: &str) -> Option<i64> {
    let code = scan::named_code(line)?;
    (messages::code(line) == Some(code)).then_some(code)
}

/// `LDAP error 81 (Server Down) Win32 Err 58.`: an error of LDAP's own, and the Windows error behind it.
fn ldap(at: usize, line: &str) -> Option<Told> {
    let bare = line.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let lower = bare.to_ascii_lowercase();
    let rest = lower.strip_prefix("ldap error ")?;
    let (digits, behind) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
    // Its name or its hexadecimal form follows in brackets; in a sentence something else does.
    let own: u32 = digits.parse().ok().filter(|_| behind.trim_start().starts_with('('))?;
    let (_, windows) = lower.split_once("win32 err").unwrap_or(("", ""));
    let windows = windows.trim_start_matches("or");
    let mut told = Told::new(Tool::Unknown, vec![number(at)]);
    told.outcome = Outcome::Failed;
    told.code = scan::numbers(windows).first().map(|one| one.value).filter(|code| *code != 0);
    told.words = format!(
        "{line}: {own} is LDAP's own number ({}), and no error of Windows or RPC",
        ldap_words(own)
    );
    Some(told)
}

/// The results of LDAP that tools on domain controllers print (RFC 4511, and winldap.h above 80).
const fn ldap_words(code: u32) -> &'static str {
    match code {
        1 => "operations error",
        8 => "stronger authentication required",
        32 => "no such object",
        49 => "invalid credentials",
        50 => "insufficient access rights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwilling to perform",
        81 => "the server is down, or was not reached on its LDAP port",
        82 => "a local error, mostly of the authentication by Kerberos",
        85 => "a timeout",
        91 => "the connection failed",
        _ => "see winldap.h",
    }
}

/// The lines of a file that is no more than a few errors: a number, a symbol or a message in any language.
fn bare(page: &mut Page<'_>) {
    if page.len() > MAX_BARE * 4 {
        return;
    }
    let alone = page.says_nothing();
    let lines: Vec<(usize, &str)> = (0..page.len())
        .filter_map(|at| Some((at, page.open(at)?)))
        .filter(|(_, line)| !line.is_empty())
        .take(MAX_BARE + 1)
        .collect();
    if lines.len() > MAX_BARE {
        return;
    }
    for (at, line) in lines {
        // Beside a report the bare message may be the rest of one of its lines.
        let found = with_its_message(line).or_else(|| bare_error(line).filter(|_| alone));
        if let Some(code) = found {
            page.tell(row(at, line, code));
        }
    }
}

/// The error that a line is about, where it has hardly another word.
fn bare_error(line: &str) -> Option<i64> {
    let text =
        line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '*' | '.'));
    let words = text.split_whitespace().count();
    if let Some(code) = messages::code(text) {
        return (text.chars().count() <= 240).then_some(code);
    }
    if words > MAX_WORDS {
        return None;
    }
    let symbol = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .find_map(windows_error::code_of);
    let number = || {
        let code = scan::first_code(text)?;
        // Of hexadecimal errors of COM the Windows error is the last half.
        let unsigned = u32::try_from(code).or_else(|_| i32::try_from(code).map(i32::cast_unsigned));
        let unsigned = unsigned.ok()?;
        let code = match unsigned {
            0x16c9_a0d6 => 1753,
            unsigned if unsigned >> 16 == 0x8007 => i64::from(unsigned & 0xffff),
            _ => code,
        };
        // 2713 asks for a restart.
        let known =
            windows_error::symbol(code).is_some() && code.unsigned_abs() >= 1_000 && code != 2713;
        // A number among words is an error where one of them says so.
        let alone =
            words == 1 || scan::named_code(text).is_some() || (words <= 3 && text.contains("0x"));
        (known && alone).then_some(code)
    };
    symbol.or_else(number).filter(|code| *code != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_as_tools_print_them() {
        for (line, code) in [
            ("LDAP bind to dc9.contoso.com failed, status 1722 (0x6ba)", Some(1722)),
            ("I_NetLogonControl failed: Status = 1753 0x6d9 EPT_S_NOT_REGISTERED", Some(1753)),
            ("x (Exception from HRESULT: 0x800706D9)", Some(1753)),
            ("(Ausnahme von HRESULT: 0x800706BA)", Some(1722)),
            ("DCERPC Runtime Error: code: 0x16c9a0d6 - ept_s_not_registered", Some(1753)),
            ("Troubleshooting error 1753", None),
            ("It fails with error 1753 (0x6d9) when the name is wrong", None),
            ("The operation failed with status 1753 (0x6d9).", None),
            ("# Error 1753 (0x6d9): no more endpoints", None),
            ("Domain join error 0x6D9", None),
            ("\"LDAP Error 82(0x52): Local Error\"", None),
            ("status 0 (0x0)", None),
        ] {
            assert_eq!(tool_error(line), code, "{line}");
        }
    }

    #[test]
    fn an_error_and_hardly_another_word() {
        for (line, code) in [
            ("1753", Some(1753)),
            ("0x6D9", Some(1753)),
            ("0x800706D9", Some(1753)),
            ("-2147023143", Some(1753)),
            ("-2146893022", Some(-2_146_893_022)),
            ("EPT_S_NOT_REGISTERED", Some(1753)),
            ("error 1753", Some(1753)),
            ("Fehler: 0x6d9", Some(1753)),
            ("0x16c9a0d6", Some(1753)),
            ("Es sind keine weiteren Endpunkte in der Endpunktzuordnung verfügbar.", Some(1753)),
            ("5", None),
            ("2026", None),
            ("room 1753 is free", None),
            ("we have 1753 computers here, and all of them are fine", None),
        ] {
            assert_eq!(bare_error(line), code, "{line}");
        }
    }
}
