//! The comparison of an output in a document with the output of now: the same but for times, ids, ports and
//! addresses of the simulation, and for blanks.

use uuid::Uuid;

/// Whether `shown` is what was printed. A line of `…` alone stands for any number of lines, `…` at the end of a
/// line for the rest of that line.
pub(crate) fn matches(shown: &[String], printed: &str) -> Result<(), String> {
    let printed: Vec<String> = printed.lines().map(plain).filter(|line| !line.is_empty()).collect();
    let mut next = printed.iter();
    let mut gap = false;
    for line in shown.iter().map(|line| plain(line)).filter(|line| !line.is_empty()) {
        if line == "…" {
            gap = true;
            continue;
        }
        let fits = |candidate: &String| match line.strip_suffix('…') {
            Some(head) => candidate.starts_with(head.trim_end()),
            None => *candidate == line,
        };
        let found = if gap { next.any(&fits) } else { next.next().is_some_and(fits) };
        if !found {
            return Err(format!(
                "not printed, or not there: {line}\nprinted:\n{}",
                printed.join("\n")
            ));
        }
        gap = false;
    }
    match next.next() {
        Some(more) if !gap => Err(format!("printed and not shown: {more}")),
        _ => Ok(()),
    }
}

/// A line with what differs from run to run replaced, and one blank between words.
fn plain(line: &str) -> String {
    let words: Vec<String> = line.split_whitespace().map(word).collect();
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        let is_number = |text: &String| text.trim_start_matches(['+', '-']).parse::<u64>().is_ok();
        match (word.as_str(), kept.as_slice()) {
            ("ago", [.., number, _unit]) if is_number(number) => {
                kept.truncate(kept.len() - 2);
                kept.push("AGO".to_owned());
            }
            ("ms", [.., number]) if is_number(number) => {
                kept.pop();
                kept.push("DURATION".to_owned());
            }
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}

/// One word; punctuation around it is kept.
fn word(word: &str) -> String {
    let is_mark = |c: char| matches!(c, '(' | ')' | ',' | ';' | ':' | '.' | '"' | '[' | ']');
    let core = word.trim_matches(is_mark);
    let start = word.find(core).unwrap_or(0);
    let (head, rest) = word.split_at(start);
    format!("{head}{}{}", value(core), &rest[core.len()..])
}

fn value(core: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> =
        core.split(['-', ':', 'T', '.', 'Z']).filter(|part| !part.is_empty()).collect();
    let numeric = parts.iter().all(|part| digits(part));
    if let Some((name, rest)) = core.split_once('.')
        && Uuid::parse_str(name).is_ok()
    {
        return format!("UUID.{rest}");
    }
    if Uuid::parse_str(core).is_ok() {
        return "UUID".to_owned();
    }
    if core.starts_with("127.") && numeric && parts.len() >= 4 {
        return format!("127.x.x.{}", parts[3]);
    }
    if numeric && parts.len() >= 3 && core.contains([':', '-']) {
        return "TIME".to_owned();
    }
    if numeric && core.len() == 5 {
        return "NUMBER".to_owned();
    }
    if core.len() == 8
        && core.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    {
        return "ID".to_owned();
    }
    core.to_owned()
}

#[test]
fn what_differs_from_run_to_run_is_left_out() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let printed =
        "a  10:20:30 127.1.2.9, x\nleft out\n4f1c09aa: (2026-11-20T00:00:00.001Z)\nlong line\n";
    assert_eq!(
        matches(
            &shown("a 11:00:00 127.4.5.9, x\n…\n00ff00ff: (2026-01-02T10:00:00Z)\nlong …"),
            printed
        ),
        Ok(())
    );
    assert!(matches(&shown("a 11:00:00 127.4.5.8, x\n…"), printed).is_err(), "another host");
    assert!(matches(&shown("…\nlong"), printed).is_err(), "half a line");
    assert!(matches(&shown("a 11:00:00 127.4.5.9, x"), printed).is_err(), "more was printed");
}
