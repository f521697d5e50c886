//! What was looked up: `net helpmsg 1753`, `certutil -error`, `err`, tables of winerror.h. A number that somebody asks
//! the meaning of has failed nowhere in the text.

use super::super::{
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Told, Tool},
};
use super::statement;

/// The most lines of one answer.
const MAX_LINES: usize = 40;

/// Takes a look-up with its answer, or lines of a table; the line behind them.
pub(super) fn read(page: &mut Page<'_>, at: usize, line: &str) -> Option<usize> {
    let asked = is_command(scan::behind_prompt(line).unwrap_or(line));
    if !asked && !is_of_a_table(line) && entry(page, at).is_none() {
        return None;
    }
    let (lines, behind) = match asked {
        true => answer(page, at),
        false if is_of_a_table(line) => rows(page, at),
        false => entries(page, at)?,
    };
    let mut told = Told::new(Tool::Unknown, lines.into_iter().map(number).collect());
    // The outcome of what is no failure by itself.
    told.outcome = Outcome::Delayed;
    let short: String = line.chars().take(120).collect();
    told.words = format!("what the number of an error means was looked up: {short}");
    page.tell(told);
    Some(behind)
}

/// `net helpmsg 1753`, `certutil -error 0x6d9`, `err 1753` with nothing else in them.
fn is_command(command: &str) -> bool {
    let lower = command.trim().to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().take(5).collect();
    let code = |word: &str| {
        let digits = word.trim_start_matches("0x").trim_start_matches('-');
        let symbol =
            word.contains('_') && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        symbol || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    match words.as_slice() {
        ["net" | "net.exe", "helpmsg", asked] => code(asked),
        ["certutil" | "certutil.exe", "-error" | "/error", asked] => code(asked),
        [program, asked] => {
            let program = program.trim_start_matches(".\\").trim_end_matches(".exe");
            let name = program.strip_prefix("err").unwrap_or("?");
            let version = |c: char| c.is_ascii_digit() || matches!(c, '_' | '.');
            name.chars().all(version) && code(asked)
        }
        _ => false,
    }
}

/// The lines of an answer: the first that stand together, and what goes on as only an answer does.
fn answer(page: &Page<'_>, at: usize) -> (Vec<usize>, usize) {
    let mut lines = vec![at];
    let mut here = at + 1;
    let mut apart = false;
    while let Some((next, text)) = page.next_open(here)
        && lines.len() < MAX_LINES
        && scan::behind_prompt(text).is_none()
        && !is_command(text)
        && statement::code(text).is_none()
    {
        apart |= next > here && lines.len() > 1;
        let goes_on = text.starts_with('#')
            || text.starts_with("CertUtil:")
            || text.starts_with("Error message text")
            || is_of_a_table(text);
        if apart && !goes_on {
            break;
        }
        lines.push(next);
        here = next + 1;
    }
    (lines, here)
}

/// `EPT_S_NOT_REGISTERED   winerror.h`, `#define EPT_S_NOT_REGISTERED 1753L`, `# for decimal 1753 / hex 0x6d9 :`.
fn is_of_a_table(line: &str) -> bool {
    let header = |word: &str| {
        let word = word.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
        (4..=20).contains(&word.len()) && word.to_ascii_lowercase().ends_with(".h")
    };
    let mut words = line.split_whitespace();
    let begins = match words.next() {
        Some("#define") => return words.next().is_some_and(is_symbol) && words.next().is_some(),
        Some("#") => matches!(words.next(), Some("for" | "as")),
        Some(first) => {
            is_symbol(first) && words.next().is_some_and(header) && words.next().is_none()
        }
        None => false,
    };
    begins && line.len() <= 200
}

/// Whether a word may be the symbol of an error.
fn is_symbol(word: &str) -> bool {
    word.contains('_')
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The lines of a table that follow each other; what stands between them behind `#` is of it.
fn rows(page: &Page<'_>, at: usize) -> (Vec<usize>, usize) {
    let mut lines = vec![at];
    let mut here = at + 1;
    while let Some((next, text)) = page.next_open(here)
        && lines.len() < MAX_LINES
        && (is_of_a_table(text) || text.starts_with("# ") || text.starts_with("//"))
    {
        lines.push(next);
        here = next + 1;
    }
    (lines, here)
}

/// An entry of a list of error codes: its symbol, `1753 (0x6D9)`, and its message, each in a line of its own.
fn entry(page: &Page<'_>, at: usize) -> Option<[usize; 3]> {
    let symbol = page.open(at)?;
    if symbol.len() > 80 || !is_symbol(symbol) {
        return None;
    }
    let (second, pair) = page.next_open(at + 1)?;
    scan::paired_code(pair).filter(|_| pair.split_whitespace().count() <= 2)?;
    let (third, _) = page.next_open(second + 1)?;
    Some([at, second, third])
}

/// Entries that follow each other: one by itself is the error that somebody asks about.
fn entries(page: &Page<'_>, at: usize) -> Option<(Vec<usize>, usize)> {
    let mut lines = Vec::new();
    let mut here = at;
    while lines.len() < MAX_LINES
        && let Some((next, _)) = page.next_open(here)
        && let Some(entry) = entry(page, next)
    {
        lines.extend(entry);
        here = entry[2] + 1;
    }
    (lines.len() > 3).then_some((lines, here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_a_meaning() {
        for (line, wanted) in [
            ("net helpmsg 1753", true),
            ("certutil -error 0x6d9", true),
            ("err 1753", true),
            ("err_6.4.5.exe 0x800706d9", true),
            ("net helpmsg", false),
            ("net view \\\\fs8", false),
            ("err on the side of caution", false),
            ("errand 1753", false),
            ("error 1753", false),
        ] {
            assert_eq!(is_command(line), wanted, "{line}");
        }
        for (line, wanted) in [
            ("EPT_S_NOT_REGISTERED                              winerror.h", true),
            ("#define EPT_S_NOT_REGISTERED             1753L", true),
            ("# for decimal 1753 / hex 0x6d9 :", true),
            ("EPT_S_NOT_REGISTERED", false),
            ("DsBind() failed in main.h with 1753", false),
        ] {
            assert_eq!(is_of_a_table(line), wanted, "{line}");
        }
    }
}
