//! What the destination's copy of the directory says of the source.

use epmesh_facts::{Directory, NtdsSettings, Timestamp};
use uuid::Uuid;

use super::{
    Cause, Confidence, Side,
    case::Case,
    decide::error_at,
    finding::Finding,
    naming::{Alias, effective, views},
    works::{destination_site, source_site},
};

/// Which of the two NTDS Settings objects is the older one: the destination's, or the source's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Older {
    /// As it is after the source was promoted again.
    Destinations,
    /// The source runs on an object that has been replaced since.
    Sources,
    /// The creation time of one of them was not seen.
    NotKnown,
}

impl Case<'_> {
    /// Whether the destination replicates from others and not from the source, which is in another
    /// site. One that says that it replicates from nobody may not have begun.
    pub(super) fn has_no_connection(&self) -> bool {
        let rows = self.destination_replication().and_then(|held| held.neighbours.value());
        let rows = rows.map(Vec::as_slice).unwrap_or_default();
        let sites = (destination_site(self), source_site(self));
        let apart = matches!(sites, (Some(here), Some(there)) if here != there);
        let is_source = |guid: Uuid| rows.iter().any(|row| row.source == guid);
        let others_only = self.source_guid().is_some_and(|guid| !is_source(guid));
        self.is_replication() && !rows.is_empty() && apart && others_only
    }
}

impl Case<'_> {
    /// Whether the link is replication from one of which nothing says that it is in the destination's forest:
    /// it has said nothing itself, and the destination's directory, which was read, has no such server.
    pub(super) fn may_be_of_another_forest(&self) -> bool {
        let stated = self.evidence.source.host.as_ref();
        let is_silent = stated.is_none_or(|host| host.fact.forest.value().is_none());
        let is_read =
            |copy: &Directory| copy.settings.value().is_some() && !copy.holds_unread_settings();
        self.is_replication()
            && is_silent
            && self.destination_directory().is_some_and(is_read)
            && self.known_settings().is_none()
            && !self.answered_guid().is_some_and(|guid| self.destination_knows(guid))
    }
}

/// The destination's directory knows the source under a GUID that is not the source's: not by its own
/// word, or, where it says nothing, by that of the one that answers under its name.
pub(super) fn stale_settings(case: &Case<'_>) -> Option<Finding> {
    let stated = case.stated_guid();
    let own = stated.or_else(|| case.answered_guid())?;
    // One that could not be read may be the source's own.
    let may_be_unread =
        || case.destination_directory().is_some_and(Directory::holds_unread_settings);
    if case.destination_knows(own) || may_be_unread() {
        return None;
    }
    let known = case.known_settings()?;
    let when = |at: Option<Timestamp>| {
        at.map_or("created at a time not seen".to_owned(), |at| format!("created {at}"))
    };
    let (word, sure) = match older(case, known) {
        Older::Destinations => ("the older of the two", Confidence::Proven),
        Older::Sources => (
            "the newer of the two: the source itself runs on one that was replaced",
            Confidence::Likely,
        ),
        Older::NotKnown => ("which is the newer was not seen", Confidence::Likely),
    };
    // Another machine may answer by the name, unless others know the source under what it says too.
    let wanted = case.look.and_then(|look| look.seen.dsa_guid);
    let sure = if stated.is_some() || wanted == Some(own) { sure } else { Confidence::Possible };
    let whose =
        if stated.is_some() { "the source's own" } else { "the one who answers by its name" };
    Some(
        Finding::failing(Cause::NtdsSettingsStale, Side::Directory, error(case))
            .culprit(
                "ntds-settings",
                format!(
                    "NTDS Settings of {} in the directory of {}",
                    known.server,
                    case.destination()
                ),
                format!(
                    "objectGUID {}, {}, {word}; {whose} is {own}, {}",
                    known.dsa_guid,
                    when(known.created),
                    when(case.own_settings().and_then(|own| own.created)),
                ),
            )
            .sure(sure),
    )
}

/// What the destination reports: the alias of the old object is gone as a rule (8524), and where it still
/// stands and leads to another host, what comes of asking that one.
fn error(case: &Case<'_>) -> i64 {
    let views = views(case);
    let alias = effective(&views).filter(|view| matches!(view.alias, Alias::Target(_)));
    let led = alias.and_then(|view| view.wrong(case).next());
    led.map_or(8524, |(address, ..)| error_at(&case.path(address)))
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

/// Which of the two is the older: the destination's `known`, or the source's own, by the copy of the
/// directory on each.
pub(super) fn older(case: &Case<'_>, known: &NtdsSettings) -> Older {
    match (known.created, case.own_settings().and_then(|own| own.created)) {
        (Some(theirs), Some(own)) if theirs < own => Older::Destinations,
        (Some(theirs), Some(own)) if theirs > own => Older::Sources,
        _ => Older::NotKnown,
    }
}

impl<'a> Case<'a> {
    /// Every NTDS Settings object in the destination's fresh copy of the directory.
    fn destination_settings(&self) -> &'a [NtdsSettings] {
        let rows = self.destination_directory().and_then(|held| held.settings.value());
        rows.map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether it has one with this objectGUID. Asked for every link, of what may be thousands; they are
    /// in order, unless an agent says otherwise.
    pub(super) fn destination_knows(&self, guid: Uuid) -> bool {
        let rows = self.destination_settings();
        rows.binary_search_by_key(&guid, |row| row.dsa_guid).is_ok()
            || rows.iter().any(|row| row.dsa_guid == guid)
    }

    /// The objectGUID that the destination's directory holds for the source, and its object: the
    /// newest, where there are several.
    pub(super) fn known_settings(&self) -> Option<&'a NtdsSettings> {
        let source = self.source();
        self.destination_settings()
            .iter()
            .filter(|row| row.host.as_ref() == Some(source))
            .max_by_key(|row| (row.created, row.dsa_guid))
    }

    /// The source's own NTDS Settings object, in its own fresh copy of the directory.
    fn own_settings(&self) -> Option<&'a NtdsSettings> {
        let own = self.source_host?.fact.dsa_guid.value()?;
        let rows = self.source_directory()?.settings.value()?;
        rows.iter().find(|row| row.dsa_guid == *own)
    }
}
