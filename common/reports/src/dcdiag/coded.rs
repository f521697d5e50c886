//! What dcdiag could not do, with the error in hexadecimal and its text in quotes: so it prints in every language.
//!
//! ```text
//! The event log DFS Replication on server dc7.lab.test could not be
//! queried, error 0x6d9
//! "There are no more endpoints available from the endpoint mapper."
//! ```

use epmesh_rpc::names;

use super::super::{
    outcome::Outcome,
    page::{Page, numbers},
    scan,
    told::{Party, Told},
};
use super::state::{State, TOOL};

/// The most lines that one is wrapped into.
const MAX_LINES: usize = 4;
/// The longest of it, in bytes.
const MAX_TEXT: usize = 1_000;

/// Takes such lines within a test; the line behind them.
pub(super) fn read(page: &mut Page<'_>, at: usize, line: &str, state: &State) -> Option<usize> {
    let starts = |line: &str| line.starts_with(['[', '.', '*', '"']);
    if !state.in_test || starts(line) || line.len() > MAX_TEXT {
        return None;
    }
    let mut text = line.to_owned();
    let mut here = at + 1;
    let (code, words) = loop {
        if let Some(found) = quoted_error(&text) {
            break found;
        }
        // Nothing but the rest of the sentence, or of its text, may come.
        let next = page.open(here).filter(|next| !next.is_empty() && here - at < MAX_LINES)?;
        // Before its error a sentence is broken once.
        let begun = here == at + 1
            && !text.contains([':', '：', '='])
            && !text.ends_with(['.', '。'])
            && next.contains("0x");
        let open = text.matches('"').count() % 2 == 1 || ends_in_code(&text);
        if !(open || (begun && !text.contains("0x")))
            || (starts(next) && !next.starts_with('"'))
            || text.len() > MAX_TEXT
        {
            return None;
        }
        text.push(' ');
        text.push_str(next);
        here += 1;
    };
    let mut told = Told::new(TOOL, numbers(at, here - 1));
    told.outcome = Outcome::Failed;
    told.code = Some(code);
    told.observer.clone_from(&state.home);
    told.destination.clone_from(&state.home);
    told.source = server(&text).or_else(|| state.tested.clone());
    let lower = text.to_ascii_lowercase();
    let name = if lower.contains("event log ") {
        Some("eventlog6")
    } else if lower.contains("could not open ") && lower.contains(" service on ") {
        Some("svcctl")
    } else {
        None
    };
    told.interface = name.and_then(names::find);
    told.words = words;
    page.tell(told);
    Some(here)
}

/// The error of `… error 0x6d9 "There are no more …"`, where its quotes are closed, and the whole of it.
fn quoted_error(text: &str) -> Option<(i64, String)> {
    let at = text.find("0x")?;
    let digits = text.get(at + 2..)?;
    let length = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
    let behind = digits.get(length..)?.trim_start();
    let message = behind.strip_prefix('"')?;
    let (message, rest) = message.split_once('"')?;
    let code = scan::hexadecimal(text.get(at..)?).filter(|code| *code != 0)?;
    let named = text.get(..at)?.contains(char::is_alphabetic);
    let fits = message.contains(char::is_alphabetic) && rest.trim_matches(['.', ' ']).is_empty();
    (named && fits && (1..=8).contains(&length)).then(|| (code, text.to_owned()))
}

fn ends_in_code(text: &str) -> bool {
    let digits = text.rsplit("0x").next().unwrap_or_default();
    text.contains("0x") && digits.trim_end().chars().all(|c| c.is_ascii_hexdigit())
}

/// The server that a sentence names: behind `on` in English, else the one name that has a dot.
fn server(text: &str) -> Option<Party> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '(' | ')'))
        .filter(|word| !word.is_empty())
        .collect();
    let dotted = words.iter().find(|word| {
        let word = word.trim_end_matches('.');
        word.contains('.') && scan::is_host(word)
    });
    let behind = || {
        let at = words.iter().position(|word| *word == "on")?;
        let next = words.get(at + 1).filter(|word| **word != "server").or(words.get(at + 2))?;
        (scan::is_host(next) && next.contains(|c: char| c.is_ascii_uppercase())).then_some(next)
    };
    dotted.or_else(behind).and_then(|name| Party::named(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_and_its_text() {
        let code = |text: &str| quoted_error(text).map(|(code, _)| code);
        assert_eq!(code("could not be queried, error 0x6d9 \"There are no more.\""), Some(1753));
        assert_eq!(
            code("Could not open NTDS Service on DC7, error 0x5 \"Access is denied.\""),
            Some(5)
        );
        assert_eq!(code("An error event occurred.  EventID: 0xC0000583"), None);
        assert_eq!(code("error 0x6d9 \"There are"), None);
        let name = |text: &str| server(text).and_then(|party| party.name);
        assert_eq!(name("on server dc7.lab.test could not").as_deref(), Some("dc7.lab.test"));
        assert_eq!(name("Could not open NTDS Service on DC7, error").as_deref(), Some("DC7"));
        assert_eq!(name("not possible on this computer"), None);
    }
}
