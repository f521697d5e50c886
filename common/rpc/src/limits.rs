//! Limits of what the decoders accept. A peer that sends more is refused, never trusted with
//! memory.
//!
//! Specifications: [C706], [MS-RPCE].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

/// Bytes of the common header (C706 12.6.3.1).
pub const HEADER_LEN: usize = 16;

/// Bytes of the security trailer, without its token (C706 13.2.6.1, MS-RPCE 2.2.2.11).
pub const SEC_TRAILER_LEN: usize = 8;

/// The largest fragment that is sent, offered and accepted. Windows never agrees to more.
pub const MAX_FRAG: u16 = 5840;

/// The smallest maximum a server may agree to (`MustRecvFragSize`, C706 12.6.3.7).
pub const MUST_RECV_FRAG: u16 = 1432;

/// The largest call id (MS-RPCE product note 123).
pub const MAX_CALL_ID: u32 = 0x7fff_ffff;

/// Bytes that may wait, unread, in a [`Splitter`](super::Splitter).
pub const MAX_BUFFERED: usize = 256 * 1024;

/// Bytes of a stub put together from fragments. 346 endpoint map entries are 45 kB.
pub const MAX_REASSEMBLED: usize = 4 * 1024 * 1024;

/// Fragments of one stub: the byte limit alone would not stop a peer that sends empty ones.
pub const MAX_FRAGMENTS: usize = 8192;

/// Bytes of a tower (`range(0,2000)`, MS-RPCE 2.2.1.2.2).
pub const MAX_TOWER_LEN: usize = 2000;

/// Floors of a tower that is taken apart (MS-RPCE 3.1.3.5.3).
pub const MAX_FLOORS: u16 = 6;

/// Entries or towers of one reply (`range(0,500)`, MS-RPCE 2.2.1.2.4 and 2.2.1.2.5).
pub const MAX_PAGE_ENTRIES: u32 = 500;

/// Bytes of an annotation with its NUL (`ept_max_annotation_size`, C706 appendix O).
pub const MAX_ANNOTATION: usize = 64;

/// Entries of one whole walk through an endpoint map.
pub const MAX_WALK_ENTRIES: usize = 20_000;

/// Replies of one whole walk through an endpoint map.
pub const MAX_WALK_PAGES: usize = 1000;

/// Stub and tower bytes of one whole walk: what a walk may cost in memory.
pub const MAX_WALK_BYTES: usize = 8 * 1024 * 1024;

/// Replies in a row that bring nothing new before a walk is given up.
pub const MAX_STALE_PAGES: usize = 16;
