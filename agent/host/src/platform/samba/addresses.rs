//! This host's own addresses, from `/proc/net`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use epmesh_facts::{InterfaceAddress, Reading};

use super::{live::Live, net};
use crate::os::read::FileError;

impl Live {
    pub(super) fn addresses(&self) -> Reading<Vec<InterfaceAddress>> {
        let four = || {
            let trie = self.read("/proc/net/fib_trie")?;
            Ok::<_, FileError>(net::ipv4(&trie, &self.read("/proc/net/route")?))
        };
        let mut all = match four() {
            Ok(four) => four,
            Err(error) => return Reading::unreadable(&error),
        };
        match self.read("/proc/net/if_inet6") {
            Ok(text) => all.extend(net::ipv6(&text)),
            // A kernel without IPv6 has no such file.
            Err(error) if error.is_absent() => {}
            Err(error) => return Reading::unreadable(&error),
        }
        all.sort();
        Reading::Value(all)
    }

    /// The addresses of loopback: that of IPv6 where the host has it. One without is no fault.
    pub(super) fn loopback(&self) -> Vec<IpAddr> {
        let six = self.read("/proc/net/if_inet6").is_ok_and(|text| net::has_ipv6_loopback(&text));
        let six = six.then_some(IpAddr::V6(Ipv6Addr::LOCALHOST));
        std::iter::once(IpAddr::V4(Ipv4Addr::LOCALHOST)).chain(six).collect()
    }
}
