//! The whole endpoint map, page after page.

use std::collections::{BTreeMap, btree_map};

use epmesh_codec::ByteOrder;

use super::{
    EPT_S_NOT_REGISTERED,
    endpoint::{Endpoint, EndpointKey, Entry},
    lookup::{LookupReply, LookupRequest},
};
use crate::{
    error::ProtocolError,
    limits::{MAX_PAGE_ENTRIES, MAX_STALE_PAGES, MAX_WALK_BYTES, MAX_WALK_ENTRIES, MAX_WALK_PAGES},
    ndr::ContextHandle,
    status::Status,
};

/// Is there another page to ask for?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Send [`Lookup::next_request`].
    More,
    /// [`Lookup::into_report`].
    Done,
}

/// Why a walk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupEnd {
    /// The server has no more: the report is the whole map.
    Complete,
    /// The mapper failed; the report is what came before.
    Failed(Status),
    /// A limit of this side was reached; the report is what came before.
    Capped {
        /// Which limit.
        what: &'static str,
        /// Its value.
        max: usize,
    },
    /// Page after page brought nothing new; the report is what came before.
    NoProgress,
    /// The caller stopped before the end.
    Unfinished,
}

/// The result of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupReport {
    /// Every endpoint once, in order.
    pub endpoints: Vec<Endpoint>,
    /// Entries whose tower is missing or means nothing.
    pub unparsed: Vec<Entry>,
    /// Entries received, duplicates included.
    pub entries: usize,
    /// Replies received.
    pub pages: usize,
    /// Why the walk ended.
    pub end: LookupEnd,
    /// Still open on the server: send [`handle_free_request`](super::handle_free_request).
    pub handle_to_free: Option<ContextHandle>,
}

/// A walk through the endpoint map. It ends at a null handle, a status other than 0 or a page
/// without entries, whichever comes first; entries count before the status.
#[derive(Debug)]
pub struct Lookup {
    page_size: u32,
    handle: ContextHandle,
    endpoints: BTreeMap<EndpointKey, Endpoint>,
    unparsed: Vec<Entry>,
    entries: usize,
    pages: usize,
    bytes: usize,
    stale: usize,
    end: Option<LookupEnd>,
}

impl Default for Lookup {
    fn default() -> Self {
        Self::with_page_size(MAX_PAGE_ENTRIES)
    }
}

impl Lookup {
    /// A walk in the largest pages, 500 entries each.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A walk in pages of this size, 1 to 500, forced into that range.
    #[must_use]
    pub fn with_page_size(page_size: u32) -> Self {
        Self {
            page_size: page_size.clamp(1, MAX_PAGE_ENTRIES),
            handle: ContextHandle::NULL,
            endpoints: BTreeMap::new(),
            unparsed: Vec::new(),
            entries: 0,
            pages: 0,
            bytes: 0,
            stale: 0,
            end: None,
        }
    }

    /// The stub of the next request, for [`opnum::LOOKUP`](super::opnum::LOOKUP); `None` when
    /// the walk has ended.
    #[must_use]
    pub fn next_request(&self) -> Option<Vec<u8>> {
        let more = self.end.is_none();
        more.then(|| LookupRequest::all(self.handle, self.page_size).encode())
    }

    /// Takes the reply to it.
    ///
    /// # Errors
    ///
    /// When the stub cannot be decoded; the walk then stays where it was.
    pub fn push_reply(&mut self, stub: &[u8], order: ByteOrder) -> Result<Progress, ProtocolError> {
        if self.end.is_some() {
            return Ok(Progress::Done);
        }
        let reply = LookupReply::decode(stub, order)
            .map_err(ProtocolError::decode("ept_lookup response"))?;
        let count = reply.entries.len();
        self.pages += 1;
        // A tower that many pointers share is sent once and kept many times.
        let towers = reply.entries.iter().filter_map(|entry| entry.tower.as_ref());
        self.bytes += stub.len() + towers.map(|tower| tower.as_bytes().len()).sum::<usize>();
        self.entries += count;
        self.handle = reply.handle;
        let new = reply.entries.into_iter().filter_map(|entry| self.take(entry)).count();
        self.stale = if new == 0 { self.stale + 1 } else { 0 };
        self.end = self.end_after(count, reply.status);
        Ok(if self.end.is_some() { Progress::Done } else { Progress::More })
    }

    /// The report on everything found so far.
    #[must_use]
    pub fn into_report(self) -> LookupReport {
        let open = !self.handle.is_null();
        LookupReport {
            endpoints: self.endpoints.into_values().collect(),
            unparsed: self.unparsed,
            entries: self.entries,
            pages: self.pages,
            end: self.end.unwrap_or(LookupEnd::Unfinished),
            handle_to_free: open.then_some(self.handle),
        }
    }

    /// `Some` when the entry brings something new.
    fn take(&mut self, entry: Entry) -> Option<()> {
        let Some(endpoint) = entry.endpoint() else {
            self.unparsed.push(entry);
            return Some(());
        };
        match self.endpoints.entry(endpoint.key()) {
            btree_map::Entry::Occupied(_) => None,
            btree_map::Entry::Vacant(place) => {
                place.insert(endpoint);
                Some(())
            }
        }
    }

    fn end_after(&self, count: usize, status: u32) -> Option<LookupEnd> {
        let capped = |what, value, max| (value >= max).then_some(LookupEnd::Capped { what, max });
        match status {
            0 if count == 0 || self.handle.is_null() => Some(LookupEnd::Complete),
            0 if self.stale >= MAX_STALE_PAGES => Some(LookupEnd::NoProgress),
            0 => capped("entries", self.entries, MAX_WALK_ENTRIES)
                .or_else(|| capped("pages", self.pages, MAX_WALK_PAGES))
                .or_else(|| capped("bytes", self.bytes, MAX_WALK_BYTES)),
            EPT_S_NOT_REGISTERED => Some(LookupEnd::Complete),
            code => Some(LookupEnd::Failed(Status::from_mapper(code))),
        }
    }
}
