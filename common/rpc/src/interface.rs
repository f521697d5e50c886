//! Interface identifiers.
//!
//! Specification: [C706].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm

use std::{fmt, str::FromStr};

use epmesh_codec::{DecodeError, Reader, Writer};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// An RPC interface: its UUID and version (`p_syntax_id_t`, C706 chapter 12).
///
/// Written `e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0` on the screen and in every file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InterfaceId {
    /// The interface UUID.
    pub uuid: Uuid,
    /// Major version; a server with another major version does not offer the interface.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
}

impl InterfaceId {
    /// The interface with these parts.
    #[must_use]
    pub const fn new(uuid: Uuid, major: u16, minor: u16) -> Self {
        Self { uuid, major, minor }
    }

    /// Whether a server that registered this interface offers `wanted`, minor versions left aside:
    /// another major version is another interface (C706 chapter 12).
    #[must_use]
    pub fn offers(self, wanted: Self) -> bool {
        self.uuid == wanted.uuid && self.major == wanted.major
    }

    /// `p_syntax_id_t`: a UUID and a version word, major in its low half (C706 12.6.3.1).
    pub(crate) fn decode(
        reader: &mut Reader<'_>,
        field: &'static str,
    ) -> Result<Self, DecodeError> {
        let uuid = reader.uuid(field)?;
        let version = reader.u32(field)?;
        let [a, b, c, d] = version.to_le_bytes();
        Ok(Self::new(uuid, u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])))
    }

    pub(crate) fn encode(self, out: &mut Writer) {
        out.uuid(self.uuid);
        out.u32(u32::from(self.major) | u32::from(self.minor) << 16);
    }
}

impl fmt::Display for InterfaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}.{}", self.uuid, self.major, self.minor)
    }
}

/// The text is not `UUID vMAJOR.MINOR`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not an interface of the form `UUID vMAJOR.MINOR`: {0:?}")]
pub struct ParseInterfaceError(pub String);

impl FromStr for InterfaceId {
    type Err = ParseInterfaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (uuid, version) = text.split_once(" v")?;
            let (major, minor) = version.split_once('.')?;
            Some(Self::new(uuid.parse().ok()?, major.parse().ok()?, minor.parse().ok()?))
        };
        parse().ok_or_else(|| ParseInterfaceError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for InterfaceId {
    type Error = ParseInterfaceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<InterfaceId> for String {
    fn from(id: InterfaceId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let text = "e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0";
        assert_eq!(text.parse::<InterfaceId>().map(|id| id.to_string()), Ok(text.to_owned()));
        assert!("e3514235 v4.0".parse::<InterfaceId>().is_err());
        assert!("e3514235-4b06-11d1-ab04-00c04fc2dcd2".parse::<InterfaceId>().is_err());
    }
}
