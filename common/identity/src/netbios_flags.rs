//! The flags in the header of a NetBIOS message ([RFC 1002] 4.2.1.1).
//!
//! [RFC 1002]: https://www.rfc-editor.org/rfc/rfc1002

use bitflags::bitflags;
use epmesh_codec::{DecodeError, Reader};

bitflags! {
    /// R, OPCODE, NM_FLAGS and RCODE, which share the second word of every message.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct HeaderFlags: u16 {
        /// R: a response.
        const RESPONSE = 0x8000;
        /// OPCODE, four bits: all clear in a query.
        const OPCODE = 0x7800;
        /// AA: by the server that is in charge of the name.
        const AUTHORITATIVE = 0x0400;
        /// RD: a name server is asked only with it (RFC 1002 4.2.12).
        const RECURSION_DESIRED = 0x0100;
        /// RA: from a name server.
        const RECURSION_AVAILABLE = 0x0080;
        /// RCODE, four bits: all clear in a positive response.
        const RCODE = 0x000f;
        // Bits without a name are kept as they came.
        const _ = !0;
    }
}

impl HeaderFlags {
    /// Reads the flags, of which those of `kind` must be as in `wanted`.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        kind: Self,
        wanted: Self,
        expected: &'static str,
    ) -> Result<Self, DecodeError> {
        let flags = Self::from_bits_retain(reader.u16("flags")?);
        let found = flags & kind;
        reader.ensure(found == wanted, "flags", 2, found.bits(), expected)?;
        Ok(flags)
    }
}
