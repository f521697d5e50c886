//! The origin of names and passwords, as copies of the directory tell it. It decides nothing: it explains a record
//! that was seen to be wrong.

use std::time::Duration;

use epmesh_facts::{
    DirectoryObjects, DnsName, DnsZone, Reading, RecordData, Stamped, StoredName, StoredRecord,
    Timestamp,
};

use super::fresh_evidence::Case;

/// Agents read these objects once an hour: what is older than three hours is told no more.
const TOLD_FOR: Duration = Duration::from_secs(3 * 3600);

/// A copy of the directory.
#[derive(Clone, Copy)]
pub(in crate::diagnosis) struct Copy<'a> {
    /// The domain controller whose copy it is.
    pub(in crate::diagnosis) witness: &'a DnsName,
    /// When it was read.
    pub(in crate::diagnosis) at: Timestamp,
    pub(in crate::diagnosis) objects: &'a DirectoryObjects,
}

/// A name in a zone of a copy of the directory.
#[derive(Clone, Copy)]
pub(in crate::diagnosis) struct Origin<'a> {
    pub(in crate::diagnosis) copy: Copy<'a>,
    pub(in crate::diagnosis) row: &'a StoredName,
}

impl<'a> Origin<'a> {
    /// The zone, with its settings.
    pub(in crate::diagnosis) fn zone(&self) -> Option<&'a DnsZone> {
        self.copy.objects.zone(&self.row.zone, &self.row.partition)
    }

    /// The record with this data, where the zone has it.
    pub(in crate::diagnosis) fn record(&self, data: &RecordData) -> Option<&'a StoredRecord> {
        self.row.records.value()?.iter().find(|record| record.data == *data)
    }

    /// Whether the name could be read.
    const fn is_read(&self) -> bool {
        !matches!(self.row.records, Reading::Unreadable(_))
    }
}

impl<'a> Case<'a> {
    /// The destination's copy of the directory, then the source's, as far as they told of these objects lately.
    pub(in crate::diagnosis) fn copies(&self) -> impl Iterator<Item = Copy<'a>> {
        let held = |witness: &'a DnsName, held: &'a Option<Stamped<DirectoryObjects>>| {
            let Stamped { at, fact } = held.as_ref()?;
            (at.apart(self.now) <= TOLD_FOR).then_some(Copy { witness, at: *at, objects: fact })
        };
        let destination = held(self.destination(), &self.evidence.destination.directory_objects);
        let source = held(self.source(), &self.evidence.source.directory_objects);
        destination.into_iter().chain(source)
    }

    /// The name in the zones of the first copy that tells of it; those that could not read it come last.
    pub(in crate::diagnosis) fn origins(&self, name: &DnsName) -> Vec<Origin<'a>> {
        let of_copy = |copy: Copy<'a>| -> Vec<Origin<'a>> {
            copy.objects.of_name(name).map(|row| Origin { copy, row }).collect()
        };
        let copies: Vec<Vec<Origin<'a>>> = self.copies().map(of_copy).collect();
        let read = copies.iter().find(|rows| rows.iter().any(Origin::is_read));
        read.or_else(|| copies.iter().find(|rows| !rows.is_empty())).cloned().unwrap_or_default()
    }

    /// The record of this name and data, where a copy of the directory has it.
    pub(in crate::diagnosis) fn stored(
        &self,
        name: &DnsName,
        data: &RecordData,
    ) -> Option<(Origin<'a>, &'a StoredRecord)> {
        let mut origins = self.origins(name).into_iter();
        origins.find_map(|origin| Some((origin, origin.record(data)?)))
    }
}

/// An age in words: whole hours up to two days, then whole days.
pub(in crate::diagnosis) fn age_in_words(age: Duration) -> String {
    let hours = age.as_secs() / 3600;
    match hours {
        0 => "less than an hour ago".to_owned(),
        1 => "an hour ago".to_owned(),
        2..48 => format!("{hours} hours ago"),
        _ => format!("{} days ago", hours / 24),
    }
}
