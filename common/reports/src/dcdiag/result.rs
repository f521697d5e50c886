//! The result of a test: `......................... DC1 failed test Connectivity`.

use super::super::{
    outcome::Outcome,
    page::{Page, number},
    told::{Party, Told},
};
use super::{
    headings::{heading_of_a_test, is_test},
    state::{State, TOOL},
};

/// What failed.
const FAILED: [&str; 14] = [
    "failed test",
    "fehlgeschlagen",
    "échou",
    "echou",
    "fallado",
    "falló",
    "fallito",
    "falhou",
    "ошибк",
    "сбой",
    "失敗",
    "失败",
    "不合格",
    "실패",
];
/// What did not, where nothing says no to it.
const PASSED: [&str; 13] = [
    "passed test",
    "bestanden",
    "réussi",
    "superado",
    "superó",
    "superato",
    "passou",
    "пройд",
    "пройти",
    "合格",
    "成功",
    "通过",
    "통과",
];
/// What says no.
const NOT: [&str; 12] = [
    " not ",
    " nicht",
    " no ",
    " non ",
    " n'a ",
    "n’a ",
    " não ",
    " не ",
    "未",
    "没有",
    "ません",
    "않",
];

/// The most lines that a result is wrapped into besides its first.
const MAX_PARTS: usize = 3;
/// The most blank lines between the parts of a result.
const MAX_GAP: usize = 2;

/// Takes a result; the line behind it.
pub(super) fn read(page: &mut Page<'_>, at: usize, line: &str, state: &mut State) -> Option<usize> {
    let rest = line.strip_prefix("..........")?.trim_start_matches('.').trim();
    if rest.is_empty() {
        return None;
    }
    state.in_test = false;
    let mut lines = vec![number(at)];
    let mut here = at + 1;
    let mut text = rest.to_owned();
    // Where the server's name is long, the end is wrapped: the test's name, or its outcome.
    let names_a_test = |text: &str| text.split(is_between).any(is_test);
    let mut joined = text.clone();
    let mut parts = Vec::new();
    let mut behind = here;
    while (!names_a_test(&joined) || outcome(&joined).is_none())
        && parts.len() < MAX_PARTS
        && let Some((next, more)) = page.next_open(behind)
        && next <= behind + MAX_GAP
        && !more.starts_with(['.', '[', '*'])
        && !heading_of_a_test(more)
    {
        joined = format!("{joined} {more}");
        parts.push(number(next));
        behind = next + 1;
    }
    if !parts.is_empty() && names_a_test(&joined) && outcome(&joined).is_some() {
        text = joined;
        lines.extend(parts);
        here = behind;
    }
    // In a language that is not known here it is quoted.
    let outcome = outcome(&text)?;
    let mut told = Told::new(TOOL, lines);
    told.outcome = outcome;
    told.observer.clone_from(&state.home);
    told.source = whose(&text, state);
    told.words = text;
    page.tell(told);
    Some(here)
}

fn is_between(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn outcome(text: &str) -> Option<Outcome> {
    let lower = format!("{} ", text.to_lowercase());
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match (has(&FAILED), has(&PASSED), has(&NOT)) {
        (true, ..) | (_, true, true) => Some(Outcome::Failed),
        (false, true, false) => Some(Outcome::Succeeded),
        (false, false, _) => None,
    }
}

/// The one under test, where it is named; English and German begin with whom it is about.
fn whose(text: &str, state: &State) -> Option<Party> {
    let tested = state.tested.as_ref().and_then(|party| party.name.as_deref());
    let named = tested
        .filter(|name| text.split(is_between).any(|word| word.eq_ignore_ascii_case(name)))
        .and_then(Party::named);
    let begins = [" failed test", " passed test", " hat den Test "];
    let first = || begins.iter().any(|words| text.contains(words)).then(|| text.split(' ').next());
    // NetBIOS names are written in capitals; in other languages the name stands anywhere.
    let capital = |word: &&str| {
        word.len() > 1
            && !word.contains(|c: char| c.is_ascii_lowercase())
            && word.contains(|c: char| c.is_ascii_uppercase())
            && !is_test(word)
    };
    let mut capitals = text.split(is_between).filter(capital);
    let only = capitals.next().filter(|_| capitals.next().is_none());
    named.or_else(|| first().flatten().or(only).and_then(Party::named))
}
