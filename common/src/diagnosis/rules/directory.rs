//! The destination's copy of the directory does not know the source as it is.

use epmesh_facts::Directory;

use super::{
    super::{
        case::{Case, Owner, effective, error_at, goes_on, name_sources, older, tried},
        cause::{Cause, Confidence, Side},
        culprit::{Culprit, Older, StaleSettings},
        name_source::Alias,
    },
    finding::Finding,
};

/// The finding where the destination's directory knows the source under a GUID that is not the source's: not
/// by its own word, or, where it says nothing, by that of the one that answers under its name.
pub(super) fn stale_settings(case: &Case<'_>) -> Option<Finding> {
    let stated = case.stated_guid();
    let own = stated.or_else(|| case.answered_guid())?;
    // An object that could not be read may be the source's own.
    let may_be_unread =
        || case.destination_directory().is_some_and(Directory::holds_unread_settings);
    if case.destination_knows(own) || may_be_unread() {
        return None;
    }
    let known = case.known_settings()?;
    let older = older(case, known);
    let sure = if older == Older::Destinations { Confidence::Proven } else { Confidence::Likely };
    // Another machine may answer by the name, unless others know the source under what it says too.
    let wanted = case.look.and_then(|look| look.seen.dsa_guid);
    let sure = if stated.is_some() || wanted == Some(own) { sure } else { Confidence::Possible };
    let finding = Finding::failing(Cause::NtdsSettingsStale, Side::Directory, error(case))
        .blames(Culprit::NtdsSettings(StaleSettings {
            source: case.source().clone(),
            server: known.server.clone(),
            destination: case.destination().clone(),
            known: (known.dsa_guid, known.created),
            own: (own, case.own_settings().and_then(|own| own.created)),
            older,
            is_stated: stated.is_some(),
        }))
        .sure(sure);
    Some(finding)
}

/// The error that the destination reports. The alias of the old object is gone as a rule (8524). Where it
/// still stands and leads to another host, or the host's own name does, which Windows tries next (event 2087), the
/// error is the one that asking that host gives: the first of its addresses that does not make it go on.
fn error(case: &Case<'_>) -> i64 {
    let name_sources = name_sources(case);
    let leads = |alias: &Alias| matches!(alias, Alias::Target(_)) || case.destination_falls_back();
    let by = effective(&name_sources).filter(|by| leads(by.alias));
    let all = by.map(|by| tried(&name_sources, by)).unwrap_or_default();
    let is_wrong = |address| matches!(case.owner(address), Owner::Other(_));
    let ends = all.iter().find(|mapped| !goes_on(&case.reach(mapped.address)));
    let led = ends.or_else(|| all.iter().find(|mapped| is_wrong(mapped.address)));
    let led = led.filter(|mapped| is_wrong(mapped.address));
    led.map_or(8524, |wrong| error_at(&case.reach(wrong.address)))
}

/// Whether the destination's copy of the directory was read, where the link depends on it: one whose
/// directory does not answer may know the source under any GUID, and so may an object that could not be
/// read.
pub(super) fn is_seen(case: &Case<'_>) -> bool {
    let is_read = |copy: &Directory| {
        let known = || case.source_guid().is_some_and(|own| case.destination_knows(own));
        copy.settings.value().is_some() && (!copy.holds_unread_settings() || known())
    };
    !case.is_replication()
        || case.is_between_forests()
        || case.destination_directory().is_some_and(is_read)
}
