//! Lists of addresses in a property of a zone ([MS-DNSP] 2.2.3.2): IP4_ARRAY, and DNS_ADDR_ARRAY of later versions.
//!
//! [MS-DNSP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dnsp/f97756c9-3783-428b-9451-b376f877319a

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use epmesh_codec::{ByteOrder, DecodeError, EncodeError, Reader, Writer};

use super::limits::MAX_ADDRESSES;

/// The part of a DNS_ADDR_ARRAY before its addresses.
const ARRAY_HEAD: usize = 32;
/// A DNS_ADDR: a socket address of 32 bytes, and as much beside it.
const ADDRESS: usize = 64;
/// AF_INET and AF_INET6, as Windows numbers them.
const V4: u16 = 2;
const V6: u16 = 23;

/// A count that is refused where it exceeds the bound.
fn count(reader: &mut Reader<'_>, field: &'static str) -> Result<usize, DecodeError> {
    let offset = reader.offset();
    let count = usize::try_from(reader.u32(field)?).unwrap_or(usize::MAX);
    DecodeError::bound(field, offset, count, MAX_ADDRESSES)?;
    Ok(count)
}

/// IP4_ARRAY (2.2.3.2.1): a count, and addresses in the order of the network.
pub(super) fn v4(reader: &mut Reader<'_>) -> Result<Vec<Ipv4Addr>, DecodeError> {
    let count = count(reader, "address count")?;
    (0..count).map(|_| reader.array("address").map(|bytes: [u8; 4]| bytes.into())).collect()
}

pub(super) fn put_v4(list: &[Ipv4Addr], writer: &mut Writer) -> Result<(), EncodeError> {
    writer.count32("address count", list.len(), MAX_ADDRESSES)?;
    list.iter().for_each(|address| writer.bytes(&address.octets()));
    Ok(())
}

/// DNS_ADDR_ARRAY (2.2.3.2.3).
pub(super) fn any(reader: &mut Reader<'_>) -> Result<Vec<IpAddr>, DecodeError> {
    reader.u32("MaxCount")?;
    let count = count(reader, "AddrCount")?;
    reader.bytes("the rest of the array's head", ARRAY_HEAD - 8)?;
    (0..count).map(|_| one(reader)).collect()
}

/// DNS_ADDR (2.2.3.2.2): the family is little-endian, the address in the order of the network.
fn one(reader: &mut Reader<'_>) -> Result<IpAddr, DecodeError> {
    let bytes = reader.bytes("address", ADDRESS)?;
    let mut inner = Reader::new(bytes, ByteOrder::Little);
    let family = inner.u16("family of an address")?;
    inner.u16("port of an address")?;
    match family {
        V4 => Ok(Ipv4Addr::from(inner.array::<4>("IPv4 address")?).into()),
        V6 => {
            inner.u32("flow of an address")?;
            Ok(Ipv6Addr::from(inner.array::<16>("IPv6 address")?).into())
        }
        other => Err(DecodeError::Value {
            field: "family of an address",
            offset: reader.offset() - ADDRESS,
            value: other.into(),
            expected: "2, IPv4, or 23, IPv6",
        }),
    }
}

pub(super) fn put_any(list: &[IpAddr], writer: &mut Writer) -> Result<(), EncodeError> {
    writer.count32("MaxCount", list.len(), MAX_ADDRESSES)?;
    writer.count32("AddrCount", list.len(), MAX_ADDRESSES)?;
    writer.zeros(ARRAY_HEAD - 8);
    for address in list {
        let start = writer.written();
        match address {
            IpAddr::V4(address) => {
                writer.u16(V4);
                writer.u16(0);
                writer.bytes(&address.octets());
            }
            IpAddr::V6(address) => {
                writer.u16(V6);
                writer.zeros(6);
                writer.bytes(&address.octets());
            }
        }
        writer.zeros(start + ADDRESS - writer.written());
    }
    Ok(())
}
