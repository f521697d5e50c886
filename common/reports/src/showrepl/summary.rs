//! The end of a report: which sources the KCC cannot reach.
//!
//! ```text
//! Source: SITE\SERVER
//! ******* 12 CONSECUTIVE FAILURES since 2026-11-19 22:00:00
//! Last error: 1753 (0x6d9):
//!             There are no more endpoints available from the endpoint mapper.
//! ```

use epmesh_rpc::names;

use super::{
    super::{
        outcome::Outcome,
        page::{Page, number},
        scan,
        told::{Party, Told},
    },
    state::{MAX_DN, TOOL, bare_name},
};

/// Takes a source that fails; the line behind it.
pub(super) fn read(
    page: &mut Page<'_>,
    at: usize,
    line: &str,
    own: &Option<Party>,
) -> Option<usize> {
    let (_, value) = line.split_once([':', '：'])?;
    let mut lines = vec![at];
    let mut told = Told::new(TOOL, Vec::new());
    let mut here = at + 1;
    let mut name = value.trim();
    // `Naming Context: DC=contoso,DC=com`, where a link could not be made for one of them.
    if scan::is_dn(name) && scan::ntds_settings(name).is_none() {
        let (next, source) = page.next_open(here)?;
        told.naming_context = Some(name.chars().take(MAX_DN).collect());
        name = source.split_once([':', '：'])?.1.trim();
        lines.push(next);
        here = next + 1;
    }
    let (site, server) = bare_name(name)?;
    let (next, stars) = page.next_open(here)?;
    if !stars.starts_with("***") {
        return None;
    }
    stars.trim_matches(['*', ' ']).clone_into(&mut told.words);
    told.failures = scan::numbers(stars).first().and_then(|count| u64::try_from(count.value).ok());
    told.last_success = scan::moments(stars).into_iter().next();
    lines.push(next);
    here = next + 1;
    if let Some((next, text)) = page.next_open(here)
        && let Some(code) = scan::paired_code(text)
    {
        told.code = Some(code);
        lines.push(next);
        here = next + 1;
        if let Some((next, message)) = page.next_open(here)
            && !message.contains(['\\', '=', '*'])
            && scan::paired_code(message).is_none()
        {
            message.clone_into(&mut told.words);
            lines.push(next);
            here = next + 1;
        }
    }
    told.outcome = told.code.map_or(Outcome::Unclear, Outcome::of_status);
    told.lines = lines.into_iter().map(number).collect();
    told.destination.clone_from(own);
    told.source = Some(Party { name: Some(server), site, dsa_guid: None });
    told.interface = names::find("drsuapi");
    page.tell(told);
    Some(here)
}
