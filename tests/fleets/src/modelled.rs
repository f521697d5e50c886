//! The verdicts at the end against the model of a Windows destination: of which links the two can be compared,
//! and in what they differ.

use epmesh_common::diagnosis::Verdict;

use super::{
    decidable::decides,
    fault::Fault,
    played::Played,
    windows_client::{Difference, differs, lives},
};

/// In larger fleets the links on which no fault bears are left out: there are thousands.
const LARGE: usize = 40;

/// In what the verdict on a link differs from the model; `None` in the outer place where they cannot be
/// compared: what came in does not show each fault that bears on the link, or the host of one end has been
/// away.
#[must_use]
pub(super) fn modelled(
    played: &Played,
    link: (usize, usize),
    verdict: &Verdict,
) -> Option<Option<Difference>> {
    let (to, from) = link;
    // What directories refuse each other over an open way, and what becomes of long answers, is not in the model.
    let world = &played.world;
    let is_refused = world.dcs[to].takes_no_changes.or(world.dcs[from].sends_no_changes).is_some();
    if is_refused || world.loses_large(to, from).is_some() || played.is_lie(link) {
        return None;
    }
    let bear = |fault: &&Fault| fault.touches(&played.world, to, from);
    let mut bearing = played.faults.iter().filter(bear).peekable();
    let is_free = bearing.peek().is_none();
    let is_away = played.restarts.iter().any(|(dc, _)| [to, from].contains(dc));
    let left_out = is_free && (played.world.dcs.len() > LARGE || is_away);
    if left_out || !bearing.all(|fault| !played.shows(fault, link) || decides(played, fault, link))
    {
        return None;
    }
    differs(&lives(&played.world, to, from), verdict)
}
