//! The security trailer and its token ([C706] 13.2.6.1, [MS-RPCE] 2.2.2.11 and 2.2.2.12).
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use epmesh_codec::{DecodeError, EncodeError, Reader, Writer};

use super::{header::Header, limits::SEC_TRAILER_LEN};

/// Authentication types (MS-RPCE 2.2.1.1.7).
pub mod auth_type {
    /// SPNEGO.
    pub const SPNEGO: u8 = 9;
    /// NTLM.
    pub const NTLM: u8 = 10;
    /// Kerberos.
    pub const KERBEROS: u8 = 16;
    /// The Netlogon secure channel.
    pub const NETLOGON: u8 = 68;
}

/// Authentication levels (MS-RPCE 2.2.1.1.8).
pub mod auth_level {
    /// No protection.
    pub const NONE: u8 = 1;
    /// Authenticated when the connection is made; nothing is signed.
    pub const CONNECT: u8 = 2;
    /// Every PDU is signed.
    pub const INTEGRITY: u8 = 5;
    /// Every PDU is signed and sealed.
    pub const PRIVACY: u8 = 6;
}

/// A security trailer with its token (C706 13.2.6.1, MS-RPCE 2.2.2.11 and 2.2.2.12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthVerifier {
    /// Which security provider, see [`auth_type`].
    pub auth_type: u8,
    /// How much is protected, see [`auth_level`].
    pub level: u8,
    /// Which security context of the association.
    pub context_id: u32,
    /// The provider's bytes; at least one.
    pub token: Vec<u8>,
}

impl AuthVerifier {
    /// An NTLM token at level connect, as a bind carries it to read the server's challenge.
    #[must_use]
    pub const fn ntlm(token: Vec<u8>) -> Self {
        Self { auth_type: auth_type::NTLM, level: auth_level::CONNECT, context_id: 0, token }
    }

    /// Splits the body of a PDU, without its authentication padding, from what follows it.
    pub(crate) fn split(
        bytes: &[u8],
        header: &Header,
    ) -> Result<(usize, Option<Self>), DecodeError> {
        let token_length = usize::from(header.auth_length);
        if token_length == 0 {
            return Ok((bytes.len(), None));
        }
        let start = bytes.len().saturating_sub(token_length + SEC_TRAILER_LEN);
        let mut reader = Reader::starting_at(bytes, start, header.order);
        let auth_type = reader.u8("auth_type")?;
        let level = reader.u8("auth_level")?;
        let padding = reader.u8("auth_pad_length")?;
        let body_end = start.checked_sub(usize::from(padding));
        reader.ensure(body_end.is_some(), "auth_pad_length", 1, padding, "padding in the PDU")?;
        reader.u8("auth_reserved")?;
        let context_id = reader.u32("auth_context_id")?;
        let token = reader.rest().to_vec();
        Ok((body_end.unwrap_or(start), Some(Self { auth_type, level, context_id, token })))
    }

    /// Pads the body to four bytes and appends trailer and token; returns `auth_length`.
    pub(crate) fn encode(&self, out: &mut Writer) -> Result<u16, EncodeError> {
        let unpadded = out.written();
        out.align(4);
        let padding = out.written() - unpadded;
        out.bytes(&[self.auth_type, self.level]);
        out.count8("auth_pad_length", padding)?;
        out.u8(0);
        out.u32(self.context_id);
        out.bytes(&self.token);
        let (value, max) = (self.token.len(), usize::from(u16::MAX));
        value.try_into().map_err(|_| EncodeError::TooLong { field: "auth_length", value, max })
    }
}
