//! `dcpromo.log`: the promotion of a domain controller, line by line, with the error of a step in brackets at its
//! end or behind `returned`.
//!
//! ```text
//! 10/02/2026 12:35:32 [INFO] Error - the directory partition could not be replicated … (1753)
//! ```

use epmesh_rpc::windows_error;

use super::{
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

const TOOL: Tool = Tool::Dcpromo;

/// Takes every line of the log.
pub(super) fn read(page: &mut Page<'_>) {
    let mut open: Option<Told> = None;
    let mut named = None;
    for at in 0..page.len() {
        let Some((when, text)) = page.open(at).and_then(entry) else { continue };
        if let Some(partner) = text.strip_prefix("ReplicaPartner ") {
            named = Party::named(partner).filter(|_| scan::is_host(partner.trim()));
        }
        let Some(code) = code(text) else {
            // What tells no error in a form that is known is quoted where it may be one all the same.
            let lower = text.to_ascii_lowercase();
            let may_fail = ["error", "fail"].iter().any(|word| lower.contains(word));
            open.take().into_iter().for_each(|told| page.tell(told));
            if !may_fail && scan::paired_code(text).is_none() {
                page.frame(TOOL, at);
            }
            continue;
        };
        // Every function on the way out repeats the error.
        if let Some(told) = open.as_mut().filter(|told| told.code == Some(code)) {
            told.lines.push(number(at));
            continue;
        }
        open.take().into_iter().for_each(|told| page.tell(told));
        let mut told = Told::new(TOOL, vec![number(at)]);
        told.outcome = Outcome::Failed;
        told.code = Some(code);
        told.when = Some(when.to_owned());
        told.source = partner(text).or_else(|| named.clone());
        // The object that could not be made is the one of the computer that is promoted.
        told.destination = scan::ntds_settings(text).map(|(site, server)| Party {
            name: Some(server),
            site: Some(site),
            dsa_guid: None,
        });
        text.clone_into(&mut told.words);
        open = Some(told);
    }
    open.take().into_iter().for_each(|told| page.tell(told));
}

/// The domain controller that a line names behind one of the words for it.
fn partner(text: &str) -> Option<Party> {
    let marks = ["\\\\", "domain controller ", "AD DC ", "directory server ", "Domain Controller "];
    let name = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    marks.iter().find_map(|mark| {
        let (_, rest) = text.split_once(mark)?;
        let host = rest.split(name).next()?.trim_end_matches('.');
        // `domain controller for the domain` names none.
        let like_a_name = *mark == "\\\\" || scan::is_no_word(host);
        let distinguished = host.eq_ignore_ascii_case("cn");
        Party::named(host).filter(|_| scan::is_host(host) && like_a_name && !distinguished)
    })
}

/// The time of a line and what it says: `10/02/2026 12:35:32 [INFO] …`, `10/02 12:35:32 [ERROR] …`.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (time, rest) = line.split_once(" [")?;
    let (level, text) = rest.split_once(']')?;
    let known = ["INFO", "WARNING", "WARN", "ERROR"].contains(&level);
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '/' | ':' | ' ');
    let fits = (13..=24).contains(&time.len()) && time.chars().all(digits) && time.contains('/');
    (known && fits).then(|| (time, text.trim()))
}

/// The error at the end of a line: `(1753)`, `returned 1753`, `failed with 1753`.
fn code(text: &str) -> Option<i64> {
    let end = text.trim_end_matches('.');
    let last = scan::numbers(end).pop()?;
    let before = end.get(..last.start)?.trim_end();
    let behind = end.get(last.end..)?;
    let bracketed = before.ends_with('(') && behind == ")";
    let returned = behind.is_empty()
        && [" returned", " failed with", " failed with error", " failed with status"]
            .iter()
            .any(|words| before.ends_with(words));
    let code = scan::signed(last.value);
    let known = code != 0 && windows_error::symbol(code).is_some();
    (known && (bracketed || returned)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_at_the_end_of_a_line() {
        let line = "10/02/2026 12:35:32 [INFO] NtdsInstall for contoso.com returned 1753";
        assert_eq!(entry(line).and_then(|(_, text)| code(text)), Some(1753));
        let line = "10/02 12:35:32 [ERROR] Failed to install the Directory Service (1722)";
        assert_eq!(
            entry(line).map(|(when, text)| (when, code(text))),
            Some(("10/02 12:35:32", Some(1722)))
        );
        for text in ["returned 0", "copied 1753 objects", "page 5 (of 9)", "took (1753) ms"] {
            assert_eq!(code(text), None, "{text}");
        }
        assert_eq!(entry("10/02/2026 12:35:32 x [INFO] y"), None);
    }
}
