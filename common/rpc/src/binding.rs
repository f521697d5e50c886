//! Protocol sequences and bindings.
//!
//! Specification: [C706].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{floor_protocol::FloorProtocol, limits::MAX_FLOORS};

/// The protocol sequence over which an RPC server is reached: the protocol identifiers of a tower from its
/// third floor on (C706 appendix I).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ProtocolSequence {
    /// TCP: `ncacn_ip_tcp`.
    NcacnIpTcp,
    /// Named pipes over SMB: `ncacn_np`.
    NcacnNp,
    /// RPC over HTTP: `ncacn_http`.
    NcacnHttp,
    /// UDP, connectionless: `ncadg_ip_udp`.
    NcadgIpUdp,
    /// Inside one machine: `ncalrpc`.
    Ncalrpc,
    /// Hyper-V sockets: `ncacn_hvsocket`. It leads from a virtual machine or a container to its host and back,
    /// never to another domain controller.
    NcacnHvsocket,
    /// Any other that a tower shows, by its protocol identifiers; written `protocols-0b-0c-11`. Without any,
    /// written `protocols`, it is one that could not be read.
    Other(Vec<u8>),
    /// Any other that Windows names, by that name.
    Named(SequenceName),
}

/// The name of a protocol sequence that has no variant of its own: `nca` and what Windows puts behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SequenceName(String);

impl SequenceName {
    /// The longest that is taken. The longest of Microsoft's list ("String Binding") has 14 letters.
    const MAX: usize = 32;

    fn new(text: &str) -> Option<Self> {
        let (kind, rest) = text.strip_prefix("nca")?.split_once('_')?;
        let plain = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        (text.len() <= Self::MAX && plain(kind) && plain(rest)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for SequenceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl ProtocolSequence {
    /// The sequence whose floors carry these identifiers.
    #[must_use]
    pub fn from_ids(ids: &[u8]) -> Self {
        use FloorProtocol::{
            ConnectionOriented, Connectionless, Http, HyperVSocket, Ip, Local, LocalPort,
            NamedPipe, NetBiosName, Tcp, Udp,
        };
        let floors: Vec<FloorProtocol> = ids.iter().map(|id| FloorProtocol::from_id(*id)).collect();
        match floors.as_slice() {
            [ConnectionOriented, Tcp, Ip] => Self::NcacnIpTcp,
            [ConnectionOriented, NamedPipe, NetBiosName] => Self::NcacnNp,
            [ConnectionOriented, Http, Ip] => Self::NcacnHttp,
            [Connectionless, Udp, Ip] => Self::NcadgIpUdp,
            [Local, LocalPort] => Self::Ncalrpc,
            // What follows it is written nowhere.
            [ConnectionOriented, HyperVSocket, ..] => Self::NcacnHvsocket,
            _ => Self::Other(ids.to_vec()),
        }
    }

    /// The sequence of an entry that could not be read: it may be any.
    #[must_use]
    pub const fn unread() -> Self {
        Self::Other(Vec::new())
    }

    /// Whether a tower has the same endpoint as the system's own list: whether it is one of those that
    /// lead to a host over the network, and whose tower is known.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        matches!(self, Self::NcacnIpTcp | Self::NcacnNp | Self::NcacnHttp | Self::NcadgIpUdp)
    }

    /// The protocols of its floors, as far as they are known.
    #[must_use]
    pub fn floors(&self) -> Vec<FloorProtocol> {
        use FloorProtocol::{
            ConnectionOriented, Connectionless, Http, HyperVSocket, Ip, Local, LocalPort,
            NamedPipe, NetBiosName, Tcp, Udp,
        };
        match self {
            Self::NcacnIpTcp => vec![ConnectionOriented, Tcp, Ip],
            Self::NcacnNp => vec![ConnectionOriented, NamedPipe, NetBiosName],
            Self::NcacnHttp => vec![ConnectionOriented, Http, Ip],
            Self::NcadgIpUdp => vec![Connectionless, Udp, Ip],
            Self::Ncalrpc => vec![Local, LocalPort],
            Self::NcacnHvsocket => vec![ConnectionOriented, HyperVSocket],
            Self::Named(_) => Vec::new(),
            Self::Other(ids) => ids.iter().map(|id| FloorProtocol::from_id(*id)).collect(),
        }
    }
}

impl fmt::Display for ProtocolSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::NcacnIpTcp => "ncacn_ip_tcp",
            Self::NcacnNp => "ncacn_np",
            Self::NcacnHttp => "ncacn_http",
            Self::NcadgIpUdp => "ncadg_ip_udp",
            Self::Ncalrpc => "ncalrpc",
            Self::NcacnHvsocket => "ncacn_hvsocket",
            Self::Named(name) => return name.fmt(f),
            Self::Other(ids) => {
                f.write_str("protocols")?;
                return ids.iter().try_for_each(|id| write!(f, "-{id:02x}"));
            }
        };
        f.pad(name)
    }
}

/// The text names no protocol sequence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a protocol sequence: {0:?}")]
pub struct ParseSequenceError(pub String);

impl FromStr for ProtocolSequence {
    type Err = ParseSequenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = |id: &str| {
            let hex = id.len() == 2 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
            u8::from_str_radix(id, 16).ok().filter(|_| hex)
        };
        let ids = || {
            let ids = text.strip_prefix("protocols")?;
            let Some(ids) = ids.strip_prefix('-') else {
                return ids.is_empty().then(Vec::new);
            };
            // As long as a tower with the most floors has it.
            let short = ids.len() < 3 * usize::from(MAX_FLOORS);
            ids.split('-').map(id).collect::<Option<Vec<u8>>>().filter(|_| short)
        };
        match text {
            "ncacn_ip_tcp" => Ok(Self::NcacnIpTcp),
            "ncacn_np" => Ok(Self::NcacnNp),
            "ncacn_http" => Ok(Self::NcacnHttp),
            "ncadg_ip_udp" => Ok(Self::NcadgIpUdp),
            "ncalrpc" => Ok(Self::Ncalrpc),
            "ncacn_hvsocket" => Ok(Self::NcacnHvsocket),
            _ => ids()
                .map(|ids| Self::from_ids(&ids))
                .or_else(|| SequenceName::new(text).map(Self::Named))
                .ok_or_else(|| ParseSequenceError(text.chars().take(80).collect())),
        }
    }
}

impl TryFrom<String> for ProtocolSequence {
    type Error = ParseSequenceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ProtocolSequence> for String {
    fn from(sequence: ProtocolSequence) -> Self {
        sequence.to_string()
    }
}

/// The place at which a server says that it listens. Written `ncacn_ip_tcp:10.0.0.1[49667]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Binding {
    /// How it is reached.
    pub sequence: ProtocolSequence,
    /// A port number in decimal, a pipe or an LRPC port name; empty for an unknown sequence.
    pub endpoint: String,
    /// The address or host name the server put there. Connect to the host that was asked, never
    /// to this: Samba writes no address, NAT and multi-homed servers write another one.
    pub host: Option<String>,
}

impl Binding {
    /// A TCP endpoint without a host.
    #[must_use]
    pub fn tcp(port: u16) -> Self {
        Self { sequence: ProtocolSequence::NcacnIpTcp, endpoint: port.to_string(), host: None }
    }

    /// The port to connect to; `None` where the sequence has none or it is 0.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self.sequence {
            ProtocolSequence::NcacnIpTcp
            | ProtocolSequence::NcacnHttp
            | ProtocolSequence::NcadgIpUdp => {
                self.endpoint.parse().ok().filter(|&port: &u16| port != 0)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or_default();
        write!(f, "{}:{host}[{}]", self.sequence, self.endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sequence_has_a_text_that_names_it() {
        let texts = ["ncacn_ip_tcp", "ncacn_np", "ncacn_http", "ncadg_ip_udp", "ncalrpc"];
        let others = ["ncacn_hvsocket", "protocols-0b-0c-11", "protocols"];
        for text in texts.into_iter().chain(others) {
            let sequence: ProtocolSequence = text.parse().unwrap();
            assert_eq!(sequence.to_string(), text);
            let ids: Vec<u8> = sequence.floors().into_iter().map(FloorProtocol::id).collect();
            assert_eq!(ProtocolSequence::from_ids(&ids), sequence);
        }
        for text in ["ncacn_vns_spp", "ncacn_quic"] {
            let sequence: ProtocolSequence = text.parse().unwrap();
            assert!(matches!(sequence, ProtocolSequence::Named(_)) && !sequence.is_remote());
            assert_eq!(sequence.to_string(), text);
        }
        let long = "ncacn_".to_owned() + &"x".repeat(40);
        let odd = ["nca_", "ncacn_", "ncacn-ip", "ncacn_ip tcp", "nca_x", long.as_str()];
        let none = ["", "tcp", "protocols0b", "protocols-+b", "protocols-0b-", "NCACN_NP"];
        for text in none.into_iter().chain(odd) {
            assert!(text.parse::<ProtocolSequence>().is_err(), "{text:?}");
        }
    }
}
