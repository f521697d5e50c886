//! Dates and times, as the languages and tools of Windows and Samba write them. They are kept as
//! written: without the zone and the order of day and month nobody can tell more.

/// A time of day and the date beside it, in the words of the text. `<date> <time>`, as articles write
/// it, is one too.
pub(crate) fn moments(text: &str) -> Vec<String> {
    if !text.contains(':') && !text.contains("<time>") {
        return Vec::new();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    let mut used = 0;
    for (at, word) in words.iter().enumerate() {
        let bare = bare(word);
        if at < used {
            continue;
        }
        if bare.contains("<time>") || (bare.contains('T') && is_iso(bare)) {
            let first = if bare.starts_with("<time>") { at.saturating_sub(1) } else { at };
            found.push(joined(&words, first, at));
            used = at + 1;
            continue;
        }
        if !is_time(bare) {
            continue;
        }
        let before = |back: usize| {
            at.checked_sub(back).filter(|i| *i >= used).and_then(|i| words.get(i)).copied()
        };
        let after = |on: usize| words.get(at + on).copied();
        let (first, mut last) = if before(1).is_some_and(is_date) {
            (at - 1, at)
        } else if before(2).is_some_and(is_date) && before(1).is_some_and(is_half_of_day) {
            (at - 2, at)
        } else if before(1).is_some_and(is_day)
            && before(2).is_some()
            && after(1).is_some_and(is_year)
        {
            // Fri Nov 20 09:15:00 2026 UTC
            (at - 2 - usize::from(before(3).is_some_and(|day| day.len() == 3)), at + 1)
        } else {
            continue;
        };
        if words.get(last + 1).copied().is_some_and(is_half_of_day)
            || words.get(last + 1).copied().is_some_and(|word| is_zone(self::bare(word)))
        {
            last += 1;
        }
        found.push(joined(&words, first, last));
        used = last + 1;
    }
    found
}

fn joined(words: &[&str], first: usize, last: usize) -> String {
    let taken = words.get(first..=last).unwrap_or_default();
    let text = taken.join(" ");
    let open = |c: char| matches!(c, '(' | '[' | '@' | '"' | '\'');
    bare(text.trim_start_matches(open)).to_owned()
}

/// Without the punctuation behind it.
fn bare(word: &str) -> &str {
    word.trim_end_matches(|c: char| {
        let unknown = char::REPLACEMENT_CHARACTER;
        matches!(c, '.' | ',' | ';' | ')' | ']' | '"' | '\'' | '。' | '、')
            || c == ':'
            || c == unknown
    })
}

/// `9:15`, `09:15:00`, `09:15:00:235`, and Windows 2000's `10:10.10`.
fn is_time(word: &str) -> bool {
    let parts: Vec<&str> = word.split([':', '.']).collect();
    let digits =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    word.contains(':') && (2..=4).contains(&parts.len()) && parts.iter().all(digits)
}

/// Three numbers with `-`, `/` or `.` between them.
fn is_date(word: &str) -> bool {
    let word = bare(word).trim_start_matches(['(', '[', '@']);
    ['-', '/', '.'].iter().any(|by| {
        let parts: Vec<&str> = word.split(*by).collect();
        let digits =
            |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        parts.len() == 3 && parts.iter().all(digits)
    })
}

fn is_iso(word: &str) -> bool {
    let Some((date, time)) = word.split_once('T') else { return false };
    let clock = time.get(..5).unwrap_or_default();
    is_date(date) && is_time(clock)
}

fn is_half_of_day(word: &str) -> bool {
    let word = bare(word);
    matches!(word.to_ascii_uppercase().as_str(), "AM" | "PM" | "A.M" | "P.M")
        || matches!(word, "午前" | "午後")
}

fn is_day(word: &str) -> bool {
    (1..=2).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_year(word: &str) -> bool {
    let word = bare(word);
    word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_zone(word: &str) -> bool {
    matches!(word, "UTC" | "GMT" | "CET" | "CEST" | "EST" | "EDT" | "PST" | "PDT" | "JST")
}
