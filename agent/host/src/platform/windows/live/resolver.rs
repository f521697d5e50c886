//! The section on the resolver: the settings by which this host turns names into addresses.

use std::{
    net::{IpAddr, Ipv6Addr},
    path::PathBuf,
};

use epmesh_facts::{
    DnsName, HostsFile, InterfaceDns, LmhostsFile, Reading, RegisteredName, Resolver,
};
use epmesh_wire::limits;

use super::host_state::Live;
use crate::{
    name_files::{hosts, lmhosts},
    os::read::{FileError, read_text},
    platform::windows::{
        ffi::{
            self,
            adapters::Adapter,
            names::{NameKind, computer_name},
        },
        names, netlogon_dns,
        registry::Registry,
    },
};

/// What remembers names: see [`super::cache`].
const DNS_CLIENT: &str = "the DNS client's cache, which every look is told the content of";

impl Live {
    pub(super) fn resolver(&self) -> Resolver {
        let registry = self.registry();
        let adapters = ffi::adapters::all().map(|mut all| {
            all.retain(|adapter| adapter.up && !adapter.loopback);
            // The servers of the interface with the lowest metric are asked first.
            all.sort_by_key(|adapter| adapter.metric);
            all
        });
        let of_all = |of: fn(&Adapter) -> Vec<IpAddr>| match &adapters {
            Ok(adapters) => some(once_each(adapters.iter().flat_map(of)))
                .and_then(|all| Reading::whole(all, limits::DNS_SERVERS, "DNS servers")),
            Err(error) => Reading::unreadable(error),
        };
        Resolver {
            hosts: self.hosts(),
            servers: of_all(dns_servers),
            search: match names::search(registry) {
                // Without a list, the host's own suffix and those of its interfaces count.
                Reading::Absent => suffixes(adapters.as_deref()),
                read => read,
            },
            lmhosts: self.lmhosts(),
            wins: match adapters.as_deref().map(|all| wins(registry, all)) {
                Ok(Reading::Absent) => names::wins(registry),
                Ok(read) => read,
                Err(error) => Reading::unreadable(error),
            },
            interfaces: match &adapters {
                Ok(adapters) => Reading::Value(adapters.iter().map(told).collect()),
                Err(error) => Reading::unreadable(error),
            },
            registered: self.registered().and_then(netlogon_dns::listed),
            cache: Reading::Value(DNS_CLIENT.to_owned()),
        }
    }

    fn hosts(&self) -> Reading<HostsFile> {
        self.database("hosts").map(|(path, text)| hosts::parse(&path, &text))
    }

    fn lmhosts(&self) -> Reading<LmhostsFile> {
        match names::lmhosts_enabled(self.registry()) {
            // It is not looked into, whatever it holds.
            Reading::Value(false) => Reading::NotApplicable,
            Reading::Unreadable(why) => Reading::Unreadable(why),
            _ => self.database("lmhosts").map(|(path, text)| lmhosts::parse(&path, &text)),
        }
    }

    /// A file of the folder that the hosts file lies in: its path and its text.
    fn database(&self, file: &str) -> Reading<(String, String)> {
        let folder = match ffi::names::windows_folder() {
            Ok(root) => names::database_path(self.registry(), &root),
            Err(error) => return Reading::unreadable(&error),
        };
        match folder {
            Reading::Value(folder) => {
                let path = format!("{folder}\\{file}");
                read(&PathBuf::from(&path)).map(|text| (path, text))
            }
            Reading::Absent => Reading::Absent,
            Reading::NotApplicable => Reading::NotApplicable,
            Reading::Unreadable(why) => Reading::Unreadable(why),
        }
    }

    /// The names that Netlogon registers in DNS, however many. A host that is no domain controller has no such
    /// file.
    pub(super) fn registered(&self) -> Reading<Vec<RegisteredName>> {
        match ffi::names::windows_folder() {
            Ok(root) => read(&PathBuf::from(root).join(r"System32\config\netlogon.dns"))
                .map(|text| netlogon_dns::parse(&text)),
            Err(error) => Reading::unreadable(&error),
        }
    }
}

fn read(path: &std::path::Path) -> Reading<String> {
    let result: Result<String, FileError> = read_text(path);
    match result {
        Ok(text) => Reading::Value(text),
        Err(error) if error.is_absent() => Reading::Absent,
        Err(error) => Reading::unreadable(&error),
    }
}

/// The DNS servers that are really asked: Windows lists three site-local addresses, which nobody
/// has, for an interface that was told of no server over IPv6.
fn dns_servers(adapter: &Adapter) -> Vec<IpAddr> {
    let placeholder = |address: &IpAddr| match address {
        IpAddr::V6(address) => {
            let base = Ipv6Addr::new(0xfec0, 0, 0, 0xffff, 0, 0, 0, 0).to_bits();
            (1..=3).contains(&address.to_bits().wrapping_sub(base))
        }
        IpAddr::V4(_) => false,
    };
    adapter.dns.iter().copied().filter(|address| !placeholder(address)).collect()
}

/// The WINS servers that are asked: none of an interface on which NetBIOS is switched off.
fn wins(registry: &dyn Registry, adapters: &[Adapter]) -> Reading<Vec<IpAddr>> {
    let mut servers = Vec::new();
    for adapter in adapters.iter().filter(|adapter| !adapter.wins.is_empty()) {
        match names::netbios_off(registry, &adapter.guid) {
            Reading::Value(true) => {}
            Reading::Unreadable(why) => return Reading::Unreadable(why),
            _ => servers.extend(adapter.wins.iter().copied()),
        }
    }
    some(once_each(servers.into_iter()))
        .and_then(|all| Reading::whole(all, limits::DNS_SERVERS, "WINS servers"))
}

fn told(adapter: &Adapter) -> InterfaceDns {
    InterfaceDns {
        interface: adapter.name.clone(),
        servers: dns_servers(adapter),
        suffix: adapter.suffix.parse().ok(),
        registers: Reading::Value(adapter.registers),
    }
}

fn suffixes(adapters: Result<&[Adapter], &std::io::Error>) -> Reading<Vec<DnsName>> {
    let adapters = match adapters {
        Ok(adapters) => adapters,
        Err(error) => return Reading::unreadable(error),
    };
    let own = computer_name(NameKind::DnsDomain).ok();
    let all = own.as_deref().into_iter().chain(adapters.iter().map(|one| one.suffix.as_str()));
    some(once_each(all.filter_map(|suffix| suffix.parse().ok())))
}

fn once_each<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

fn some<T>(all: Vec<T>) -> Reading<Vec<T>> {
    if all.is_empty() { Reading::Absent } else { Reading::Value(all) }
}
