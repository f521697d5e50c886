//! Errors that a text tells as past: `was resolved at 05:20`, `Current state: OK`. They are quoted, and no failure.

use super::super::page::Page;

/// How far from an error the state of an alert may stand.
const REACH: usize = 6;

/// Words that say that something is over.
const OVER: [&str; 21] = [
    "works now",
    "works again",
    "now works",
    "but today",
    "fine now",
    "was resolved",
    "is resolved",
    "been resolved",
    "[resolved]",
    "was fixed",
    "is fixed",
    "been fixed",
    "is gone",
    "was cleared",
    "been cleared",
    "recovered",
    "recovery",
    "no longer",
    "behoben",
    "résolu",
    "solucionado",
];

/// Whether the line itself, or the state of the alert that it is of, says that the error is over.
pub(super) fn is_over(page: &Page<'_>, at: usize, line: &str) -> bool {
    let near = at.saturating_sub(REACH)..=at.saturating_add(REACH);
    says_so(line) || near.filter_map(|at| page.line(at)).any(is_state)
}

fn says_so(line: &str) -> bool {
    let lower = line.to_lowercase();
    // The end of a subject: `error 1753 - RESOLVED`.
    let end = lower.trim_end_matches(|c: char| !c.is_alphanumeric());
    if end.ends_with("- resolved") || end.ends_with("- solved") || end.ends_with("- fixed") {
        return true;
    }
    OVER.iter().any(|words| {
        lower.match_indices(words).any(|(at, _)| {
            let before = lower.get(..at).unwrap_or_default();
            let behind = lower.get(at + words.len()..).unwrap_or_default();
            // `not yet resolved`; `the name was resolved to 10.0.0.1`.
            let last: Vec<&str> = before.split_whitespace().rev().take(3).collect();
            let denied =
                last.iter().any(|word| matches!(*word, "not" | "never" | "nicht" | "until"));
            !denied && !behind.starts_with(" to ") && !before.ends_with("un")
        })
    })
}

/// `Current state: OK`, `Status: RECOVERED`, and the subject of the mail that says so.
fn is_state(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let Some((label, value)) = lower.split_once(':') else { return false };
    let label = label.trim();
    let value = value.trim_start();
    let word = value.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    match label {
        "state" | "current state" | "status" | "current status" => {
            matches!(word, "ok" | "resolved" | "recovered" | "up" | "healthy")
        }
        "subject" | "betreff" | "asunto" => {
            ["[recovery]", "[resolved]", "[ok]", "recovery:", "resolved:", "ok:"]
                .iter()
                .any(|mark| value.starts_with(mark))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over() {
        for (line, wanted) in [
            ("the fault (error 1753) was resolved at 05:20", true),
            ("error 1753 is gone since the record was repaired", true),
            ("yesterday it failed with error 1753, but today it is well", true),
            ("the fault (error 1753) is not resolved", false),
            ("the name was resolved to 10.0.0.1, then error 1753", false),
            ("error 1753 is unresolved", false),
        ] {
            assert_eq!(says_so(line), wanted, "{line}");
        }
        for (line, wanted) in [
            ("Current state: OK, last result 0 (0x0)", true),
            ("Subject: [RECOVERY] replication of DC2", true),
            ("Status: 1753", false),
            ("Subject: [PROBLEM] replication of DC2", false),
        ] {
            assert_eq!(is_state(line), wanted, "{line}");
        }
    }
}
