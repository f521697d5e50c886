//! Incidents in the form in which they are stored.

use std::collections::BTreeSet;

use epmesh_common::diagnosis::Link;

use super::{
    Record, Status,
    packed::{PackedLinks, pack, unpack},
    record::{TEXT, shortened},
};

/// Bytes of links' names that are stored with an incident, so that a record fits into one value.
const STORED_LINKS: usize = 40 * 1024;

/// Bytes of texts of its timeline that are stored: in Cyrillic or Chinese a hundred notes are more.
const STORED_TIMELINE: usize = 24 * 1024;

/// Places that are stored.
const STORED_PLACES: usize = 64;

impl Record {
    /// The record as it is stored: as much of it as fits into one value.
    #[must_use]
    pub fn stored(&self) -> Self {
        let mut stored = self.clone();
        let room = STORED_LINKS;
        let (links, room) = pack(&std::mem::take(&mut stored.what.links), room);
        let (latent, room) = pack(&std::mem::take(&mut stored.what.latent), room);
        // What was still in trouble has to be seen again after a start.
        stored.unseen.append(&mut stored.left_in_trouble);
        let is_named: BTreeSet<&Link> = self.links().collect();
        stored.unseen.retain(|link| !is_named.contains(link));
        let unseen: Vec<Link> = std::mem::take(&mut stored.unseen).into_iter().collect();
        let (unseen, room) = pack(&unseen, room);
        let (shared, _) = pack(&std::mem::take(&mut stored.what.shared), room);
        stored.packed = PackedLinks { links, latent, unseen, shared };
        stored.shorten_timeline();
        stored.what.places.truncate(STORED_PLACES);
        stored.what.culprit.value = shortened(&stored.what.culprit.value, TEXT);
        stored.what.pattern.words = shortened(&stored.what.pattern.words, TEXT);
        stored
    }

    /// Leaves out entries after the first one, until the rest fits into a stored value.
    fn shorten_timeline(&mut self) {
        let mut left = STORED_TIMELINE;
        let entries = self.timeline.iter().skip(1).rev();
        let kept = entries.take_while(|entry| {
            // In JSON a character takes up to six bytes.
            let by = entry.by.as_deref().unwrap_or_default();
            let bytes: usize = [entry.text.as_str(), by].into_iter().flat_map(written).sum();
            left = left.saturating_sub(bytes + 100);
            left > 0
        });
        let kept = kept.count();
        let excess = self.timeline.len().saturating_sub(1 + kept);
        if excess > 0 {
            self.timeline.drain(1..=excess);
        }
        self.left_out = self.left_out.saturating_add(excess);
    }

    /// A record as it is after it was read from the store. Nothing is known of the present, and all its
    /// links have to be seen again before it is over.
    #[must_use]
    pub fn restored(mut self) -> Self {
        let PackedLinks { links, latent, unseen, shared } = std::mem::take(&mut self.packed);
        self.what.links.extend(unpack(links));
        self.what.latent.extend(unpack(latent));
        self.what.shared.extend(unpack(shared));
        self.unseen.extend(unpack(unseen));
        // Records of before do not say which fault operators spoke of: it was the one of then, as far as is known.
        let subject = &self.what.fault;
        if self.acknowledged.is_some() {
            self.acknowledged_for.get_or_insert_with(|| subject.clone());
        }
        if self.silence.is_some() {
            self.silenced_for.get_or_insert_with(|| subject.clone());
        }
        if self.status == Status::Open {
            let links: Vec<Link> = self.links().cloned().collect();
            self.unseen.extend(links);
        }
        self
    }
}

/// The bytes that each character of a text takes in JSON.
fn written(text: &str) -> impl Iterator<Item = usize> {
    text.chars().map(|c| match c {
        '"' | '\\' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    })
}
