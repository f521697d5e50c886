//! `ept_map`: the endpoints of one interface ([MS-RPCE] 2.2.1.2.5).
//!
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader, Writer};
use uuid::Uuid;

use super::EPT_S_NOT_REGISTERED;
use crate::{
    InterfaceId,
    binding::{Binding, ProtocolSequence},
    limits::MAX_PAGE_ENTRIES,
    ndr::{self, ContextHandle, STUB_PADDING, TowerPointers},
    status::Status,
    tower::{Tower, TowerBytes},
};

/// Towers asked for: one interface may listen on several ports, and the map may hold stale ones.
const MAX_TOWERS: u32 = 4;

/// The stub that asks where `interface` is reached by `sequence`: [`opnum::MAP`](super::opnum).
///
/// # Errors
///
/// When the sequence is not one of the five known ones.
pub fn map_request(
    interface: InterfaceId,
    sequence: &ProtocolSequence,
) -> Result<Vec<u8>, EncodeError> {
    let request = MapRequest {
        object: Some(Uuid::nil()),
        tower: Some(Tower::request(interface, sequence)?.encode()?),
        handle: ContextHandle::NULL,
        max_towers: MAX_TOWERS,
    };
    request.encode()
}

/// The answer to [`map_request`].
///
/// # Errors
///
/// As [`MapReply::decode`].
pub fn decode_map_response(stub: &[u8], order: ByteOrder) -> Result<MapReply, DecodeError> {
    MapReply::decode(stub, order)
}

/// The parameters of `ept_map` (MS-RPCE 2.2.1.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapRequest {
    /// The object; a null pointer and the nil UUID both mean none.
    pub object: Option<Uuid>,
    /// What is looked for; servers do not look at its addresses.
    pub tower: Option<TowerBytes>,
    /// [`ContextHandle::NULL`] in the first call.
    pub handle: ContextHandle,
    /// Towers wanted, at most 500.
    pub max_towers: u32,
}

impl MapRequest {
    /// The stub of the request.
    ///
    /// # Errors
    ///
    /// None for a tower that exists: its length is checked where it is made.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Writer::new(ByteOrder::Little);
        match self.object {
            Some(object) => {
                out.u32(1);
                out.uuid(object);
            }
            None => out.u32(0),
        }
        match &self.tower {
            Some(tower) => {
                out.u32(2);
                ndr::put_tower(&mut out, tower)?;
            }
            None => out.u32(0),
        }
        self.handle.encode(&mut out);
        out.u32(self.max_towers);
        Ok(out.into_bytes())
    }

    /// The request in a stub, on the server's side.
    ///
    /// # Errors
    ///
    /// When the stub is not exactly the parameters, or more than 500 towers are asked for: a
    /// server answers that with fault 0x6f7.
    pub fn decode(stub: &[u8], order: ByteOrder) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(stub, order);
        let object = match reader.u32("obj pointer")? {
            0 => None,
            _ => Some(reader.uuid("obj")?),
        };
        let tower = match reader.u32("map_tower pointer")? {
            0 => None,
            _ => Some(ndr::tower(&mut reader)?),
        };
        let handle = ContextHandle::decode(&mut reader)?;
        let max_towers = reader.u32("max_towers")?;
        let fits = max_towers <= MAX_PAGE_ENTRIES;
        reader.ensure(fits, "max_towers", 4, max_towers, "at most 500")?;
        reader.finish("ept_map request", STUB_PADDING)?;
        Ok(Self { object, tower, handle, max_towers })
    }
}

/// The results of `ept_map` (MS-RPCE 2.2.1.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapReply {
    /// Not null when the server has more; free it then.
    pub handle: ContextHandle,
    /// The towers that were asked for at most.
    pub max_towers: u32,
    /// Null pointers are left out.
    pub towers: Vec<TowerBytes>,
    /// The raw code; [`MapReply::status`] says what it means.
    pub raw_status: u32,
}

impl MapReply {
    /// The status that the mapper gave. No tower at all means not registered even with status 0: Wine does
    /// that.
    #[must_use]
    pub fn status(&self) -> Status {
        match (self.raw_status, self.towers.is_empty()) {
            (0, true) => Status::NotRegistered,
            (code, _) => Status::from_mapper(code),
        }
    }

    /// The ways to `interface`, those towers left out that name another interface or none.
    ///
    /// A server that has only another minor version may answer with that.
    #[must_use]
    pub fn bindings(&self, interface: InterfaceId) -> Vec<Binding> {
        let towers = self.towers.iter().filter_map(|tower| tower.parse().ok());
        let same =
            |found: &InterfaceId| (found.uuid, found.major) == (interface.uuid, interface.major);
        towers
            .filter(|tower| tower.interface().as_ref().is_some_and(same))
            .filter_map(|tower| tower.binding())
            .collect()
    }

    /// The reply of a server that has nothing for the interface.
    #[must_use]
    pub const fn not_registered(max_towers: u32) -> Self {
        let (handle, raw_status) = (ContextHandle::NULL, EPT_S_NOT_REGISTERED);
        Self { handle, max_towers, towers: Vec::new(), raw_status }
    }

    /// The stub of the response, on the server's side.
    ///
    /// # Errors
    ///
    /// When there are more than 500 towers.
    pub fn encode(&self, order: ByteOrder) -> Result<Vec<u8>, EncodeError> {
        let limit = usize::try_from(MAX_PAGE_ENTRIES).unwrap_or(usize::MAX);
        let mut out = Writer::new(order);
        self.handle.encode(&mut out);
        out.count32("num_towers", self.towers.len(), limit)?;
        out.u32(self.max_towers);
        out.u32(0);
        out.count32("towers actual count", self.towers.len(), limit)?;
        // The request has used 1 and 2, and some readers keep those in mind.
        for (referent, _) in (3..).zip(&self.towers) {
            out.u32(referent);
        }
        for tower in &self.towers {
            ndr::put_tower(&mut out, tower)?;
        }
        out.align(4);
        out.u32(self.raw_status);
        Ok(out.into_bytes())
    }

    /// The reply in a stub. `num_towers` may be more than the towers sent (Wine counts all it
    /// has), never less.
    ///
    /// # Errors
    ///
    /// When the stub is not exactly the results.
    pub fn decode(stub: &[u8], order: ByteOrder) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(stub, order);
        let handle = ContextHandle::decode(&mut reader)?;
        let count = reader.u32("num_towers")?;
        let (max_towers, actual) = ndr::varying_counts(&mut reader, "towers")?;
        reader.ensure(actual <= count, "towers", 4, actual, "at most num_towers")?;
        reader.ensure(
            actual > 0 || count == 0,
            "towers",
            4,
            actual,
            "towers, as num_towers says",
        )?;
        let mut pointers = TowerPointers::default();
        for _ in 0..actual {
            pointers.pointer(&mut reader)?;
        }
        let towers = pointers.towers(&mut reader)?.into_iter().flatten().collect();
        reader.align("status padding", 4)?;
        let raw_status = reader.u32("status")?;
        reader.finish("ept_map response", STUB_PADDING)?;
        Ok(Self { handle, max_towers, towers, raw_status })
    }
}
