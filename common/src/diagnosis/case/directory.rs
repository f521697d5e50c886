//! NTDS Settings objects of the source, in the destination's copy of the directory and in its own.

use epmesh_facts::{DnsName, NtdsSettings};
use uuid::Uuid;

use super::{super::culprit::Older, fresh_evidence::Case};

/// The older of the two objects: the destination's `known`, or the source's own, by the copy of the directory
/// on each.
pub(in crate::diagnosis) fn older(case: &Case<'_>, known: &NtdsSettings) -> Older {
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
    pub(in crate::diagnosis) fn destination_knows(&self, guid: Uuid) -> bool {
        let rows = self.destination_settings();
        rows.binary_search_by_key(&guid, |row| row.dsa_guid).is_ok()
            || rows.iter().any(|row| row.dsa_guid == guid)
    }

    /// The objectGUID that the destination's directory holds for the source, and its object: the
    /// newest, where there are several.
    pub(in crate::diagnosis) fn known_settings(&self) -> Option<&'a NtdsSettings> {
        let source = self.source();
        self.destination_settings()
            .iter()
            .filter(|row| row.host.as_ref() == Some(source))
            .max_by_key(|row| (row.created, row.dsa_guid))
    }

    /// Whether a witness is a domain controller by the directory: the destination's copy or the source's own has
    /// an NTDS Settings object of its name. Where neither copy was seen, nothing speaks against it.
    pub(in crate::diagnosis) fn is_vouched(&self, witness: &DnsName) -> bool {
        let own = self.source_directory().and_then(|held| held.settings.value());
        let copies = [self.destination_settings(), own.map_or(&[][..], Vec::as_slice)];
        let has = |rows: &[NtdsSettings]| rows.iter().any(|row| row.host.as_ref() == Some(witness));
        copies.iter().all(|rows| rows.is_empty()) || copies.into_iter().any(has)
    }

    /// The source's own NTDS Settings object, in its own fresh copy of the directory.
    pub(in crate::diagnosis) fn own_settings(&self) -> Option<&'a NtdsSettings> {
        let own = self.source_host?.fact.dsa_guid.value()?;
        let rows = self.source_directory()?.settings.value()?;
        rows.iter().find(|row| row.dsa_guid == *own)
    }
}
