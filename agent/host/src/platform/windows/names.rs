//! Name resolution on a Windows host, as far as the registry tells of it.

use std::net::IpAddr;

use epmesh_facts::{DnsName, InterfaceDns, Reading};
use epmesh_wire::limits;

use super::{
    keys,
    registry::{Registry, RegistryError},
    typed::{addresses, filled, number, text},
};

/// The most interfaces that are read; hosts keep the settings of every adapter they ever had.
const MAX_INTERFACES: usize = 1024;

/// The domain suffix of the computer's full name (`NV Domain` counts after the next start,
/// `Domain` now).
#[must_use]
pub fn domain(registry: &dyn Registry) -> Reading<DnsName> {
    for name in ["Domain", "NV Domain"] {
        match filled(text(registry, keys::TCPIP, name)) {
            Reading::Value(text) => match text.trim().parse() {
                Ok(domain) => return Reading::Value(domain),
                Err(error) => return Reading::unreadable(&error),
            },
            Reading::Unreadable(why) => return Reading::Unreadable(why),
            Reading::Absent | Reading::NotApplicable => {}
        }
    }
    Reading::Absent
}

/// The suffixes that are appended to single labels: the list of the group policy, else the host's
/// own; absent where the host goes by its domain.
#[must_use]
pub fn search(registry: &dyn Registry) -> Reading<Vec<DnsName>> {
    for key in ["SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient", keys::TCPIP] {
        match filled(text(registry, key, "SearchList")) {
            Reading::Value(list) => {
                let words = list.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
                let suffixes = words.filter_map(|word| word.parse().ok()).collect();
                return Reading::whole(suffixes, limits::SEARCH_NAMES, "suffixes in SearchList");
            }
            Reading::Unreadable(why) => return Reading::Unreadable(why),
            Reading::Absent | Reading::NotApplicable => {}
        }
    }
    Reading::Absent
}

/// The DNS settings of each interface, from configuration or DHCP. Interfaces that are told nothing are left
/// out; those of adapters that are gone are not.
#[must_use]
pub fn interfaces(registry: &dyn Registry) -> Reading<Vec<InterfaceDns>> {
    read_interfaces(registry).unwrap_or_else(|error| Reading::unreadable(&error))
}

fn read_interfaces(registry: &dyn Registry) -> Result<Reading<Vec<InterfaceDns>>, RegistryError> {
    let mut told: Vec<InterfaceDns> = Vec::new();
    let mut any = false;
    for base in [keys::TCPIP, keys::TCPIP6] {
        let base = format!("{base}\\Interfaces");
        let Some(guids) = registry.subkeys(&base)? else { continue };
        any = true;
        let guids = match Reading::whole(guids, MAX_INTERFACES, &format!("keys below HKLM\\{base}"))
        {
            Reading::Value(guids) => guids,
            other => return Ok(other.map(|_| Vec::new())),
        };
        for guid in guids {
            let key = format!("{base}\\{guid}");
            // What is configured counts before what DHCP gave.
            let first = |names: [&str; 2]| -> Option<String> {
                names.iter().find_map(|name| filled(text(registry, &key, name)).value().cloned())
            };
            let servers = first(["NameServer", "DhcpNameServer"]).unwrap_or_default();
            let servers = addresses([servers.as_str()]);
            let suffix = first(["Domain", "DhcpDomain"]).and_then(|text| text.trim().parse().ok());
            if servers.is_empty() && suffix.is_none() {
                continue;
            }
            let interface = connection(registry, &guid);
            match told.iter_mut().find(|known| known.interface == interface) {
                Some(known) => {
                    known.servers.extend(servers);
                    known.suffix = known.suffix.take().or(suffix);
                }
                None => told.push(InterfaceDns {
                    interface,
                    servers,
                    suffix,
                    registers: Reading::unseen("the registry alone does not tell it"),
                }),
            }
        }
    }
    for one in &mut told {
        let name = &one.interface;
        let servers = std::mem::take(&mut one.servers);
        match Reading::whole(servers, limits::DNS_SERVERS, &format!("DNS servers of {name}")) {
            Reading::Value(servers) => one.servers = servers,
            other => return Ok(other.map(|_| Vec::new())),
        }
    }
    // Without the key there is no TCP/IP, which no reader of this registry can be without.
    Ok(match any {
        true => Reading::Value(told),
        false => Reading::unseen(format!("the registry has no key HKLM\\{}", keys::TCPIP)),
    })
}

/// The name of the interface with this GUID, or the GUID itself.
fn connection(registry: &dyn Registry, guid: &str) -> String {
    let key = format!("{}\\{guid}\\Connection", keys::CONNECTIONS);
    let name = filled(text(registry, &key, "Name"));
    name.value().map_or(guid, String::as_str).chars().take(256).collect()
}

/// Whether NetBIOS over TCP/IP is switched off on the interface with this GUID, braces and all: its
/// WINS servers are then asked for nothing.
#[must_use]
pub fn netbios_off(registry: &dyn Registry, guid: &str) -> Reading<bool> {
    switched_off(registry, &format!("{}\\Interfaces\\Tcpip_{guid}", keys::NETBT))
}

/// `NetbiosOptions` is 2; where it is 0 or missing, DHCP decides (KB 313314), and without that it is on.
fn switched_off(registry: &dyn Registry, key: &str) -> Reading<bool> {
    for name in ["NetbiosOptions", "DhcpNetbiosOptions"] {
        match number(registry, key, name) {
            Reading::Value(0) | Reading::Absent | Reading::NotApplicable => {}
            told => return told.map(|option| option == 2),
        }
    }
    Reading::Value(false)
}

/// The WINS servers of all interfaces, in the order in which they are asked, each once; without those
/// of interfaces on which NetBIOS is switched off.
#[must_use]
pub fn wins(registry: &dyn Registry) -> Reading<Vec<IpAddr>> {
    read_wins(registry).unwrap_or_else(|error| Reading::unreadable(&error))
}

fn read_wins(registry: &dyn Registry) -> Result<Reading<Vec<IpAddr>>, RegistryError> {
    let base = format!("{}\\Interfaces", keys::NETBT);
    let mut servers: Vec<IpAddr> = Vec::new();
    let keys = registry.subkeys(&base)?.unwrap_or_default();
    let keys = match Reading::whole(keys, MAX_INTERFACES, &format!("keys below HKLM\\{base}")) {
        Reading::Value(keys) => keys,
        other => return Ok(other.map(|_| Vec::new())),
    };
    for name in keys {
        let key = format!("{base}\\{name}");
        match switched_off(registry, &key) {
            Reading::Value(true) => continue,
            Reading::Unreadable(why) => return Ok(Reading::Unreadable(why)),
            _ => {}
        }
        let mut of_interface = Vec::new();
        for name in ["NameServerList", "DhcpNameServerList"] {
            let values = registry.value(&key, name)?;
            let lines = match &values {
                Some(super::registry::Data::Lines(lines)) => lines.as_slice(),
                _ => &[],
            };
            of_interface = addresses(lines.iter().map(String::as_str));
            if !of_interface.is_empty() {
                break;
            }
        }
        for server in of_interface {
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
    }
    Ok(match servers.is_empty() {
        true => Reading::Absent,
        false => Reading::whole(servers, limits::DNS_SERVERS, "WINS servers"),
    })
}

/// Whether the LMHOSTS file is used (`EnableLMHOSTS`; it is unless this says 0).
#[must_use]
pub fn lmhosts_enabled(registry: &dyn Registry) -> Reading<bool> {
    match number(registry, keys::NETBT, "EnableLMHOSTS") {
        Reading::Absent => Reading::Value(true),
        other => other.map(|number| number != 0),
    }
}

/// The folder of the hosts and LMHOSTS files. `system_root` is what `%SystemRoot%` stands for.
/// A hosts file that seems not to count is often one that was edited in the wrong folder.
#[must_use]
pub fn database_path(registry: &dyn Registry, system_root: &str) -> Reading<String> {
    let path = match filled(text(registry, keys::TCPIP, "DataBasePath")) {
        Reading::Value(path) => path,
        Reading::Absent | Reading::NotApplicable => r"%SystemRoot%\System32\drivers\etc".to_owned(),
        Reading::Unreadable(why) => return Reading::Unreadable(why),
    };
    match expand(&path, system_root) {
        Some(path) => Reading::Value(path.trim_end_matches('\\').to_owned()),
        None => Reading::unseen(format!(
            "DataBasePath of HKLM\\{} is {path:?}, in which more than %SystemRoot% stands for \
             something else",
            keys::TCPIP
        )),
    }
}

fn expand(path: &str, system_root: &str) -> Option<String> {
    let variable = "%SystemRoot%";
    let path = match path.get(..variable.len()) {
        Some(head) if head.eq_ignore_ascii_case(variable) => {
            format!("{system_root}{}", path.get(variable.len()..)?)
        }
        _ => path.to_owned(),
    };
    (!path.contains('%')).then_some(path)
}
