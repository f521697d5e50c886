//! Addresses, routes, sockets and port ranges, as `/proc/net` and `/proc/sys/net` tell them.
//!
//! These files, and not a netlink socket or getifaddrs(3), so that no unsafe code is needed and
//! every step is a function over text.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use epmesh_facts::{AddressFamily, InterfaceAddress, PortRange, Transport};

/// The most addresses and routes that are kept.
const MAX: usize = 16_384;

/// The IPv4 addresses of the host, from `/proc/net/fib_trie` (which ones are local) and
/// `/proc/net/route` (through which interface their network is reached). Loopback is left out.
#[must_use]
pub fn ipv4(fib_trie: &str, route: &str) -> Vec<InterfaceAddress> {
    let routes: Vec<Route<'_>> = route.lines().skip(1).filter_map(parse_route).take(MAX).collect();
    let mut found = BTreeSet::new();
    let mut last = None;
    for line in fib_trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line.starts_with("/32 host LOCAL")
            && let Some(address) = last
            && !address.is_loopback()
            && found.len() < MAX
        {
            found.insert(InterfaceAddress {
                interface: interface_of(&routes, address).to_owned(),
                address: IpAddr::V4(address),
            });
        }
    }
    found.into_iter().collect()
}

/// The IPv6 addresses of the host, from `/proc/net/if_inet6`. Loopback and link-local ones are
/// left out: they mean nothing without their interface, and no domain controller registers them.
#[must_use]
pub fn ipv6(if_inet6: &str) -> Vec<InterfaceAddress> {
    let mut found: Vec<InterfaceAddress> = if_inet6
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let address = Ipv6Addr::from(u128::from_str_radix(fields.next()?, 16).ok()?);
            let interface = fields.nth(4)?.to_owned();
            let usable = !address.is_loopback() && !address.is_unicast_link_local();
            usable.then_some(InterfaceAddress { interface, address: IpAddr::V6(address) })
        })
        .take(MAX)
        .collect();
    found.sort();
    found
}

/// Whether the host has IPv6 on its loopback interface, from `/proc/net/if_inet6`.
#[must_use]
pub fn has_ipv6_loopback(if_inet6: &str) -> bool {
    let addresses = if_inet6.lines().filter_map(|line| line.split_ascii_whitespace().next());
    addresses
        .filter_map(|digits| u128::from_str_radix(digits, 16).ok())
        .any(|bits| Ipv6Addr::from(bits).is_loopback())
}

struct Route<'a> {
    interface: &'a str,
    network: u32,
    mask: u32,
}

fn parse_route(line: &str) -> Option<Route<'_>> {
    let mut fields = line.split_ascii_whitespace();
    let interface = fields.next()?;
    // The numbers are in the byte order of the machine, as the kernel holds them in memory.
    let mut number = |at| Some(u32::from_be_bytes(native(fields.nth(at)?)?.octets()));
    let (network, gateway, mask) = (number(0)?, number(0)?, number(4)?);
    (gateway == 0).then_some(Route { interface, network, mask })
}

fn interface_of<'a>(routes: &[Route<'a>], address: Ipv4Addr) -> &'a str {
    let bits = u32::from(address);
    routes
        .iter()
        .filter(|route| route.mask != 0 && bits & route.mask == route.network)
        .max_by_key(|route| route.mask)
        .map_or("unknown", |route| route.interface)
}

/// An IPv4 address as the kernel prints it in hex: four bytes in memory order, as one number.
fn native(hex: &str) -> Option<Ipv4Addr> {
    (hex.len() == 8)
        .then(|| u32::from_str_radix(hex, 16).ok())
        .flatten()
        .map(|number| Ipv4Addr::from(number.to_ne_bytes()))
}

/// A socket of `/proc/net/tcp`, `tcp6`, `udp` or `udp6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Socket {
    /// The local port.
    pub port: u16,
    /// The local address.
    pub address: IpAddr,
    /// The state as the kernel numbers it: [`LISTEN`], [`TIME_WAIT`].
    pub state: u8,
    /// The socket's inode: the link by which a process holds it; 0 where none does any more.
    pub inode: u64,
}

/// The state of a TCP socket that listens.
pub const LISTEN: u8 = 0x0a;
/// The state of a TCP socket that only waits for late segments.
pub const TIME_WAIT: u8 = 0x06;

/// Reads one line of such a file; `None` for its header.
#[must_use]
pub fn socket(line: &str) -> Option<Socket> {
    let mut fields = line.split_ascii_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    let state = u8::from_str_radix(fields.nth(1)?, 16).ok()?;
    let inode = fields.nth(5)?.parse().ok()?;
    let address = match address.len() {
        8 => IpAddr::V4(native(address)?),
        32 => {
            let mut octets = [0; 16];
            for (to, at) in octets.chunks_exact_mut(4).zip([0, 8, 16, 24]) {
                to.copy_from_slice(&native(address.get(at..at + 8)?)?.octets());
            }
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        _ => return None,
    };
    Some(Socket { port: u16::from_str_radix(port, 16).ok()?, address, state, inode })
}

/// The ephemeral ranges out of `ip_local_port_range`: on Linux one range serves both IP versions
/// and both transports.
#[must_use]
pub fn dynamic(text: &str) -> Option<Vec<PortRange>> {
    let mut words = text.split_ascii_whitespace();
    let (first, last) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let mut ranges = Vec::new();
    for family in [AddressFamily::V4, AddressFamily::V6] {
        for transport in [Transport::Tcp, Transport::Udp] {
            ranges.push(PortRange { family, transport, first, last });
        }
    }
    Some(ranges)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRIE: &str = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n\
        \x20    +-- 10.99.0.0/24 2 0 2\n        |-- 10.99.0.0\n           /24 link UNICAST\n\
        \x20       |-- 10.99.0.11\n           /32 host LOCAL\n        |-- 10.99.0.255\n\
        \x20          /32 link BROADCAST\n     |-- 192.0.2.7\n        /32 host LOCAL\nLocal:\n\
        \x20    |-- 10.99.0.11\n        /32 host LOCAL\n";
    const ROUTE: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n\
        eth0\t00000000\t0100630A\t0003\t0\t0\t0\t00000000\n\
        eth1\t0000630A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n";

    #[test]
    fn pairs_addresses_with_interfaces() {
        let found: Vec<(String, String)> =
            ipv4(TRIE, ROUTE).into_iter().map(|a| (a.interface, a.address.to_string())).collect();
        assert_eq!(
            found,
            [("eth1".into(), "10.99.0.11".into()), ("unknown".into(), "192.0.2.7".into())]
        );
        let six = ipv6(
            "fd000000000000000000000000000002 04 40 00 82     eth0\n\
             fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n\
             00000000000000000000000000000001 01 80 10 80       lo\nnonsense\n",
        );
        assert_eq!(six.len(), 1);
        assert_eq!(six[0].address.to_string(), "fd00::2");
    }

    #[test]
    fn reads_sockets() {
        let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
        assert_eq!(socket(header), None);
        let line = "    0: 0B00630A:0087 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1576 1 0 100 0 0 10 0";
        let address = "10.99.0.11".parse().expect("ip");
        let listens = Socket { port: 135, address, state: LISTEN, inode: 1576 };
        assert_eq!(socket(line), Some(listens));
        let six = "0: 00000000000000000000000001000000:C001 00000000000000000000000000000000:0000 06 0:0 00:0 0 0 0 0 1";
        let address = "::1".parse().expect("ip");
        let waits = Socket { port: 49153, address, state: TIME_WAIT, inode: 0 };
        assert_eq!(socket(six), Some(waits));
    }

    #[test]
    fn one_range_for_all() {
        let ranges = dynamic("32768\t60999\n").expect("two numbers");
        assert_eq!(ranges.len(), 4);
        assert!(ranges.iter().all(|range| (range.first, range.last) == (32768, 60999)));
        assert_eq!(dynamic(""), None);
        assert_eq!(dynamic("1 70000"), None);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>(), other in any::<String>()) {
            let _ = (ipv4(&text, &other), ipv6(&text), socket(&text), dynamic(&text));
        }

        #[test]
        fn takes_any_words(words in proptest::collection::vec("[0-9A-Fé:]{0,34}", 0..14)) {
            let text = format!("header\n{}", words.join(" "));
            let _ = (ipv4(&text, &text), ipv6(&text), socket(&words.join(" ")));
        }
    }
}
