//! The network interfaces of this host.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use windows_sys::Win32::{
    NetworkManagement::{
        IpHelper::{
            GAA_FLAG_INCLUDE_WINS_INFO, GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_MULTICAST,
            GetAdaptersAddresses, IF_TYPE_SOFTWARE_LOOPBACK, IP_ADAPTER_ADDRESSES_LH,
            IP_ADAPTER_DDNS_ENABLED, IP_ADAPTER_DNS_SERVER_ADDRESS_XP,
            IP_ADAPTER_UNICAST_ADDRESS_LH, IP_ADAPTER_WINS_SERVER_ADDRESS_LH,
        },
        Ndis::IfOperStatusUp,
    },
    Networking::WinSock::{AF_INET, AF_INET6, AF_UNSPEC, SOCKET_ADDRESS},
};

use super::buffer::{Buffer, Plain, filled};

/// The largest answer that is taken.
const MAX_ANSWER: u32 = 4 << 20;
/// The most interfaces, and the most addresses of each kind of one interface.
const MAX_ENTRIES: usize = 1024;
/// The length of a GUID in braces.
const GUID_LEN: usize = 38;

// SAFETY: numbers, raw pointers, arrays and unions of those.
unsafe impl Plain for IP_ADAPTER_ADDRESSES_LH {}
// SAFETY: numbers, raw pointers and unions of those.
unsafe impl Plain for IP_ADAPTER_UNICAST_ADDRESS_LH {}
// SAFETY: numbers, raw pointers and unions of those.
unsafe impl Plain for IP_ADAPTER_DNS_SERVER_ADDRESS_XP {}
// SAFETY: numbers, raw pointers and unions of those.
unsafe impl Plain for IP_ADAPTER_WINS_SERVER_ADDRESS_LH {}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Adapter {
    /// Its GUID, braces and all, as the registry names it; empty where the system does not tell.
    pub(in super::super) guid: String,
    /// The name that people gave it: `Ethernet`.
    pub(in super::super) name: String,
    pub(in super::super) up: bool,
    pub(in super::super) loopback: bool,
    /// The metric of IPv4: the lower, the sooner its DNS servers are asked.
    pub(in super::super) metric: u32,
    pub(in super::super) addresses: Vec<IpAddr>,
    /// The DNS servers, in the order in which they are asked.
    pub(in super::super) dns: Vec<IpAddr>,
    /// The WINS servers, in the order in which they are asked.
    pub(in super::super) wins: Vec<IpAddr>,
    /// Its DNS suffix; empty when it has none.
    pub(in super::super) suffix: String,
    /// Whether the addresses on it are registered in DNS by dynamic update.
    pub(in super::super) registers: bool,
}

/// All interfaces, in the order of the system.
///
/// # Errors
/// When the system does not tell, or tells of none: every host has a loopback interface.
pub(in super::super) fn all() -> io::Result<Vec<Adapter>> {
    let flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_INCLUDE_WINS_INFO;
    let buffer = filled(16 << 10, MAX_ANSWER, |into, length| {
        // SAFETY: `into` is valid for writes of `length` bytes, and the reserved pointer is null.
        unsafe {
            GetAdaptersAddresses(
                u32::from(AF_UNSPEC),
                flags,
                std::ptr::null(),
                into.cast(),
                &raw mut *length,
            )
        }
    })?;
    let adapters = parsed(&buffer).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "GetAdaptersAddresses: a pointer leads out of the answer",
        )
    })?;
    if adapters.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "GetAdaptersAddresses succeeded and told of no interface",
        ));
    }
    Ok(adapters)
}

fn parsed(buffer: &Buffer) -> Option<Vec<Adapter>> {
    let first: IP_ADAPTER_ADDRESSES_LH = buffer.read(0)?;
    let mut adapters = vec![adapter(buffer, &first)?];
    let mut next = first.Next;
    while !next.is_null() && adapters.len() < MAX_ENTRIES {
        let one: IP_ADAPTER_ADDRESSES_LH = buffer.at(next)?;
        adapters.push(adapter(buffer, &one)?);
        next = one.Next;
    }
    // A buffer of zeros, as a call leaves it that does nothing, is one interface without a name.
    adapters.retain(|adapter| !adapter.name.is_empty());
    Some(adapters)
}

fn adapter(buffer: &Buffer, raw: &IP_ADAPTER_ADDRESSES_LH) -> Option<Adapter> {
    let unicast = addresses(buffer, raw.FirstUnicastAddress, |one| (one.Address, one.Next))?;
    let dns = addresses(buffer, raw.FirstDnsServerAddress, |one| (one.Address, one.Next))?;
    let wins = addresses(buffer, raw.FirstWinsServerAddress, |one| (one.Address, one.Next))?;
    // SAFETY: both forms of the union are the same 32 bits, of which each value is one.
    let flags = unsafe { raw.Anonymous2.Flags };
    let guid = buffer.bytes_at(raw.AdapterName, GUID_LEN).unwrap_or_default();
    Some(Adapter {
        guid: String::from_utf8_lossy(guid).into_owned(),
        name: buffer.text_at(raw.FriendlyName).unwrap_or_default(),
        up: raw.OperStatus == IfOperStatusUp,
        loopback: raw.IfType == IF_TYPE_SOFTWARE_LOOPBACK,
        metric: raw.Ipv4Metric,
        addresses: unicast,
        dns,
        wins,
        suffix: buffer.text_at(raw.DnsSuffix).unwrap_or_default(),
        registers: flags & IP_ADAPTER_DDNS_ENABLED != 0,
    })
}

/// The addresses of a linked list in the buffer; `None` when a pointer leads out of it.
fn addresses<T: Plain>(
    buffer: &Buffer,
    first: *const T,
    parts: impl Fn(&T) -> (SOCKET_ADDRESS, *mut T),
) -> Option<Vec<IpAddr>> {
    let mut found = Vec::new();
    let mut next = first;
    for _ in 0..MAX_ENTRIES {
        if next.is_null() {
            break;
        }
        let (socket, after) = parts(&buffer.at(next)?);
        let length = usize::try_from(socket.iSockaddrLength).ok()?;
        found.extend(address(buffer.bytes_at(socket.lpSockaddr, length)?));
        next = after;
    }
    Some(found)
}

/// The address in a `SOCKADDR_IN` or `SOCKADDR_IN6`; `None` for other families.
fn address(socket: &[u8]) -> Option<IpAddr> {
    let family = u16::from_le_bytes(*socket.first_chunk()?);
    match family {
        AF_INET => Some(Ipv4Addr::from(*socket.get(4..)?.first_chunk::<4>()?).into()),
        AF_INET6 => Some(Ipv6Addr::from(*socket.get(8..)?.first_chunk::<16>()?).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_loopback_interface() {
        let adapters = all().expect("the interfaces");
        let loopback = adapters.iter().find(|a| a.loopback).expect("the loopback interface");
        assert!(loopback.addresses.contains(&Ipv4Addr::LOCALHOST.into()), "{loopback:?}");
    }

    #[test]
    fn nothing_that_leads_out_of_the_answer_is_followed() {
        assert_eq!(parsed(&Buffer::new(16)), None);
        assert_eq!(parsed(&Buffer::new(1024)), Some(Vec::new()));
        let mut buffer = Buffer::new(1024);
        // SAFETY: the buffer is longer than the structure, and zero: all its pointers are null.
        let raw = unsafe { &mut *buffer.as_mut_ptr::<IP_ADAPTER_ADDRESSES_LH>() };
        raw.FirstUnicastAddress = std::ptr::dangling_mut();
        assert_eq!(parsed(&buffer), None);
    }

    #[test]
    fn addresses_of_both_families() {
        assert_eq!(address(&[2, 0, 0, 53, 10, 0, 0, 1]), Some(IpAddr::from([10, 0, 0, 1])));
        let mut six = [0; 28];
        six[0] = 23;
        six[23] = 1;
        assert_eq!(address(&six), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        assert_eq!(address(&six[..23]), None);
        assert_eq!(address(&[]), None);
    }
}
