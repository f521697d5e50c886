//! One value of the attribute `dnsRecord` of a DNS name ([MS-DNSP] 2.3.2.2).
//!
//! [MS-DNSP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dnsp/f97756c9-3783-428b-9451-b376f877319a

use std::net::{Ipv4Addr, Ipv6Addr};

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader, Writer};

use super::{addresses, limits::MAX_VALUE, name};

/// The version of every value.
const VERSION: u8 = 5;
/// Bytes that may follow the data: values are kept at multiples of four.
const PADDING: usize = 3;

const TOMBSTONE: u16 = 0;
const A: u16 = 1;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const AAAA: u16 = 28;
const WINS: u16 = 0xff01;

/// A record as the directory stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The rank: 0xf0 for a record of the zone itself.
    pub rank: u8,
    /// The serial number of the zone when it was written.
    pub serial: u32,
    /// The time to live, in seconds.
    pub ttl: u32,
    /// The hour of its last refresh by dynamic update, counted from 1601-01-01T00:00Z; 0 for a static record,
    /// which nothing ever scavenges (2.2.2.2.5, dwTimeStamp).
    pub hours: u32,
    /// The data.
    pub data: Data,
}

/// The data of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// No record: those of the name were deleted at this moment, in units of 100 ns since 1601
    /// (DNS_RPC_RECORD_TS).
    Tombstone(u64),
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// An alias, and the name it stands for.
    Cname(String),
    /// The start of authority of the zone.
    Soa(Soa),
    /// The zone's names are looked up in WINS, too.
    Wins(Wins),
    /// A record of another type, with its data.
    Other {
        /// The type.
        kind: u16,
        /// The data.
        data: Vec<u8>,
    },
}

/// The start of authority (2.2.2.2.4.3); its numbers are big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soa {
    /// The serial number of the zone.
    pub serial: u32,
    /// Seconds between two questions of a secondary server.
    pub refresh: u32,
    /// Seconds until the next try after one that failed.
    pub retry: u32,
    /// Seconds after which a secondary server gives the zone up.
    pub expire: u32,
    /// Seconds for which a client may remember that a name is not there (RFC 2308).
    pub minimum: u32,
    /// The primary server.
    pub primary: String,
    /// Who is responsible.
    pub responsible: String,
}

/// A WINS lookup record (DNS_RPC_RECORD_WINS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wins {
    /// 0x80000000: for all servers of the zone; 0x10000: for this one alone.
    pub mapping: u32,
    /// Seconds that a lookup may take.
    pub lookup_timeout: u32,
    /// Seconds for which its answer is kept.
    pub cache_timeout: u32,
    /// The WINS servers.
    pub servers: Vec<Ipv4Addr>,
}

impl Record {
    /// Reads a value.
    ///
    /// # Errors
    /// What is no value of version 5, or data that its type cannot have.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        DecodeError::bound("the value", 0, bytes.len(), MAX_VALUE)?;
        let mut reader = Reader::new(bytes, ByteOrder::Little);
        let length = reader.u16("DataLength")?;
        let kind = reader.u16("Type")?;
        let version = reader.u8("Version")?;
        reader.ensure(version == VERSION, "Version", 1, version, "5")?;
        let rank = reader.u8("Rank")?;
        reader.u16("Flags")?;
        let serial = reader.u32("Serial")?;
        let ttl = u32::from_be_bytes(reader.array("TtlSeconds")?);
        reader.u32("Reserved")?;
        let hours = reader.u32("TimeStamp")?;
        let mut inner = reader.part("Data", length.into())?;
        let data = Data::decode(kind, &mut inner)?;
        inner.finish("the data", 0)?;
        reader.finish("the record", PADDING)?;
        Ok(Self { rank, serial, ttl, hours, data })
    }

    /// The value, without padding.
    ///
    /// # Errors
    /// Names and lists that are too long.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut data = Writer::new(ByteOrder::Little);
        self.data.encode(&mut data)?;
        let data = data.into_bytes();
        let mut writer = Writer::new(ByteOrder::Little);
        writer.count16("DataLength", data.len())?;
        writer.u16(self.data.kind());
        writer.u8(VERSION);
        writer.u8(self.rank);
        writer.u16(0);
        writer.u32(self.serial);
        writer.bytes(&self.ttl.to_be_bytes());
        writer.u32(0);
        writer.u32(self.hours);
        writer.bytes(&data);
        Ok(writer.into_bytes())
    }
}

impl Data {
    const fn kind(&self) -> u16 {
        match self {
            Self::Tombstone(_) => TOMBSTONE,
            Self::A(_) => A,
            Self::Aaaa(_) => AAAA,
            Self::Cname(_) => CNAME,
            Self::Soa(_) => SOA,
            Self::Wins(_) => WINS,
            Self::Other { kind, .. } => *kind,
        }
    }

    fn decode(kind: u16, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match kind {
            TOMBSTONE => Self::Tombstone(u64::from_le_bytes(reader.array("EntombedTime")?)),
            A => Self::A(reader.array::<4>("IPv4 address")?.into()),
            AAAA => Self::Aaaa(reader.array::<16>("IPv6 address")?.into()),
            CNAME => Self::Cname(name::decode(reader)?),
            SOA => {
                let mut number = |field| reader.array(field).map(u32::from_be_bytes);
                let (serial, refresh) = (number("serial of the zone")?, number("refresh")?);
                let (retry, expire) = (number("retry")?, number("expire")?);
                let minimum = number("minimum TTL")?;
                let (primary, responsible) = (name::decode(reader)?, name::decode(reader)?);
                Self::Soa(Soa { serial, refresh, retry, expire, minimum, primary, responsible })
            }
            WINS => {
                let mapping = reader.u32("mapping flag")?;
                let lookup_timeout = reader.u32("lookup timeout")?;
                let cache_timeout = reader.u32("cache timeout")?;
                let servers = addresses::v4(reader)?;
                Self::Wins(Wins { mapping, lookup_timeout, cache_timeout, servers })
            }
            _ => Self::Other { kind, data: reader.rest().to_vec() },
        })
    }

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::Tombstone(at) => writer.bytes(&at.to_le_bytes()),
            Self::A(address) => writer.bytes(&address.octets()),
            Self::Aaaa(address) => writer.bytes(&address.octets()),
            Self::Cname(target) => name::encode(target, writer)?,
            Self::Soa(soa) => {
                for number in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] {
                    writer.bytes(&number.to_be_bytes());
                }
                name::encode(&soa.primary, writer)?;
                name::encode(&soa.responsible, writer)?;
            }
            Self::Wins(wins) => {
                writer.u32(wins.mapping);
                writer.u32(wins.lookup_timeout);
                writer.u32(wins.cache_timeout);
                addresses::put_v4(&wins.servers, writer)?;
            }
            Self::Other { data, .. } => writer.bytes(data),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A record by the table of 2.3.2.2: A 10.0.0.9, dynamic.
    const DYNAMIC: [u8; 28] = [
        4, 0, 1, 0, 5, 0xf0, 0, 0, 0x6e, 0, 0, 0, 0, 0, 0x03, 0x84, 0, 0, 0, 0, 0xd0, 0xfd, 0x38,
        0, 10, 0, 0, 9,
    ];

    #[test]
    fn a_record_by_the_table_of_the_specification() {
        let record = Record::decode(&DYNAMIC).unwrap();
        assert_eq!(
            record,
            Record {
                rank: 0xf0,
                serial: 110,
                ttl: 900,
                hours: 0x38_fdd0,
                data: Data::A([10, 0, 0, 9].into()),
            }
        );
        assert_eq!(record.encode().unwrap(), DYNAMIC);
    }

    #[test]
    fn every_type_comes_back() {
        let soa = Soa {
            serial: 110,
            refresh: 900,
            retry: 600,
            expire: 86_400,
            minimum: 3600,
            primary: "dc1.lab.test".to_owned(),
            responsible: "hostmaster.lab.test".to_owned(),
        };
        let wins = Wins {
            mapping: 0x1_0000,
            lookup_timeout: 2,
            cache_timeout: 900,
            servers: vec![[10, 0, 0, 5].into()],
        };
        for data in [
            Data::Tombstone(134_000_000_000_000_000),
            Data::Aaaa("fd00::1".parse().unwrap()),
            Data::Cname("dc2.lab.test".to_owned()),
            Data::Cname(String::new()),
            Data::Soa(soa),
            Data::Wins(wins),
            Data::Other { kind: 33, data: vec![0, 1, 2] },
        ] {
            let record = Record { rank: 0xf0, serial: 1, ttl: 0, hours: 0, data };
            let bytes = record.encode().unwrap();
            assert_eq!(Record::decode(&bytes), Ok(record));
        }
    }

    #[test]
    fn what_is_no_record_is_refused_with_its_field() {
        let refused = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = DYNAMIC.to_vec();
            change(&mut bytes);
            Record::decode(&bytes).unwrap_err().to_string()
        };
        assert!(refused(&|bytes| bytes[4] = 4).contains("Version"));
        assert!(refused(&|bytes| bytes[0] = 5).contains("Data"));
        assert!(refused(&|bytes| bytes[0] = 3).contains("IPv4 address"));
        assert!(refused(&|bytes| bytes.extend([0; 4])).contains("left over"));
        let many = [&[0xff; 4][..], &[0; 8]].concat();
        let mut wins = DYNAMIC[..24].to_vec();
        (wins[0], wins[2], wins[3]) = (24, 1, 0xff);
        wins.extend([0; 12]);
        wins.extend(many);
        assert!(Record::decode(&wins).unwrap_err().to_string().contains("bound is 256"));
    }

    proptest! {
        #[test]
        fn takes_any_bytes(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), length in any::<u8>(), kind in prop_oneof![Just(0_u16), Just(1), Just(5), Just(6), Just(28), Just(WINS), any::<u16>()]) {
            if bytes.len() > 4 {
                bytes[..2].copy_from_slice(&u16::from(length).to_le_bytes());
                bytes[2..4].copy_from_slice(&kind.to_le_bytes());
                bytes[4] = VERSION;
            }
            if let Ok(record) = Record::decode(&bytes) {
                prop_assert_eq!(Record::decode(&record.encode().unwrap()), Ok(record));
            }
        }
    }
}
