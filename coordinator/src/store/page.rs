//! A page of a scan, entry by entry.

use super::contract::{Page, Versioned};
use super::key::{Key, Prefix};
use super::limits::MAX_PAGE_BYTES;

/// The smallest bytes that a key in a page may have: beneath `prefix`, and behind `after`.
pub(super) fn first_key(prefix: &Prefix, after: Option<&Key>) -> Vec<u8> {
    let mut start = prefix.as_bytes().to_vec();
    if let Some(after) = after.map(Key::as_bytes).filter(|after| *after >= prefix.as_bytes()) {
        // The smallest key behind `after`.
        start = after.to_vec();
        start.push(0);
    }
    start
}

/// A page that is being filled.
#[derive(Debug)]
pub(super) struct PageBuilder {
    page: Page,
    bytes: usize,
    limit: usize,
}

impl PageBuilder {
    /// An empty page for at most `limit` entries.
    pub(super) fn new(limit: usize) -> Self {
        Self { page: Page::default(), bytes: 0, limit }
    }

    /// Whether another entry fits. Asked when there is another: if not, the page says where to go on.
    pub(super) fn has_room(&mut self) -> bool {
        let full = self.page.entries.len() >= self.limit || self.bytes >= MAX_PAGE_BYTES;
        if full {
            self.page.next = self.page.entries.last().map(|(key, _)| key.clone());
        }
        !full
    }

    /// Adds the next entry, in the order of keys.
    pub(super) fn push(&mut self, key: Key, value: Versioned) {
        self.bytes = self.bytes.saturating_add(value.value.len());
        self.page.entries.push((key, value));
    }

    /// The page.
    pub(super) fn finish(self) -> Page {
        self.page
    }
}
