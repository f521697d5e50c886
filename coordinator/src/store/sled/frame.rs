//! The records of the journal as bytes.
//!
//! A frame is a length (u32), a CRC-32 of the payload (u32; ISO-HDLC, the one of zip and Ethernet), and
//! the payload; all numbers are little-endian. What follows the last whole frame of a file is what a crash cut short.

use crate::store::key::Key;
use crate::store::limits::{MAX_OPERATIONS, MAX_TRANSACTION, MAX_VALUE};

/// Bytes in front of a frame's payload.
const HEADER: usize = 8;

/// The longest payload: a transaction of the largest size with the fields around its parts.
const MAX_PAYLOAD: usize = MAX_TRANSACTION + MAX_OPERATIONS * 16 + 64;

const KIND_BASE: u8 = 1;
const KIND_ENTRY: u8 = 2;
const KIND_TRANSACTION: u8 = 3;

/// `len` of a removal's value.
const REMOVED: u32 = u32::MAX;

/// A record of the journal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The first of a file: the revision the database had, flushed, when the file was made.
    Base {
        /// That revision.
        revision: u64,
    },
    /// An entry of a ledger area as it was when the file was made.
    Entry {
        /// The revision that wrote it.
        revision: u64,
        /// Its key.
        key: Key,
        /// Its value.
        value: Vec<u8>,
    },
    /// A transaction committed since.
    Transaction {
        /// Its revision.
        revision: u64,
        /// Its writes; no value is a removal.
        writes: Vec<(Key, Option<Vec<u8>>)>,
    },
}

/// Appends a frame that says from which revision on a file counts.
pub(super) fn put_base(out: &mut Vec<u8>, revision: u64) {
    put(out, KIND_BASE, revision, std::iter::empty());
}

/// Appends a frame for an entry that is there already.
pub(super) fn put_entry(out: &mut Vec<u8>, revision: u64, key: &Key, value: &[u8]) {
    put(out, KIND_ENTRY, revision, std::iter::once((key, Some(value))));
}

/// Appends a frame for a transaction.
pub(super) fn put_transaction<'a>(
    out: &mut Vec<u8>,
    revision: u64,
    writes: impl Iterator<Item = (&'a Key, Option<&'a [u8]>)>,
) {
    put(out, KIND_TRANSACTION, revision, writes);
}

fn put<'a>(
    out: &mut Vec<u8>,
    kind: u8,
    revision: u64,
    writes: impl Iterator<Item = (&'a Key, Option<&'a [u8]>)>,
) {
    let mut payload = vec![kind];
    payload.extend_from_slice(&revision.to_le_bytes());
    for (key, value) in writes {
        // Both lengths are bounded far below u32::MAX by `Key` and `Transaction::check`.
        payload.extend_from_slice(&(key.as_bytes().len() as u32).to_le_bytes());
        payload.extend_from_slice(key.as_bytes());
        payload.extend_from_slice(&value.map_or(REMOVED, |value| value.len() as u32).to_le_bytes());
        payload.extend_from_slice(value.unwrap_or_default());
    }
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    out.extend_from_slice(&payload);
}

/// The bytes found where a frame should begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A whole frame, and how many bytes it takes.
    Frame(Frame, usize),
    /// The end.
    End,
    /// The beginning of a frame that was never finished: what a crash while writing leaves.
    Torn,
    /// Bytes that no writing of ours explains.
    Damaged,
}

/// Reads the frame at the beginning of `bytes`.
pub(super) fn take(bytes: &[u8]) -> Found {
    if bytes.is_empty() {
        return Found::End;
    }
    // After loss of power a file can have its new length and not yet its bytes.
    if bytes.iter().all(|byte| *byte == 0) {
        return Found::Torn;
    }
    let Some((header, rest)) = bytes.split_at_checked(HEADER) else { return Found::Torn };
    let mut header = Reader(header);
    let (Some(length), Some(sum)) = (header.u32(), header.u32()) else { return Found::Torn };
    let length = length as usize;
    if length > MAX_PAYLOAD {
        return Found::Damaged;
    }
    let Some((payload, behind)) = rest.split_at_checked(length) else { return Found::Torn };
    if crc32fast::hash(payload) != sum {
        // The last one may be torn in its middle: blocks reach the disk in any order.
        return if behind.is_empty() { Found::Torn } else { Found::Damaged };
    }
    parse(payload).map_or(Found::Damaged, |frame| Found::Frame(frame, HEADER + length))
}

fn parse(payload: &[u8]) -> Option<Frame> {
    let (kind, rest) = payload.split_first()?;
    let mut reader = Reader(rest);
    let revision = reader.u64()?;
    let mut writes = Vec::new();
    while !reader.0.is_empty() {
        let length = reader.u32()? as usize;
        let key = Key::from_bytes(reader.bytes(length)?).ok()?;
        let value = match reader.u32()? {
            REMOVED => None,
            length if length as usize <= MAX_VALUE => Some(reader.bytes(length as usize)?.to_vec()),
            _ => return None,
        };
        writes.push((key, value));
    }
    match *kind {
        KIND_BASE if writes.is_empty() => Some(Frame::Base { revision }),
        KIND_ENTRY => match (writes.pop(), writes.is_empty()) {
            (Some((key, Some(value))), true) => Some(Frame::Entry { revision, key, value }),
            _ => None,
        },
        KIND_TRANSACTION => Some(Frame::Transaction { revision, writes }),
        _ => None,
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.bytes(8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Space;

    fn sample() -> (Vec<u8>, Vec<Frame>) {
        let key = Key::new(Space::Tokens, ["a"]).unwrap();
        let other = Key::new(Space::Facts, ["b", "c"]).unwrap();
        let mut bytes = Vec::new();
        put_base(&mut bytes, 7);
        put_entry(&mut bytes, 3, &key, b"value");
        put_transaction(&mut bytes, 8, [(&key, None), (&other, Some(&b""[..]))].into_iter());
        let frames = vec![
            Frame::Base { revision: 7 },
            Frame::Entry { revision: 3, key: key.clone(), value: b"value".to_vec() },
            Frame::Transaction { revision: 8, writes: vec![(key, None), (other, Some(vec![]))] },
        ];
        (bytes, frames)
    }

    fn read_all(mut bytes: &[u8]) -> (Vec<Frame>, Found) {
        let mut frames = Vec::new();
        loop {
            match take(bytes) {
                Found::Frame(frame, length) => {
                    frames.push(frame);
                    bytes = &bytes[length..];
                }
                end => return (frames, end),
            }
        }
    }

    #[test]
    fn a_frame_of_a_stored_journal_is_read() {
        // "Base" at revision 7, as every build before wrote it.
        let stored = [
            0x09, 0x00, 0x00, 0x00, 0xf4, 0x09, 0xb7, 0xfb, 0x01, 0x07, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00,
        ];
        assert_eq!(take(&stored), Found::Frame(Frame::Base { revision: 7 }, stored.len()));
        let mut written = Vec::new();
        put_base(&mut written, 7);
        assert_eq!(written, stored);
    }

    #[test]
    fn frames_read_back() {
        let (bytes, frames) = sample();
        assert_eq!(read_all(&bytes), (frames, Found::End));
    }

    #[test]
    fn a_file_cut_anywhere_is_torn_and_keeps_what_is_whole() {
        let (bytes, frames) = sample();
        let mut ends = vec![0];
        while let Found::Frame(_, length) = take(&bytes[*ends.last().unwrap()..]) {
            ends.push(ends.last().unwrap() + length);
        }
        for cut in 0..bytes.len() {
            let (read, end) = read_all(&bytes[..cut]);
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            assert_eq!(read, frames[..whole], "cut at {cut}");
            assert_eq!(end == Found::End, ends.contains(&cut), "cut at {cut}: {end:?}");
            assert_ne!(end, Found::Damaged, "cut at {cut}");
        }
    }

    #[test]
    fn no_changed_bit_goes_unnoticed() {
        let (bytes, frames) = sample();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let (read, end) = read_all(&changed);
                assert!(frames.starts_with(&read), "byte {at} bit {bit}");
                assert_ne!(end, Found::End, "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn zeros_behind_the_last_frame_are_a_torn_tail() {
        let (mut bytes, frames) = sample();
        bytes.extend_from_slice(&[0; 4096]);
        assert_eq!(read_all(&bytes), (frames, Found::Torn));
    }
}
