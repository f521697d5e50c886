//! The box of Active Directory Sites and Services that tells that "Replicate now" failed.

use epmesh_rpc::names;

use super::super::{
    messages,
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

/// The most lines that the text of a box is broken into.
const MAX_DIALOG: usize = 6;

/// The box in which Active Directory Sites and Services tells that "Replicate now" failed: `The following error
/// occurred during the attempt to synchronize naming context X from domain controller A to domain controller B:`
/// and the message of the error.
pub(super) fn read(page: &Page<'_>, at: usize, line: &str) -> Option<Told> {
    let lower = line.to_ascii_lowercase();
    lower.find("attempt to synchronize naming context ")?;
    let mut text = line.to_owned();
    let mut last = at;
    while last < at + MAX_DIALOG
        && messages::code(&text).is_none()
        && let Some((next, more)) = page.next_open(last + 1)
    {
        text.push(' ');
        text.push_str(more);
        last = next;
    }
    let code = messages::code(&text)?;
    let lower = text.to_ascii_lowercase();
    let named = |before: &str| {
        let start = lower.find(before)? + before.len();
        let end = |c: char| c.is_whitespace() || matches!(c, ':' | ',');
        let name = text.get(start..)?.split(end).next()?;
        // A document has a word in its place.
        Party::named(name).filter(|_| scan::is_host(name))
    };
    let (source, destination) =
        (named(" from domain controller ")?, named(" to domain controller ")?);
    let mut told = Told::new(Tool::Unknown, Vec::new());
    told.lines = (at..=last).filter(|at| page.open(*at) != Some("")).map(number).collect();
    told.code = Some(code);
    told.outcome = Outcome::Failed;
    (told.source, told.destination) = (Some(source), Some(destination));
    told.interface = names::find("drsuapi");
    told.words = text;
    Some(told)
}
