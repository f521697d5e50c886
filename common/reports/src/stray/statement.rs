//! A line that tells by itself that something failed, and with which error of Windows: `System error 1722 has
//! occurred.`, `The operation failed with error 1753 (0x6d9).`, a message alone. A sentence about an error in general
//! is none, nor is the number of another program.

use epmesh_rpc::windows_error;

use super::super::{messages, scan};

/// The longest such line, in bytes.
const MAX_LINE: usize = 400;
/// The longest line that is no more than a message, in characters and in words.
const MAX_MESSAGE: (usize, usize) = (150, 18);

/// Words of a sentence about what may happen, or about what was written of it.
const IN_GENERAL: [&str; 24] = [
    "fixed",
    "fixes ",
    "issue where",
    "problem where",
    "if ",
    "when ",
    "whenever ",
    " may ",
    " might ",
    " would ",
    " can be ",
    "could be ",
    "e.g.",
    "such as",
    "for example",
    " means ",
    "article",
    "helpful",
    "how to",
    "troubleshoot",
    "known issue",
    "see also",
    " reports that ",
    "symptom",
];

/// Signs and words of a script: what stands in it is what it would say.
const OF_A_SCRIPT: [&str; 10] =
    ["$", "{", "}", "write-", "echo ", "print(", "printf", "throw ", "==", " -eq "];

/// Words of programs whose numbers are their own.
const OF_ANOTHER: [&str; 12] = [
    "severity",
    "sqlstate",
    "ora-",
    "mysql",
    "mariadb",
    "postgres",
    "sql server",
    "http",
    "smtp",
    "eventid",
    "event id",
    "errno",
];

/// Whether a number in a line is another program's: `Error: 1753, Severity: 16, State: 0.`
pub(super) fn is_of_another(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let said = OF_ANOTHER.iter().any(|word| lower.contains(word));
    said && messages::code(line).is_none()
}

/// The error that a line states.
pub(super) fn code(line: &str) -> Option<i64> {
    let text = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '*'));
    if text.len() > MAX_LINE || text.starts_with(['#', '|']) || text.ends_with('?') {
        return None;
    }
    let lower = text.to_lowercase();
    if IN_GENERAL.iter().any(|words| lower.starts_with(words.trim_start()) || lower.contains(words))
    {
        return None;
    }
    if OF_A_SCRIPT.iter().any(|sign| lower.contains(sign)) {
        return None;
    }
    // Steps of NETSETUP.LOG may fail in a join that succeeds.
    if lower.contains("netp") || is_of_another(text) {
        return None;
    }
    occurred(&lower)
        .or_else(|| failed(&lower))
        .or_else(|| labelled(&lower))
        .or_else(|| abbreviated(&lower))
        .filter(|code| *code != 0)
}

/// `System error 1722 has occurred.`
fn occurred(lower: &str) -> Option<i64> {
    let at = lower.find("error ")?;
    let behind = lower.get(at + "error ".len()..)?;
    let rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    let value: i64 = behind.get(..behind.len() - rest.len())?.parse().ok()?;
    let said = [" has occurred", " occurred", " ist aufgetreten"];
    let said = said.iter().any(|words| rest.starts_with(words));
    // The numbers of `net` are all of Windows.
    let own = lower.get(..at)?.trim() == "system";
    (said && (own || is_known(value)))
        .then_some(value)
        .filter(|value| windows_error::symbol(*value).is_some())
}

/// `… failed with error 1753 (0x6d9).`, `… failed: 0x800706ba`
fn failed(lower: &str) -> Option<i64> {
    let words = ["failed", "fehlgeschlagen", "échoué", "error al "];
    let (at, word) = words.iter().find_map(|word| Some((lower.find(word)?, *word)))?;
    let behind = lower.get(at + word.len()..)?;
    // Nothing but words for an error may stand before the number.
    let first = behind.find(|c: char| c.is_ascii_digit())?;
    let between = behind.get(..first)?.trim_end_matches('-');
    let fits =
        between.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).all(|word| {
            let named =
                ["with", "error", "status", "code", "result", "rc", "hr", "hresult", "win", "rpc"];
            let further = ["mit", "fehler", "avec", "erreur", "the", "following", "windows"];
            named.contains(&word) || further.contains(&word)
        });
    if !fits || between.len() > 40 {
        return None;
    }
    number(behind.get(first..)?, between.ends_with('('))
}

/// `Error 1753: There are …`, `Error code: 0x6d9`, in front of a line.
fn labelled(lower: &str) -> Option<i64> {
    let labels = [
        "error code",
        "win32 error",
        "rpc error",
        "error",
        "fehlercode",
        "fehler",
        "code d'erreur",
        "erreur",
        "código de error",
        "errore",
        "fout",
        "ошибка",
    ];
    let rest = labels.iter().find_map(|label| lower.strip_prefix(label))?;
    let behind = rest.trim_start_matches([' ', ':', '=']);
    if behind.len() == rest.len() || !behind.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let code = number(behind, false)?;
    let after = behind.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == 'x');
    let after = after.trim_start();
    let message = messages::code(lower) == Some(code);
    (after.is_empty()
        || matches!(after, "." | ":")
        || message
        || scan::paired_code(lower).is_some())
    .then_some(code)
}

/// `(1753) no more endpoints`: as people say it.
fn abbreviated(lower: &str) -> Option<i64> {
    let code = scan::bracketed_code(lower)?;
    let words = match code {
        1753 => "no more endpoint",
        1722 => "rpc server",
        _ => return None,
    };
    lower.contains(words).then_some(code)
}

/// The number that a text begins with, where it is an error for certain.
fn number(text: &str, bracketed: bool) -> Option<i64> {
    if text.starts_with("0x") {
        let code = windows_error::out_of_com(scan::hexadecimal(text)?);
        return windows_error::symbol(code).filter(|_| code.unsigned_abs() >= 1_000).map(|_| code);
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let value: i64 = text.get(..end)?.parse().ok()?;
    let behind = text.get(end..)?.trim_start();
    let ends = match bracketed {
        true => behind.starts_with(')'),
        false => behind.is_empty() || behind.starts_with(['.', ',', ':', ';', '(', ')', '"', '-']),
    };
    let twice = scan::paired_code(text) == Some(value);
    (ends && (twice || is_known(value)) && windows_error::symbol(value).is_some()).then_some(value)
}

/// Small numbers are of everything.
fn is_known(code: i64) -> bool {
    code >= 1_000 && code != 2713
}

/// The error whose message is all that a line says, but for a label in front of it.
pub(super) fn message(line: &str) -> Option<i64> {
    let code = messages::code(line)?;
    let text = match line.split_once(": ") {
        Some((label, rest)) if label.len() <= 60 && messages::code(rest) == Some(code) => rest,
        _ => line,
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '*'));
    let lower = text.to_lowercase();
    let general = IN_GENERAL.iter().any(|words| lower.contains(words));
    let one = !text.trim_end_matches('.').contains(". ") && !text.contains(['"', '?', '|', '“']);
    let short =
        text.chars().count() <= MAX_MESSAGE.0 && text.split_whitespace().count() <= MAX_MESSAGE.1;
    let english =
        ["no more endpoints", "rpc server is unavailable", "target principal", "dsa operation"];
    let begins = english.iter().find_map(|words| lower.find(words)).is_none_or(|at| at <= 10);
    (!general && one && short && begins && !line.starts_with(['#', '|'])).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_states_an_error() {
        for (line, wanted) in [
            ("System error 1722 has occurred.", Some(1722)),
            ("System error 5 has occurred.", Some(5)),
            ("The operation failed with error 1753 (0x6d9).", Some(1753)),
            ("The processing of Group Policy failed with error 1722 (0x6ba).", Some(1722)),
            ("Connect to server failed: 0x800706ba", Some(1722)),
            ("Bind failed with status 1753.", Some(1753)),
            (
                "Error 1753: There are no more endpoints available from the endpoint mapper.",
                Some(1753),
            ),
            ("Error code: 0x6d9", Some(1753)),
            ("Fehler 1753", Some(1753)),
            ("says (1753) no more endpoints", Some(1753)),
            ("It fails with error 1753 (0x6d9) if the name is wrong", None),
            ("If the port is closed the call failed with error 1753.", None),
            ("Error: 1753, Severity: 16, State: 0.", None),
            ("Troubleshooting error 1753", None),
            ("the job failed with exit code 1753 objects", None),
            ("the export failed for 1753 mailboxes", None),
            ("room (1753) is free", None),
            ("Error 2026: the year", None),
            ("did it fail with error 1753?", None),
            ("Fixed: the call failed with error 1753 (0x6d9).", None),
            ("Write-Host \"it failed with error 1753\"", None),
            ("if ($code -eq 1753) { throw \"it failed with error 1753\" }", None),
        ] {
            assert_eq!(code(line), wanted, "{line}");
        }
    }

    #[test]
    fn what_is_a_message_alone() {
        for (line, wanted) in [
            ("The RPC server is unavailable.", Some(1722)),
            ("Get-Thing : The RPC server is unavailable.", Some(1722)),
            ("Es sind keine weiteren Endpunkte in der Endpunktzuordnung verfügbar.", Some(1753)),
            ("The message may read \"The RPC server is unavailable\" on other days.", None),
            ("Clients see that the RPC server is unavailable while it starts.", None),
            ("# There are no more endpoints available from the endpoint mapper.", None),
        ] {
            assert_eq!(message(line), wanted, "{line}");
        }
    }
}
