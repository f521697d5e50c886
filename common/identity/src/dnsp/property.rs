//! One value of the attribute `dNSProperty` of a DNS zone ([MS-DNSP] 2.3.2.1): one setting of the zone.
//!
//! [MS-DNSP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dnsp/f97756c9-3783-428b-9451-b376f877319a

use std::net::{IpAddr, Ipv4Addr};

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader, Writer};

use super::{addresses, limits::MAX_VALUE};

const ALLOW_UPDATE: u32 = 0x02;
const NO_REFRESH: u32 = 0x10;
const SCAVENGING_SERVERS: u32 = 0x11;
const REFRESH: u32 = 0x20;
const AGING: u32 = 0x40;
const SCAVENGING_SERVERS_DA: u32 = 0x90;

/// The interval that stands where a value has no data: seven days.
const DEFAULT_HOURS: u32 = 168;

/// A setting of a zone. A value without data stands for the default of its setting (2.3.2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    /// Which dynamic updates the zone takes.
    AllowUpdate(Updates),
    /// The hours after a refresh in which the time stamp of a record is not refreshed again.
    NoRefreshHours(u32),
    /// The hours after those in which it may be, and after which the record counts as stale.
    RefreshHours(u32),
    /// Whether records of the zone age, so that stale ones are scavenged.
    Aging(bool),
    /// The servers that scavenge the zone; where there are none, any server that scavenges may.
    ScavengingServers(Vec<IpAddr>),
    /// Another setting, by its number.
    Other(u32),
}

/// The dynamic updates that a zone takes (2.2.6.1.1, DNS_ZONE_UPDATE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updates {
    /// None.
    Off,
    /// Those of anybody.
    Unsecure,
    /// Those of authenticated clients alone.
    Secure,
}

impl Property {
    /// Reads a value.
    ///
    /// # Errors
    /// What is no value of version 1, or data that its setting cannot have.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        DecodeError::bound("the value", 0, bytes.len(), MAX_VALUE)?;
        let mut reader = Reader::new(bytes, ByteOrder::Little);
        let length = reader.u32("DataLength")?;
        reader.u32("NameLength")?;
        reader.u32("Flag")?;
        let version = reader.u32("Version")?;
        reader.ensure(version == 1, "Version", 4, version, "1")?;
        let id = reader.u32("Id")?;
        // What does not fit a number of the machine does not fit the value either.
        let mut data = reader.part("Data", usize::try_from(length).unwrap_or(usize::MAX))?;
        // The name behind the data is not used, and its length not said.
        Ok(match id {
            ALLOW_UPDATE => Self::AllowUpdate(match number(&mut data, 0)? {
                0 => Updates::Off,
                1 => Updates::Unsecure,
                2 => Updates::Secure,
                value => {
                    let (field, offset) = ("fAllowUpdate", 20);
                    let expected = "0, off, 1, unsecure, or 2, secure";
                    return Err(DecodeError::Value {
                        field,
                        offset,
                        value: value.into(),
                        expected,
                    });
                }
            }),
            NO_REFRESH => Self::NoRefreshHours(number(&mut data, DEFAULT_HOURS)?),
            REFRESH => Self::RefreshHours(number(&mut data, DEFAULT_HOURS)?),
            AGING => Self::Aging(number(&mut data, 0)? != 0),
            SCAVENGING_SERVERS | SCAVENGING_SERVERS_DA if data.remaining() == 0 => {
                Self::ScavengingServers(Vec::new())
            }
            SCAVENGING_SERVERS => {
                let list = addresses::v4(&mut data)?;
                Self::ScavengingServers(list.into_iter().map(IpAddr::V4).collect())
            }
            SCAVENGING_SERVERS_DA => Self::ScavengingServers(addresses::any(&mut data)?),
            other => Self::Other(other),
        })
    }

    /// The value; that of another setting has no data.
    ///
    /// # Errors
    /// A list of servers that is too long.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut data = Writer::new(ByteOrder::Little);
        let id = match self {
            Self::AllowUpdate(updates) => {
                data.u8(match updates {
                    Updates::Off => 0,
                    Updates::Unsecure => 1,
                    Updates::Secure => 2,
                });
                ALLOW_UPDATE
            }
            Self::NoRefreshHours(hours) => {
                data.u32(*hours);
                NO_REFRESH
            }
            Self::RefreshHours(hours) => {
                data.u32(*hours);
                REFRESH
            }
            Self::Aging(on) => {
                data.u32((*on).into());
                AGING
            }
            Self::ScavengingServers(list) => {
                let v4: Vec<Ipv4Addr> = list.iter().filter_map(as_v4).collect();
                if v4.len() == list.len() {
                    addresses::put_v4(&v4, &mut data)?;
                    SCAVENGING_SERVERS
                } else {
                    addresses::put_any(list, &mut data)?;
                    SCAVENGING_SERVERS_DA
                }
            }
            Self::Other(id) => *id,
        };
        let data = data.into_bytes();
        let mut writer = Writer::new(ByteOrder::Little);
        writer.count32("DataLength", data.len(), MAX_VALUE)?;
        writer.u32(1);
        writer.u32(0);
        writer.u32(1);
        writer.u32(id);
        writer.bytes(&data);
        writer.u8(0);
        Ok(writer.into_bytes())
    }
}

const fn as_v4(address: &IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    }
}

/// A number of one to four bytes; servers do not agree on how many.
fn number(data: &mut Reader<'_>, default: u32) -> Result<u32, DecodeError> {
    match data.remaining() {
        0 => Ok(default),
        1 => data.u8("a number").map(u32::from),
        2 => data.u16("a number").map(u32::from),
        _ => data.u32("a number"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the table of 2.3.2.1: aging is on.
    const AGING_ON: [u8; 25] =
        [4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x40, 0, 0, 0, 1, 0, 0, 0, 0];

    #[test]
    fn a_property_by_the_table_of_the_specification() {
        assert_eq!(Property::decode(&AGING_ON), Ok(Property::Aging(true)));
        assert_eq!(Property::Aging(true).encode().unwrap(), AGING_ON);
    }

    #[test]
    fn a_value_without_data_is_the_default() {
        let without = |id: u8| {
            let mut bytes = AGING_ON.to_vec();
            (bytes[0], bytes[16]) = (0, id);
            Property::decode(&bytes).unwrap()
        };
        assert_eq!(without(0x10), Property::NoRefreshHours(168));
        assert_eq!(without(0x20), Property::RefreshHours(168));
        assert_eq!(without(0x40), Property::Aging(false));
        assert_eq!(without(0x11), Property::ScavengingServers(Vec::new()));
        assert_eq!(without(0x02), Property::AllowUpdate(Updates::Off));
        assert_eq!(without(0x08), Property::Other(8));
    }

    #[test]
    fn servers_of_both_families_come_back() {
        let v4: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let mixed = [v4.clone(), vec!["fd00::1".parse().unwrap()]].concat();
        for list in [v4, mixed] {
            let property = Property::ScavengingServers(list);
            assert_eq!(Property::decode(&property.encode().unwrap()), Ok(property));
        }
    }

    #[test]
    fn what_is_no_property_is_refused_with_its_field() {
        let refused = |at: usize, byte: u8| {
            let mut bytes = AGING_ON.to_vec();
            bytes[at] = byte;
            Property::decode(&bytes).unwrap_err().to_string()
        };
        assert!(refused(12, 2).contains("Version"));
        assert!(refused(0, 9).contains("Data"));
        assert!(refused(3, 0xff).contains("Data"));
        let mut update = AGING_ON.to_vec();
        (update[16], update[20]) = (2, 3);
        assert!(Property::decode(&update).unwrap_err().to_string().contains("fAllowUpdate"));
        let mut servers = AGING_ON.to_vec();
        (servers[16], servers[20], servers[21]) = (0x11, 1, 1);
        assert!(Property::decode(&servers).unwrap_err().to_string().contains("bound is 256"));
    }

    proptest! {
        #[test]
        fn takes_any_bytes(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), length in any::<u8>(), id in prop_oneof![Just(0x02_u8), Just(0x10), Just(0x11), Just(0x20), Just(0x40), Just(0x90), any::<u8>()]) {
            if bytes.len() > 20 {
                bytes[..4].copy_from_slice(&u32::from(length).to_le_bytes());
                bytes[12..20].copy_from_slice(&[1, 0, 0, 0, id, 0, 0, 0]);
            }
            if let Ok(property) = Property::decode(&bytes) {
                prop_assert_eq!(Property::decode(&property.encode().unwrap()), Ok(property));
            }
        }
    }
}
