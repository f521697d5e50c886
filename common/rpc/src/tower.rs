//! Towers: an interface, its encoding and the way to it, as a list of floors ([C706] appendices I
//! and L). Lengths in a tower are always little-endian, ports and addresses always big-endian,
//! and nothing is aligned.
//!
//! See also [MS-RPCE].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use std::net::Ipv4Addr;

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader, Writer};

use super::{
    InterfaceId,
    bind::NDR,
    binding::{Binding, ProtocolSequence},
    floor_protocol::FloorProtocol,
    limits::{MAX_FLOORS, MAX_TOWER_LEN},
    text::printable,
};

/// The octets of a tower as they came (`twr_t`, MS-RPCE 2.2.1.2.2): at most [`MAX_TOWER_LEN`],
/// well-formed or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TowerBytes(Vec<u8>);

impl TowerBytes {
    /// These octets.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_TOWER_LEN`].
    pub fn new(octets: Vec<u8>) -> Result<Self, EncodeError> {
        let (value, max) = (octets.len(), MAX_TOWER_LEN);
        if value > max {
            return Err(EncodeError::TooLong { field: "tower", value, max });
        }
        Ok(Self(octets))
    }

    /// The caller has checked the length.
    pub(crate) fn from_checked(octets: &[u8]) -> Self {
        Self(octets.to_vec())
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes the tower apart.
    ///
    /// # Errors
    ///
    /// As [`Tower::decode`].
    pub fn parse(&self) -> Result<Tower, DecodeError> {
        Tower::decode(&self.0)
    }
}

/// A floor (C706 appendix L), its two sides undecoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Floor {
    /// Protocol identifier, and what belongs to it.
    pub lhs: Vec<u8>,
    /// Related data: a minor version, a port, an address, a name.
    pub rhs: Vec<u8>,
}

impl Floor {
    /// The protocol; `None` where the left side is empty.
    #[must_use]
    pub fn protocol(&self) -> Option<FloorProtocol> {
        self.lhs.first().map(|id| FloorProtocol::from_id(*id))
    }

    fn syntax(id: InterfaceId) -> Self {
        let mut lhs = Writer::new(ByteOrder::Little);
        lhs.u8(FloorProtocol::Uuid.id());
        lhs.uuid(id.uuid);
        lhs.u16(id.major);
        Self { lhs: lhs.into_bytes(), rhs: id.minor.to_le_bytes().to_vec() }
    }

    fn to_syntax(&self) -> Option<InterfaceId> {
        let mut lhs = Reader::new(&self.lhs, ByteOrder::Little);
        lhs.u8("protocol identifier").ok().filter(|id| *id == FloorProtocol::Uuid.id())?;
        let uuid = lhs.uuid("uuid").ok()?;
        let major = lhs.u16("major").ok()?;
        let minor = self.rhs.first_chunk().map_or(0, |minor| u16::from_le_bytes(*minor));
        (lhs.remaining() == 0).then(|| InterfaceId::new(uuid, major, minor))
    }

    /// What stands on the right side, as text; `None` when it does not fit the protocol.
    fn value(&self) -> Option<String> {
        match self.protocol()? {
            FloorProtocol::Tcp | FloorProtocol::Udp | FloorProtocol::Http => {
                let port: [u8; 2] = self.rhs.as_slice().try_into().ok()?;
                Some(u16::from_be_bytes(port).to_string())
            }
            FloorProtocol::Ip => {
                let address: [u8; 4] = self.rhs.as_slice().try_into().ok()?;
                let address = Ipv4Addr::from(address);
                Some(if address.is_unspecified() { String::new() } else { address.to_string() })
            }
            FloorProtocol::NamedPipe
            | FloorProtocol::LocalPort
            | FloorProtocol::NetBiosName
            | FloorProtocol::HyperVSocket => Some(printable(&self.rhs)),
            _ => None,
        }
    }
}

/// A tower (C706 appendix L), at most [`MAX_FLOORS`] floors. Floors of unknown protocols are kept as
/// they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tower {
    /// From the interface down to the network address.
    pub floors: Vec<Floor>,
}

impl Tower {
    /// The tower in which a server announces `interface`, spoken in NDR 2.0, at `binding`.
    ///
    /// # Errors
    ///
    /// When the endpoint is no port number where one is needed, the host no IPv4 address where
    /// one is needed, or the sequence is not one of the five whose towers are known.
    pub fn new(interface: InterfaceId, binding: &Binding) -> Result<Self, EncodeError> {
        let wrong = |field, value: &str, reason| EncodeError::Unencodable {
            field,
            value: value.chars().take(80).collect(),
            reason,
        };
        if let ProtocolSequence::Other(_)
        | ProtocolSequence::Named(_)
        | ProtocolSequence::NcacnHvsocket = binding.sequence
        {
            let text = binding.sequence.to_string();
            return Err(wrong("protocol sequence", &text, "no tower is known for it"));
        }
        let host = binding.host.as_deref().unwrap_or_default();
        let name = |text: &str| [text.as_bytes(), &[0]].concat();
        let mut floors = vec![Floor::syntax(interface), Floor::syntax(NDR)];
        for protocol in binding.sequence.floors() {
            let rhs = match protocol {
                FloorProtocol::Connectionless
                | FloorProtocol::ConnectionOriented
                | FloorProtocol::Local => vec![0, 0],
                FloorProtocol::Tcp | FloorProtocol::Udp | FloorProtocol::Http => {
                    let port: Result<u16, _> = binding.endpoint.parse();
                    let error = |_| wrong("endpoint", &binding.endpoint, "a port number is needed");
                    port.map_err(error)?.to_be_bytes().to_vec()
                }
                FloorProtocol::Ip if host.is_empty() => vec![0; 4],
                FloorProtocol::Ip => {
                    let address: Result<Ipv4Addr, _> = host.parse();
                    address
                        .map_err(|_| wrong("host", host, "an IPv4 address is needed"))?
                        .octets()
                        .to_vec()
                }
                FloorProtocol::NamedPipe | FloorProtocol::LocalPort => name(&binding.endpoint),
                _ => name(host),
            };
            floors.push(Floor { lhs: vec![protocol.id()], rhs });
        }
        Ok(Self { floors })
    }

    /// The tower in which a client asks where `interface` is, without endpoint or address. For
    /// `ncacn_ip_tcp` it has 75 bytes.
    ///
    /// # Errors
    ///
    /// When the sequence is not one of the five whose towers are known.
    pub fn request(
        interface: InterfaceId,
        sequence: &ProtocolSequence,
    ) -> Result<Self, EncodeError> {
        let endpoint = match sequence {
            ProtocolSequence::NcacnNp | ProtocolSequence::Ncalrpc => String::new(),
            _ => "0".to_owned(),
        };
        Self::new(interface, &Binding { sequence: sequence.clone(), endpoint, host: None })
    }

    /// The tower that fills `octets` exactly.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_FLOORS`] floors, a side ends beyond the octets, or octets
    /// are left over.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(octets, ByteOrder::Little);
        let count = reader.u16("floor_count")?;
        reader.ensure(count <= MAX_FLOORS, "floor_count", 2, count, "at most 6")?;
        let mut floors = Vec::new();
        for _ in 0..count {
            let length = reader.u16("lhs length")?;
            let lhs = reader.bytes("lhs", usize::from(length))?.to_vec();
            let length = reader.u16("rhs length")?;
            let rhs = reader.bytes("rhs", usize::from(length))?.to_vec();
            floors.push(Floor { lhs, rhs });
        }
        reader.finish("the tower", 0)?;
        Ok(Self { floors })
    }

    /// The octets of this tower.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_FLOORS`] floors or [`MAX_TOWER_LEN`] octets.
    pub fn encode(&self) -> Result<TowerBytes, EncodeError> {
        let (value, max) = (self.floors.len(), usize::from(MAX_FLOORS));
        if value > max {
            return Err(EncodeError::TooLong { field: "floor_count", value, max });
        }
        let mut out = Writer::new(ByteOrder::Little);
        out.count16("floor_count", value)?;
        for floor in &self.floors {
            out.count16("lhs length", floor.lhs.len())?;
            out.bytes(&floor.lhs);
            out.count16("rhs length", floor.rhs.len())?;
            out.bytes(&floor.rhs);
        }
        TowerBytes::new(out.into_bytes())
    }

    /// The first floor: which interface.
    #[must_use]
    pub fn interface(&self) -> Option<InterfaceId> {
        self.floors.first()?.to_syntax()
    }

    /// The second floor: in which encoding, [`NDR`] or [`NDR64`](super::NDR64) as a rule.
    #[must_use]
    pub fn transfer_syntax(&self) -> Option<InterfaceId> {
        self.floors.get(1)?.to_syntax()
    }

    /// The floors from the third on. `None` when there are none, one has no identifier, or port
    /// or address of a known sequence have the wrong length.
    #[must_use]
    pub fn binding(&self) -> Option<Binding> {
        let below = self.floors.get(2..).filter(|below| !below.is_empty())?;
        let ids: Option<Vec<u8>> =
            below.iter().map(|floor| floor.protocol().map(FloorProtocol::id)).collect();
        let sequence = ProtocolSequence::from_ids(&ids?);
        if let ProtocolSequence::Other(_) = sequence {
            return Some(Binding { sequence, endpoint: String::new(), host: None });
        }
        let endpoint = below.get(1)?.value()?;
        if sequence == ProtocolSequence::NcacnHvsocket {
            return Some(Binding { sequence, endpoint, host: None });
        }
        let host = match below.get(2) {
            Some(floor) => Some(floor.value()?).filter(|host| !host.is_empty()),
            None => None,
        };
        Some(Binding { sequence, endpoint, host })
    }
}

#[cfg(test)]
mod tests {
    use uuid::uuid;

    use super::*;

    const DRSUAPI: InterfaceId =
        InterfaceId::new(uuid!("e3514235-4b06-11d1-ab04-00c04fc2dcd2"), 4, 0);

    #[test]
    fn a_request_tower_for_tcp_has_75_bytes() {
        let tower = Tower::request(DRSUAPI, &ProtocolSequence::NcacnIpTcp).unwrap();
        assert_eq!(tower.encode().unwrap().as_bytes().len(), 75);
        assert_eq!(tower.interface(), Some(DRSUAPI));
        assert_eq!(tower.transfer_syntax(), Some(NDR));
        assert_eq!(tower.binding().and_then(|binding| binding.port()), None);
    }

    #[test]
    fn every_known_binding_survives_its_tower() {
        for (sequence, endpoint, host) in [
            (ProtocolSequence::NcacnIpTcp, "49667", Some("10.0.0.1")),
            (ProtocolSequence::NcacnHttp, "593", None),
            (ProtocolSequence::NcadgIpUdp, "1", Some("255.255.255.255")),
            (ProtocolSequence::NcacnNp, r"\PIPE\lsass", Some(r"\\DC1")),
            (ProtocolSequence::Ncalrpc, "LRPC-1a2b", None),
        ] {
            let (endpoint, host) = (endpoint.to_owned(), host.map(str::to_owned));
            let binding = Binding { sequence, endpoint, host };
            let tower = Tower::new(DRSUAPI, &binding).unwrap();
            let again = tower.encode().unwrap().parse().unwrap();
            assert_eq!(again, tower);
            assert_eq!(again.binding(), Some(binding));
        }
    }

    #[test]
    fn what_has_no_tower_is_refused() {
        let ipv6 = Binding { host: Some("fe80::1".to_owned()), ..Binding::tcp(1) };
        let port = Binding { endpoint: "65536".to_owned(), ..Binding::tcp(1) };
        let other = ProtocolSequence::Other(vec![0x0b, 0x0c]);
        assert!(Tower::new(DRSUAPI, &ipv6).is_err());
        assert!(Tower::new(DRSUAPI, &port).is_err());
        assert!(Tower::request(DRSUAPI, &other).is_err());
    }

    #[test]
    fn unknown_floors_are_kept() {
        let mut tower = Tower::new(DRSUAPI, &Binding::tcp(1025)).unwrap();
        tower.floors[4].lhs = vec![0x16];
        let binding = tower.encode().unwrap().parse().unwrap().binding().unwrap();
        assert_eq!(binding.sequence, ProtocolSequence::Other(vec![0x0b, 0x07, 0x16]));
        tower.floors[4].lhs.clear();
        assert_eq!(tower.binding(), None);
    }

    #[test]
    fn a_hyper_v_socket_is_named() {
        let mut tower = Tower::new(DRSUAPI, &Binding::tcp(1025)).unwrap();
        let service = "42011404-0324-4cd0-b565-ed6806063ecc";
        tower.floors[3] = Floor { lhs: vec![0x21], rhs: [service.as_bytes(), &[0]].concat() };
        for floors in [5, 4] {
            tower.floors.truncate(floors);
            let binding = tower.encode().unwrap().parse().unwrap().binding().unwrap();
            assert_eq!(binding.to_string(), format!("ncacn_hvsocket:[{service}]"));
            assert!(Tower::new(DRSUAPI, &binding).is_err(), "nobody says how it is written");
        }
    }
}
