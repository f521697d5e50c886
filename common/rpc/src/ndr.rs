//! The few NDR 2.0 constructs the endpoint mapper uses ([C706] chapter 14, [MS-RPCE] 2.2.1.2).
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use std::collections::{HashMap, hash_map::Entry};

use epmesh_codec::{DecodeError, EncodeError, Reader, Writer};
use uuid::Uuid;

use super::{
    limits::{MAX_ANNOTATION, MAX_PAGE_ENTRIES, MAX_TOWER_LEN},
    text::printable,
    tower::TowerBytes,
};

/// Bytes after the last parameter of a stub that count as padding.
pub(crate) const STUB_PADDING: usize = 7;

/// A context handle (`ndr_context_handle`): where a walk through the endpoint map stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ContextHandle {
    /// 0 by specification; kept as it came.
    pub attributes: u32,
    /// The server's name for the walk.
    pub uuid: Uuid,
}

impl ContextHandle {
    /// The handle that starts a walk, and that ends it.
    pub const NULL: Self = Self { attributes: 0, uuid: Uuid::nil() };

    /// No walk is open.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        self.uuid.is_nil()
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.align("entry_handle padding", 4)?;
        let attributes = reader.u32("entry_handle attributes")?;
        Ok(Self { attributes, uuid: reader.uuid("entry_handle")? })
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.align(4);
        out.u32(self.attributes);
        out.uuid(self.uuid);
    }
}

/// The sizes in front of a conformant varying array: maximum and actual count.
pub(crate) fn varying_counts(
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<(u32, u32), DecodeError> {
    let max = reader.u32(field)?;
    reader.ensure(max <= MAX_PAGE_ENTRIES, field, 4, max, "a maximum count of at most 500")?;
    let offset = reader.u32(field)?;
    reader.ensure(offset == 0, field, 4, offset, "offset 0")?;
    let actual = reader.u32(field)?;
    reader.ensure(actual <= max, field, 4, actual, "a count within the maximum count")?;
    Ok((max, actual))
}

/// `twr_t`: the octets of a tower behind their two lengths.
pub(crate) fn tower(reader: &mut Reader<'_>) -> Result<TowerBytes, DecodeError> {
    reader.align("tower padding", 4)?;
    let max = reader.u32("tower max_count")?;
    let length = reader.u32("tower_length")?;
    let fits = usize::try_from(length).is_ok_and(|length| length <= MAX_TOWER_LEN);
    reader.ensure(fits, "tower_length", 4, length, "at most 2000")?;
    reader.ensure(max == length, "tower_length", 4, length, "the maximum count before it")?;
    let octets = reader.bytes("tower", usize::try_from(length).unwrap_or(usize::MAX))?;
    Ok(TowerBytes::from_checked(octets))
}

pub(crate) fn put_tower(out: &mut Writer, tower: &TowerBytes) -> Result<(), EncodeError> {
    let octets = tower.as_bytes();
    out.align(4);
    out.count32("tower max_count", octets.len(), MAX_TOWER_LEN)?;
    out.count32("tower_length", octets.len(), MAX_TOWER_LEN)?;
    out.bytes(octets);
    Ok(())
}

/// `annotation`: a varying string without maximum count, at most 64 bytes with its NUL.
pub(crate) fn annotation(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let offset = reader.u32("annotation offset")?;
    reader.ensure(offset == 0, "annotation offset", 4, offset, "0")?;
    let length = reader.u32("annotation length")?;
    let fits = usize::try_from(length).is_ok_and(|length| length <= MAX_ANNOTATION);
    reader.ensure(fits, "annotation length", 4, length, "at most 64")?;
    let bytes = reader.bytes("annotation", usize::try_from(length).unwrap_or(usize::MAX))?;
    reader.align("annotation padding", 4)?;
    Ok(printable(bytes))
}

pub(crate) fn put_annotation(out: &mut Writer, text: &str) -> Result<(), EncodeError> {
    out.u32(0);
    out.count32("annotation length", text.len() + 1, MAX_ANNOTATION)?;
    out.bytes(text.as_bytes());
    out.u8(0);
    out.align(4);
    Ok(())
}

/// The towers behind an array of full pointers: two pointers of one value mean one tower (C706
/// 14.3.12.1), which is sent once, at the first of them.
#[derive(Debug, Default)]
pub(crate) struct TowerPointers(Vec<u32>);

impl TowerPointers {
    pub(crate) fn pointer(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        self.0.push(reader.u32("tower pointer")?);
        Ok(())
    }

    /// The towers, one per pointer, in their order; `None` for null pointers.
    pub(crate) fn towers(
        self,
        reader: &mut Reader<'_>,
    ) -> Result<Vec<Option<TowerBytes>>, DecodeError> {
        let mut seen: HashMap<u32, TowerBytes> = HashMap::new();
        let mut towers = Vec::new();
        for referent in self.0 {
            if referent == 0 {
                towers.push(None);
                continue;
            }
            towers.push(Some(match seen.entry(referent) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(place) => place.insert(tower(reader)?).clone(),
            }));
        }
        Ok(towers)
    }
}
