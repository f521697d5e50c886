//! Names with the compression of [RFC 1035] 4.1.4, in a blob instead of a DNS message.
//!
//! [RFC 1035]: https://www.rfc-editor.org/rfc/rfc1035

use std::collections::HashMap;

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader};

use crate::text::{self, MAX_NAME};

const MAX_LABEL: usize = 63;
const POINTER: u8 = 0xc0;

/// Reads the name at `at` and moves `at` behind it; `None` for the empty name.
///
/// Every pointer must lead to before the labels that led to it, so a name cannot loop.
pub(super) fn read_name(
    blob: &[u8],
    at: &mut usize,
    field: &'static str,
) -> Result<Option<String>, DecodeError> {
    let start = *at;
    let mut reader = Reader::starting_at(blob, start, ByteOrder::Little);
    let mut floor = start;
    let mut after = None;
    let mut name = Vec::new();
    loop {
        let offset = reader.offset();
        match reader.u8(field)? {
            0 => break,
            len if usize::from(len) <= MAX_LABEL => {
                if !name.is_empty() {
                    name.push(b'.');
                }
                name.extend(reader.bytes(field, len.into())?);
                DecodeError::bound(field, start, name.len(), MAX_NAME)?;
            }
            high if high & POINTER == POINTER => {
                let low = reader.u8(field)?;
                let target = usize::from(high & !POINTER) << 8 | usize::from(low);
                after.get_or_insert(reader.offset());
                if target >= floor {
                    return Err(DecodeError::Value {
                        field,
                        offset,
                        value: u64::from(u16::from_be_bytes([high, low])),
                        expected: "a pointer to an earlier name",
                    });
                }
                floor = target;
                reader = Reader::starting_at(blob, target, ByteOrder::Little);
            }
            value => {
                let expected = "a label of at most 63 octets or a pointer";
                return Err(DecodeError::Value { field, offset, value: value.into(), expected });
            }
        }
    }
    *at = after.unwrap_or(reader.offset());
    Ok(text::non_empty(text::from_utf8(&name, MAX_NAME)))
}

/// Appends names, referring to what was written before.
#[derive(Debug)]
pub(super) struct NameWriter {
    pub(super) out: Vec<u8>,
    seen: HashMap<String, u16>,
}

impl NameWriter {
    pub(super) fn new(out: Vec<u8>) -> Self {
        Self { out, seen: HashMap::new() }
    }

    pub(super) fn write(
        &mut self,
        field: &'static str,
        name: Option<&str>,
    ) -> Result<(), EncodeError> {
        let mut rest = name.unwrap_or_default();
        EncodeError::bound(field, rest.len(), MAX_NAME)?;
        while !rest.is_empty() {
            if let Some(offset) = self.seen.get(rest) {
                let [high, low] = offset.to_be_bytes();
                self.out.extend([high | POINTER, low]);
                return Ok(());
            }
            // A pointer holds 14 bits.
            if let Ok(offset @ 0..0x4000) = u16::try_from(self.out.len()) {
                self.seen.insert(rest.to_owned(), offset);
            }
            let (label, tail) = rest.split_once('.').unwrap_or((rest, ""));
            let len = match u8::try_from(label.len()) {
                Ok(len @ 1..=63) if !rest.ends_with('.') => len,
                _ => {
                    return Err(EncodeError::Unencodable {
                        field,
                        value: rest.chars().take(80).collect(),
                        reason: "a label has 1 to 63 octets",
                    });
                }
            };
            self.out.push(len);
            self.out.extend(label.as_bytes());
            rest = tail;
        }
        self.out.push(0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(blob: &[u8], at: usize) -> Result<(Option<String>, usize), DecodeError> {
        let mut at = at;
        read_name(blob, &mut at, "name").map(|name| (name, at))
    }

    #[test]
    fn names_refer_to_earlier_ones() {
        let mut writer = NameWriter::new(vec![0xee]);
        writer.write("name", Some("lab.test")).unwrap();
        writer.write("name", Some("dc1.lab.test")).unwrap();
        writer.write("name", None).unwrap();
        assert_eq!(writer.out, b"\xee\x03lab\x04test\0\x03dc1\xc0\x01\0");
        let blob = writer.out;
        assert_eq!(read(&blob, 1), Ok((Some("lab.test".to_owned()), 11)));
        assert_eq!(read(&blob, 11), Ok((Some("dc1.lab.test".to_owned()), 17)));
        assert_eq!(read(&blob, 17), Ok((None, 18)));
    }

    #[test]
    fn pointers_that_could_loop_are_refused() {
        let refused = [
            (&b"\xc0\x00"[..], 0),              // to itself
            (&b"\xc0\x02\xc0\x00"[..], 0),      // forward
            (&b"\x01a\xc0\x00"[..], 0),         // to its own first label
            (&b"\xc0\x02\x01a\xc0\x00"[..], 2), // over a detour back to itself
        ];
        for (blob, at) in refused {
            let error = read(blob, at).unwrap_err();
            assert!(matches!(error, DecodeError::Value { .. }), "{blob:?}: {error}");
        }
        assert!(read(b"\x41", 0).is_err());
        assert!(read(b"\x05ab", 0).is_err());
    }

    #[test]
    fn the_length_is_bounded_across_pointers() {
        // Each name is a label and a pointer to the one before.
        let mut blob = vec![0];
        let mut previous = 0u16;
        for _ in 0..8 {
            let at = u16::try_from(blob.len()).unwrap();
            blob.push(63);
            blob.extend([b'x'; 63]);
            blob.extend((0xc000 | previous).to_be_bytes());
            previous = at;
        }
        assert!(matches!(read(&blob, previous.into()), Err(DecodeError::TooLarge { .. })));
    }

    #[test]
    fn empty_and_long_labels_are_refused() {
        for name in ["a..b", ".a", "a.", &"x".repeat(64), &"x.".repeat(200)] {
            assert!(NameWriter::new(Vec::new()).write("name", Some(name)).is_err(), "{name}");
        }
    }
}
