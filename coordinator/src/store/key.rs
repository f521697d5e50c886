//! Keys: an area and a path beneath it.

use std::fmt;

/// The longest key in bytes, the area's name and the separators included.
pub const MAX_KEY: usize = 512;

/// Separates the parts of an encoded key. The smallest byte, so that the order of encoded keys is
/// the order of their paths, part by part.
const SEPARATOR: u8 = 0;

/// The areas of the store.
///
/// An area is one of two kinds. *Rebuildable*: the agents can report it again, so it may be lost
/// when a database has to be given up. *Ledger*: nobody can report it again; it is kept twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Agents' statements about their own DC.
    Facts,
    /// Agents' observations of their peers.
    Observations,
    /// Past verdicts and changes.
    History,
    /// Which agent may speak for which DC.
    Enrolments,
    /// Join tokens.
    Tokens,
    /// Operators' acknowledgements and silences.
    Acknowledgements,
    /// The state of incidents that alerts were sent for.
    Alerts,
    /// Events on their way to webhook receivers.
    Outbox,
    /// The pieces of large records in rebuildable areas, see [`super::chunked`].
    Chunks,
    /// The pieces of large records in ledger areas.
    LedgerChunks,
}

impl Space {
    /// Every area, in no particular order.
    pub const ALL: [Self; 10] = [
        Self::Facts,
        Self::Observations,
        Self::History,
        Self::Enrolments,
        Self::Tokens,
        Self::Acknowledgements,
        Self::Alerts,
        Self::Outbox,
        Self::Chunks,
        Self::LedgerChunks,
    ];

    /// The name keys of this area begin with. Part of the stored format: never changed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Observations => "observations",
            Self::History => "history",
            Self::Enrolments => "enrolments",
            Self::Tokens => "tokens",
            Self::Acknowledgements => "acknowledgements",
            Self::Alerts => "alerts",
            Self::Outbox => "outbox",
            Self::Chunks => "chunks",
            Self::LedgerChunks => "ledger-chunks",
        }
    }

    /// Whether this area holds what no agent can report again.
    #[must_use]
    pub const fn is_ledger(self) -> bool {
        match self {
            Self::Facts | Self::Observations | Self::History | Self::Chunks => false,
            Self::Enrolments
            | Self::Tokens
            | Self::Acknowledgements
            | Self::Alerts
            | Self::Outbox
            | Self::LedgerChunks => true,
        }
    }

    fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|space| space.name().as_bytes() == name)
    }
}

/// The name of one stored value: an area and at least one path segment.
///
/// Segments are text without NUL, never empty. Keys are ordered by area name, then segment by
/// segment, bytewise. At most [`MAX_KEY`] bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    encoded: Vec<u8>,
    space: Space,
}

/// The keys beneath an area, or beneath a path in it.
///
/// A prefix covers the keys that continue it by at least one whole segment: `facts/dc1` covers
/// `facts/dc1/services`, neither `facts/dc1` itself nor `facts/dc10/services`.
#[derive(Clone, PartialEq, Eq)]
pub struct Prefix {
    encoded: Vec<u8>,
    space: Space,
}

/// Why a path is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key needs a segment besides its area.
    #[error("key in {space:?} has no segment")]
    NoSegment {
        /// The area.
        space: Space,
    },
    /// A segment is empty or contains NUL.
    #[error("key in {space:?}: segment {index} {segment:?} is empty or contains NUL")]
    Segment {
        /// The area.
        space: Space,
        /// Which segment, from 0.
        index: usize,
        /// Its text.
        segment: String,
    },
    /// The key is longer than [`MAX_KEY`].
    #[error("key in {space:?} has {length} bytes, the most is {MAX_KEY}")]
    TooLong {
        /// The area.
        space: Space,
        /// Bytes it would take.
        length: usize,
    },
    /// Stored bytes that no key encodes to.
    #[error("stored key of {length} bytes is not one of ours")]
    Foreign {
        /// Bytes it takes.
        length: usize,
    },
}

impl Key {
    /// The key at `segments` in `space`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when there is no segment, one is empty or has a NUL, or the key gets too long.
    pub fn new<S: AsRef<str>>(
        space: Space,
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Self, KeyError> {
        let encoded = encode(space, segments)?;
        if encoded.len() == space.name().len() {
            return Err(KeyError::NoSegment { space });
        }
        Ok(Self { encoded, space })
    }

    /// A segment for a number, such that segments of numbers are in the numbers' order.
    #[must_use]
    pub fn number(number: u64) -> String {
        format!("{number:016x}")
    }

    /// The area the key is in.
    #[must_use]
    pub fn space(&self) -> Space {
        self.space
    }

    /// The segments behind the area.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.encoded
            .split(|byte| *byte == SEPARATOR)
            .skip(1)
            // Keys are only made from text; the fallback is never taken.
            .map(|segment| str::from_utf8(segment).unwrap_or_default())
    }

    /// The key as an engine stores it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }

    /// A key from the bytes an engine stored.
    ///
    /// # Errors
    ///
    /// [`KeyError::Foreign`] when no key encodes to `bytes`; that includes an area this version
    /// does not know.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let foreign = || KeyError::Foreign { length: bytes.len() };
        if bytes.len() > MAX_KEY {
            return Err(foreign());
        }
        let mut parts = bytes.split(|byte| *byte == SEPARATOR);
        let space = parts.next().and_then(Space::from_name).ok_or_else(foreign)?;
        let mut segments = 0_usize;
        for part in parts {
            if part.is_empty() || str::from_utf8(part).is_err() {
                return Err(foreign());
            }
            segments += 1;
        }
        if segments == 0 {
            return Err(foreign());
        }
        Ok(Self { encoded: bytes.to_vec(), space })
    }
}

impl Prefix {
    /// The prefix of all keys in `space`.
    #[must_use]
    pub fn space(space: Space) -> Self {
        let mut encoded = space.name().as_bytes().to_vec();
        encoded.push(SEPARATOR);
        Self { encoded, space }
    }

    /// The prefix of all keys beneath `segments` in `space`.
    ///
    /// # Errors
    ///
    /// As [`Key::new`], except that no segments at all are fine.
    pub fn new<S: AsRef<str>>(
        space: Space,
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Self, KeyError> {
        let mut encoded = encode(space, segments)?;
        encoded.push(SEPARATOR);
        Ok(Self { encoded, space })
    }

    /// The area the prefix is in.
    #[must_use]
    pub fn area(&self) -> Space {
        self.space
    }

    /// Whether `key` is beneath this prefix.
    #[must_use]
    pub fn covers(&self, key: &Key) -> bool {
        key.encoded.starts_with(&self.encoded)
    }

    /// The bytes that the encoded form of every covered key begins with.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }
}

fn encode<S: AsRef<str>>(
    space: Space,
    segments: impl IntoIterator<Item = S>,
) -> Result<Vec<u8>, KeyError> {
    let mut encoded = space.name().as_bytes().to_vec();
    for (index, segment) in segments.into_iter().enumerate() {
        let segment = segment.as_ref();
        if segment.is_empty() || segment.bytes().any(|byte| byte == SEPARATOR) {
            let segment = segment.chars().take(64).collect();
            return Err(KeyError::Segment { space, index, segment });
        }
        encoded.push(SEPARATOR);
        encoded.extend_from_slice(segment.as_bytes());
        if encoded.len() > MAX_KEY {
            return Err(KeyError::TooLong { space, length: encoded.len() });
        }
    }
    Ok(encoded)
}

fn write_path(encoded: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = String::from_utf8_lossy(encoded);
    for (index, part) in text.split(char::from(SEPARATOR)).enumerate() {
        if index > 0 {
            f.write_str("/")?;
        }
        write!(f, "{}", part.escape_debug())?;
    }
    Ok(())
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_path(&self.encoded, f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_path(&self.encoded, f)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_path(&self.encoded, f)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_path(&self.encoded, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(segments: &[&str]) -> Key {
        Key::new(Space::Facts, segments).unwrap()
    }

    #[test]
    fn a_key_reads_back_from_its_bytes() {
        for space in Space::ALL {
            let key = Key::new(space, ["dc1.example.com", "sections/ü"]).unwrap();
            let read = Key::from_bytes(key.as_bytes()).unwrap();
            assert_eq!(read, key);
            assert_eq!(read.space(), space);
            assert_eq!(read.segments().collect::<Vec<_>>(), ["dc1.example.com", "sections/ü"]);
        }
    }

    #[test]
    fn order_is_by_segment_and_not_by_character() {
        // '-' sorts before '/', which is what a separator within the text would trip over.
        assert!(key(&["dc1", "z"]) < key(&["dc1-a", "a"]));
        assert!(key(&["dc1"]) < key(&["dc1", "a"]));
        assert!(key(&[&Key::number(9)]) < key(&[&Key::number(10)]));
    }

    #[test]
    fn a_prefix_ends_at_a_segment() {
        let prefix = Prefix::new(Space::Facts, ["dc1"]).unwrap();
        assert!(prefix.covers(&key(&["dc1", "services"])));
        assert!(!prefix.covers(&key(&["dc1"])));
        assert!(!prefix.covers(&key(&["dc10", "services"])));
        assert!(Prefix::space(Space::Facts).covers(&key(&["dc1"])));
        assert!(!Prefix::space(Space::History).covers(&key(&["dc1"])));
        assert_eq!(Prefix::new(Space::Facts, [""; 0]).unwrap(), Prefix::space(Space::Facts));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let none: [&str; 0] = [];
        assert_eq!(
            Key::new(Space::Outbox, none),
            Err(KeyError::NoSegment { space: Space::Outbox })
        );
        assert!(matches!(
            Key::new(Space::Facts, ["dc1", ""]),
            Err(KeyError::Segment { index: 1, .. })
        ));
        assert!(matches!(Key::new(Space::Facts, ["a\0b"]), Err(KeyError::Segment { .. })));
        let longest = "x".repeat(MAX_KEY - "facts".len() - 1);
        assert_eq!(key(&[&longest]).as_bytes().len(), MAX_KEY);
        assert!(matches!(
            Key::new(Space::Facts, [format!("{longest}x")]),
            Err(KeyError::TooLong { length: 513, .. })
        ));
        for bytes in
            [&b""[..], b"facts", b"facts\0", b"nothing\0a", b"facts\0a\0\0b", b"facts\0\xff"]
        {
            assert!(Key::from_bytes(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn keys_print_as_paths() {
        assert_eq!(key(&["dc1", "a\nb"]).to_string(), "facts/dc1/a\\nb");
    }
}
