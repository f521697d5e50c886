//! Operators' questions about incidents, and what they say of them.

use std::time::Duration;

use epmesh_common::facts::Timestamp;

use super::{
    Acknowledgement, Entry, EntryKind, IncidentDocument, IncidentError, IncidentList, IncidentRow,
    Incidents, Record, Silence, Status,
    book::{IncidentBook, StoredIncident},
    record::shortened,
};
use crate::clock;

/// The most characters of a note or a reason that are kept.
const WORDS: usize = 400;

/// The most incidents that are named where a beginning is that of several; an error has to fit into a
/// header.
const NAMED: usize = 5;

impl Incidents {
    /// The open incidents, and with `all` those that are over; the worst first.
    pub async fn list(&self, all: bool) -> IncidentList {
        let now = clock::now();
        let book = self.book.lock().await;
        let records = book.incidents.values().map(|stored| &stored.record);
        let wanted = records.filter(|record| all || record.status != Status::Resolved);
        let mut incidents: Vec<IncidentRow> =
            wanted.map(|record| IncidentRow::of(record, now)).collect();
        drop(book);
        incidents.sort_by_key(IncidentRow::order);
        let (unexplained, seen) = self.fleet.read(|view| (view.unexplained(), view.link_counts()));
        IncidentList::new(incidents, &unexplained, seen)
    }

    /// One incident with all its details, by its name or the beginning of it.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub async fn get(&self, id: &str) -> Result<IncidentDocument, IncidentError> {
        let book = self.book.lock().await;
        let stored = find(&book, id)?;
        let now = clock::now();
        Ok(self.fleet.read(|view| IncidentDocument::whole(&stored.record, view, now)))
    }

    /// Reads every incident that is kept, in the order of ids.
    pub async fn read<R>(
        &self,
        read: impl FnOnce(&mut (dyn Iterator<Item = &Record> + Send)) -> R,
    ) -> R {
        let book = self.book.lock().await;
        read(&mut book.incidents.values().map(|stored| &stored.record))
    }

    /// Notes that an operator takes care of an open incident. Durable when this returns.
    ///
    /// # Errors
    /// When there is no such incident, it is not open, or it could not be written down.
    pub async fn acknowledge(
        &self,
        id: &str,
        by: &str,
        note: Option<&str>,
    ) -> Result<IncidentDocument, IncidentError> {
        self.acknowledge_at(id, by, note, clock::now()).await
    }

    /// As [`Incidents::acknowledge`], at `now`.
    ///
    /// # Errors
    /// As [`Incidents::acknowledge`].
    pub async fn acknowledge_at(
        &self,
        id: &str,
        by: &str,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<IncidentDocument, IncidentError> {
        self.change(id, now, |record| {
            is_open(record)?;
            let note = note.map(|note| shortened(note, WORDS));
            let text = note.clone().unwrap_or_default();
            record.acknowledged = Some(Acknowledgement { by: by.to_owned(), at: now, note });
            record.acknowledged_for = Some(record.what.fault.clone());
            record.enter(Entry {
                at: now,
                kind: EntryKind::Acknowledged,
                text,
                by: Some(by.to_owned()),
            });
            Ok(())
        })
        .await
    }

    /// Silences an incident for a while. An earlier silence is replaced. Durable when this returns.
    ///
    /// # Errors
    /// As [`Incidents::acknowledge`].
    pub async fn silence(
        &self,
        id: &str,
        by: &str,
        time: Duration,
        why: &str,
    ) -> Result<IncidentDocument, IncidentError> {
        self.silence_at(id, by, time, why, clock::now()).await
    }

    /// As [`Incidents::silence`], at `now`.
    ///
    /// # Errors
    /// As [`Incidents::acknowledge`].
    pub async fn silence_at(
        &self,
        id: &str,
        by: &str,
        time: Duration,
        why: &str,
        now: Timestamp,
    ) -> Result<IncidentDocument, IncidentError> {
        self.change(id, now, |record| {
            let (until, why) = (now.plus(time), shortened(why, WORDS));
            record.enter(Entry {
                at: now,
                kind: EntryKind::Silenced,
                text: format!("until {until}: {why}"),
                by: Some(by.to_owned()),
            });
            record.silence = Some(Silence { by: by.to_owned(), at: now, until, why });
            record.silenced_for = Some(record.what.fault.clone());
            Ok(())
        })
        .await
    }

    async fn change(
        &self,
        id: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Record) -> Result<(), IncidentError>,
    ) -> Result<IncidentDocument, IncidentError> {
        let mut book = self.book.lock().await;
        let mut next = find(&book, id)?.clone();
        if next.record.status == Status::Pending {
            return Err(IncidentError::NotOpen {
                id: next.record.id,
                why: format!(
                    "is pending: it is opened when it has lasted for {} s",
                    self.damping.open_after.as_secs()
                ),
            });
        }
        change(&mut next.record)?;
        self.save(&mut next, None, now).await?;
        let document = self.fleet.read(|view| IncidentDocument::whole(&next.record, view, now));
        book.put(next);
        Ok(document)
    }
}

fn is_open(record: &Record) -> Result<(), IncidentError> {
    if record.status == Status::Open {
        return Ok(());
    }
    let why = format!("is over and needs no care; `epmesh incident {}` says why", record.id);
    Err(IncidentError::NotOpen { id: record.id.clone(), why })
}

fn find<'a>(book: &'a IncidentBook, id: &str) -> Result<&'a StoredIncident, IncidentError> {
    let shown = || id.chars().take(40).collect::<String>();
    // A name copied out of a mail may be in capitals, or have a blank around it.
    let wanted = id.trim().to_ascii_lowercase();
    if wanted.is_empty() {
        return Err(IncidentError::Unknown(shown()));
    }
    let begin = |(known, _): &(&String, &StoredIncident)| known.starts_with(&wanted);
    let mut found = book.incidents.range(wanted.clone()..).take_while(begin);
    match (found.next(), found.next()) {
        (None, _) => Err(IncidentError::Unknown(shown())),
        (Some((known, stored)), Some(_)) if *known == wanted => Ok(stored),
        (Some(one), Some(other)) => {
            let first = [one, other].into_iter().chain(found.by_ref().take(NAMED - 2));
            let first: Vec<String> = first
                .map(|(known, stored)| format!("{known} ({})", stored.record.what.fault))
                .collect();
            let (of, mut first) = (first.len() + found.count(), first.join(", "));
            if of > NAMED {
                first.push_str(" and others");
            }
            Err(IncidentError::Ambiguous { id: shown(), of, first })
        }
        (Some((_, stored)), None) => Ok(stored),
    }
}
