//! Lines of no known report that name an error: `Status = 1753 0x6d9 EPT_S_NOT_REGISTERED`, `(Exception from
//! HRESULT: 0x800706D9)`, `System error 1722 has occurred.`, or its message alone, whatever stands around them. What
//! people write about an error in general, or a document does, is none of it and is quoted, what was looked up is no
//! failure, and what is told as past is none either; but where a file is no more than the error itself, it is what was
//! asked about.

use epmesh_rpc::windows_error;

use super::{
    commands, messages,
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
    unread,
};

mod dialog;
mod document;
mod ends;
mod ldap;
mod lookup;
mod over;
mod statement;

/// The most lines, blank ones apart, of a file that is no more than an error.
const MAX_BARE: usize = 8;
/// The most words around an error that is a line's only content.
const MAX_WORDS: usize = 6;

/// Takes every such line.
pub(super) fn read(page: &mut Page<'_>) {
    let alone = page.says_nothing();
    let document = document::is_one(page);
    let ends = ends::named(page).filter(|_| alone);
    // A document tells of errors in general, in whole sentences.
    let states = |line: &str| statement::code(line).filter(|_| !document);
    page.walk(|page, at, line| {
        if let Some(behind) = lookup::read(page, at, line) {
            return Some(behind);
        }
        if over::is_over(page, at, line) && unread::error_in(line).is_some() {
            page.tell(quoted(at, line));
            return Some(at + 1);
        }
        let mut told = dialog::read(page, at, line)
            .or_else(|| tool_error(line).map(|error| row(page, at, line, error)))
            .or_else(|| ldap::read(page, at, line))
            .or_else(|| states(line).map(|error| row(page, at, line, error)))
            .or_else(|| {
                let own = !document && !is_title(page, at) && (alone || stands_alone(page, at));
                let code = own.then(|| statement::message(line)).flatten()?;
                Some(row(page, at, line, code))
            })?;
        with_message(page, at, line, &mut told);
        if let Some(ends) = ends.as_ref().filter(|_| told.source.is_none() && told.code.is_some()) {
            told.source = Some(ends.source.clone());
            told.destination = Some(ends.destination.clone());
            told.lines.push(number(ends.at));
        }
        // Lines are counted from 1: the last one's number is the place behind it.
        let behind = told.lines.iter().filter_map(|line| usize::try_from(*line).ok());
        let behind =
            behind.filter(|behind| *behind > at).take_while(|behind| *behind <= at + MAX_BARE);
        let behind = behind.max();
        told.lines.sort_unstable();
        told.lines.dedup();
        page.tell(told);
        behind
    });
    bare(page);
}

/// Adds the message of an error in the next line: right behind a colon, or by itself behind a blank line.
fn with_message(page: &Page<'_>, at: usize, line: &str, told: &mut Told) {
    let colon = page.open(at + 1).filter(|_| line.ends_with(':')).map(|next| (at + 1, next));
    let apart = || page.next_open(at + 1).filter(|(_, next)| statement::message(next).is_some());
    let next = colon.filter(|(_, next)| messages::code(next) == told.code).or_else(apart);
    let fits = told.code.is_some() && !told.lines.iter().any(|held| *held > number(at));
    if let Some((next, message)) =
        next.filter(|(_, next)| fits && messages::code(next) == told.code)
    {
        told.lines.push(number(next));
        told.words = format!("{} {message}", told.words);
    }
}

/// Whether a line begins what stands around it: a blank line, or a prompt, is above it. Else it may be the rest of a
/// row.
fn stands_alone(page: &Page<'_>, at: usize) -> bool {
    let above = at.checked_sub(1).map(|at| page.line(at).unwrap_or_default());
    above.is_none_or(|line| line.is_empty() || scan::behind_prompt(line).is_some())
}

/// Whether a line is the title of an article, whose address is the next one.
fn is_title(page: &Page<'_>, at: usize) -> bool {
    page.line(at + 1).is_some_and(|next| next.starts_with("http"))
}

/// An error that the text says is over.
fn quoted(at: usize, line: &str) -> Told {
    let mut told = Told::new(Tool::Unknown, vec![number(at)]);
    told.outcome = Outcome::Delayed;
    told.words = format!("the text tells it as over: {line}");
    told
}

fn row(page: &Page<'_>, at: usize, line: &str, code: i64) -> Told {
    let mut told = Told::new(Tool::Unknown, vec![number(at)]);
    told.code = Some(code);
    told.outcome = Outcome::Failed;
    let host = line.split_whitespace().find(|word| {
        let word = word.trim_end_matches([',', '.', ':']);
        word.contains('.') && scan::is_host(word) && !is_program(word)
    });
    told.source = host.and_then(|host| Party::asked_as(host.trim_end_matches([',', '.', ':'])));
    line.clone_into(&mut told.words);
    commands::name(page, at, &mut told);
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
    let many = lines.len() > 1;
    for (at, line) in lines {
        // Somebody asks about it, or names an article on it.
        let is_asked = many && line.contains('?');
        if is_asked || is_title(page, at) {
            continue;
        }
        // Beside a report the bare message may be the rest of one of its lines.
        let found = with_its_message(line).or_else(|| bare_error(line).filter(|_| alone));
        if let Some(code) = found.filter(|_| !statement::is_of_another(line)) {
            let told = row(page, at, line, code);
            page.tell(told);
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
        let code = windows_error::out_of_com(code);
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
