//! `repadmin /failcache`: the sources that the KCC could not reach, in two lists.
//!
//! ```text
//! ==== KCC LINK FAILURES ==================================
//!     HQ\DC5
//!         DSA object GUID: 9f0d1a7c-2918-4706-b5a4-938271605f4e
//!         24 consecutive failures since 2026-10-02 02:01:10.
//!         Last error: 1753 (0x6d9):
//!             There are no more endpoints available from the endpoint mapper.
//! ```

use epmesh_rpc::names;

use super::{
    super::{
        commands,
        outcome::Outcome,
        page::{Page, number},
        scan,
        told::{Party, Told, Tool},
    },
    state::bare_name,
};

const TOOL: Tool = Tool::Repadmin;

/// Takes a heading with what stands under it; the line behind them.
pub(super) fn read(page: &mut Page<'_>, at: usize, line: &str) -> Option<usize> {
    let (next, first) = page.next_open(at + 1).filter(|_| is_heading(line))?;
    if !is_none(first) && entry(page, next).is_none() {
        return None;
    }
    page.frame(TOOL, at);
    let own = commands::above(page, at).and_then(|command| command.server());
    let mut here = at + 1;
    while let Some((next, text)) = page.next_open(here) {
        if is_none(text) || is_heading(text) {
            page.frame(TOOL, next);
            here = next + 1;
            continue;
        }
        let Some((mut told, behind)) = entry(page, next) else { break };
        told.destination.clone_from(&own);
        page.tell(told);
        here = behind;
    }
    Some(here)
}

fn is_heading(line: &str) -> bool {
    line.starts_with("===") && line.contains("KCC") && !line.contains("OBJECTS")
}

/// `(none)` in any language.
fn is_none(line: &str) -> bool {
    let word = line.strip_prefix('(').and_then(|line| line.strip_suffix(')'));
    word.is_some_and(|word| word.chars().all(char::is_alphabetic))
}

/// A source, and the line behind it.
fn entry(page: &Page<'_>, at: usize) -> Option<(Told, usize)> {
    let (site, server) = bare_name(page.open(at)?)?;
    let (second, guid) = page.next_open(at + 1)?;
    let dsa_guid = Some(scan::guid(guid)?);
    let (third, count) = page.next_open(second + 1)?;
    let mut lines = vec![at, second, third];
    let mut here = third + 1;
    let mut told = Told::new(TOOL, Vec::new());
    told.source = Some(Party { name: Some(server), site, dsa_guid });
    told.interface = names::find("drsuapi");
    count.clone_into(&mut told.words);
    told.failures = scan::leading_number(count).and_then(|count| u64::try_from(count).ok());
    told.outcome = match told.failures {
        Some(_) => Outcome::Unclear,
        None if scan::numbers(count).is_empty() && bare_name(count).is_none() => Outcome::Succeeded,
        None => return None,
    };
    if told.failures.is_some() {
        told.last_success = scan::moments(count).into_iter().next();
    }
    if told.failures.is_some()
        && let Some((next, text)) = page.next_open(here)
        && let Some(code) = scan::paired_code(text)
    {
        told.code = Some(code).filter(|code| *code != 0);
        told.outcome = Outcome::of_status(code);
        lines.push(next);
        here = next + 1;
        // Its message, where there is one.
        if let Some(message) = page.open(here).filter(|message| {
            !message.is_empty() && !message.contains(['\\', '=']) && text.ends_with([':', '：'])
        }) {
            message.clone_into(&mut told.words);
            lines.push(here);
            here += 1;
        }
    }
    told.lines = lines.into_iter().map(number).collect();
    Some((told, here))
}
