//! `ept_lookup`: one page of the endpoint map ([MS-RPCE] 2.2.1.2.4).
//!
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader, Writer};
use uuid::Uuid;

use super::endpoint::Entry;
use crate::{
    InterfaceId,
    limits::MAX_PAGE_ENTRIES,
    ndr::{self, ContextHandle, STUB_PADDING, TowerPointers},
};

/// The inquiry type by which a lookup selects (MS-RPCE 2.2.1.2.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Inquiry {
    /// All entries.
    #[default]
    All = 0,
    /// One interface.
    Interface = 1,
    /// One object.
    Object = 2,
    /// One interface and one object.
    Both = 3,
}

/// The ways in which a lookup compares interface versions (MS-RPCE 2.2.1.2.4).
pub mod version_option {
    /// Any version.
    pub const ALL: u32 = 1;
    /// Versions with the same major and the same or a higher minor number.
    pub const COMPATIBLE: u32 = 2;
    /// Exactly this version.
    pub const EXACT: u32 = 3;
    /// Versions with the same major number.
    pub const MAJOR_ONLY: u32 = 4;
    /// This version or a lower one.
    pub const UP_TO: u32 = 5;
}

/// The parameters of `ept_lookup` (MS-RPCE 2.2.1.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupRequest {
    /// What to select by.
    pub inquiry: Inquiry,
    /// The object, where that is selected by.
    pub object: Option<Uuid>,
    /// The interface, where that is selected by.
    pub interface: Option<InterfaceId>,
    /// The comparison of versions, one of [`version_option`].
    pub version_option: u32,
    /// [`ContextHandle::NULL`] for the first page, then what the page before returned.
    pub handle: ContextHandle,
    /// Entries wanted, at most 500.
    pub max_entries: u32,
}

impl LookupRequest {
    /// A page of everything.
    #[must_use]
    pub const fn all(handle: ContextHandle, max_entries: u32) -> Self {
        Self {
            inquiry: Inquiry::All,
            object: None,
            interface: None,
            version_option: version_option::ALL,
            handle,
            max_entries,
        }
    }

    /// The stub of the request.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new(ByteOrder::Little);
        out.u32(self.inquiry as u32);
        // Referents 1 and 2 in this order: Windows 2003 refuses arbitrary ones.
        match self.object {
            Some(object) => {
                out.u32(1);
                out.uuid(object);
            }
            None => out.u32(0),
        }
        match self.interface {
            Some(interface) => {
                out.u32(2);
                out.uuid(interface.uuid);
                out.u16(interface.major);
                out.u16(interface.minor);
            }
            None => out.u32(0),
        }
        out.u32(self.version_option);
        self.handle.encode(&mut out);
        out.u32(self.max_entries);
        out.into_bytes()
    }

    /// The request in a stub, on the server's side. Like Windows, an unknown inquiry type counts
    /// as [`Inquiry::All`].
    ///
    /// # Errors
    ///
    /// When the stub is not exactly the parameters, or more than 500 entries are asked for: a
    /// server answers that with fault 0x6f7.
    pub fn decode(stub: &[u8], order: ByteOrder) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(stub, order);
        let inquiry = match reader.u32("inquiry_type")? {
            1 => Inquiry::Interface,
            2 => Inquiry::Object,
            3 => Inquiry::Both,
            _ => Inquiry::All,
        };
        let object = match reader.u32("object pointer")? {
            0 => None,
            _ => Some(reader.uuid("object")?),
        };
        let interface = match reader.u32("Ifid pointer")? {
            0 => None,
            _ => {
                let uuid = reader.uuid("Ifid")?;
                let major = reader.u16("Ifid major")?;
                Some(InterfaceId::new(uuid, major, reader.u16("Ifid minor")?))
            }
        };
        let version_option = reader.u32("vers_option")?;
        let handle = ContextHandle::decode(&mut reader)?;
        let max_entries = reader.u32("max_ents")?;
        let fits = max_entries <= MAX_PAGE_ENTRIES;
        reader.ensure(fits, "max_ents", 4, max_entries, "at most 500")?;
        reader.finish("ept_lookup request", STUB_PADDING)?;
        Ok(Self { inquiry, object, interface, version_option, handle, max_entries })
    }
}

/// The results of `ept_lookup` (MS-RPCE 2.2.1.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupReply {
    /// Where the walk stands; null at its end.
    pub handle: ContextHandle,
    /// The entries that were asked for at most.
    pub max_entries: u32,
    /// The page. It counts even when `status` is not 0: Samba's file server sends the last page
    /// together with [`EPT_S_NOT_REGISTERED`](super::EPT_S_NOT_REGISTERED).
    pub entries: Vec<Entry>,
    /// 0, or why there is nothing more.
    pub status: u32,
}

impl LookupReply {
    /// The stub of the response, on the server's side.
    ///
    /// # Errors
    ///
    /// When there are more than 500 entries or an annotation is longer than 63 bytes.
    pub fn encode(&self, order: ByteOrder) -> Result<Vec<u8>, EncodeError> {
        let limit = usize::try_from(MAX_PAGE_ENTRIES).unwrap_or(usize::MAX);
        let mut out = Writer::new(order);
        self.handle.encode(&mut out);
        out.count32("num_ents", self.entries.len(), limit)?;
        out.u32(self.max_entries);
        out.u32(0);
        out.count32("entries actual count", self.entries.len(), limit)?;
        let mut referent = 0;
        for entry in &self.entries {
            out.uuid(entry.object);
            if entry.tower.is_some() {
                referent += 1;
            }
            out.u32(if entry.tower.is_some() { referent } else { 0 });
            ndr::put_annotation(&mut out, &entry.annotation)?;
        }
        for tower in self.entries.iter().filter_map(|entry| entry.tower.as_ref()) {
            ndr::put_tower(&mut out, tower)?;
        }
        out.align(4);
        out.u32(self.status);
        Ok(out.into_bytes())
    }

    /// The reply in a stub.
    ///
    /// # Errors
    ///
    /// When the stub is not exactly the results. A tower that makes no sense is no error here,
    /// see [`Entry::endpoint`].
    pub fn decode(stub: &[u8], order: ByteOrder) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(stub, order);
        let handle = ContextHandle::decode(&mut reader)?;
        let count = reader.u32("num_ents")?;
        let (max_entries, actual) = ndr::varying_counts(&mut reader, "entries")?;
        reader.ensure(count == actual, "entries", 4, actual, "num_ents")?;
        let mut heads = Vec::new();
        let mut pointers = TowerPointers::default();
        for _ in 0..actual {
            let object = reader.uuid("object")?;
            pointers.pointer(&mut reader)?;
            heads.push((object, ndr::annotation(&mut reader)?));
        }
        let towers = pointers.towers(&mut reader)?;
        let entries = heads.into_iter().zip(towers);
        let entries =
            entries.map(|((object, annotation), tower)| Entry { object, tower, annotation });
        let entries = entries.collect();
        reader.align("status padding", 4)?;
        let status = reader.u32("status")?;
        reader.finish("ept_lookup response", STUB_PADDING)?;
        Ok(Self { handle, max_entries, entries, status })
    }
}
