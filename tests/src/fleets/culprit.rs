//! Whom a verdict has to name for each fault: the very thing that was broken, from the injection.

use std::net::IpAddr;

use epmesh_common::{diagnosis::Culprit, facts::Platform};
use uuid::Uuid;

use super::{fault::Fault, kind::Kind, own::netbios, world::World};

/// What a culprit has to hold: one of these kinds, and the texts in its name and its value.
struct Wanted {
    kinds: &'static [&'static str],
    name: Vec<String>,
    value: Vec<String>,
}

fn wanted<const N: usize>(
    kinds: &'static [&'static str],
    name: impl Into<String>,
    value: [&str; N],
) -> Wanted {
    let value = value.iter().map(|text| (*text).to_owned()).collect();
    Wanted { kinds, name: vec![name.into()], value }
}

/// Whether `culprit` is what the fault broke, on the link from the second to the first.
#[must_use]
pub fn names(
    world: &World,
    fault: &Fault,
    (destination, source): (usize, usize),
    culprit: Option<&Culprit>,
) -> bool {
    let Some(culprit) = culprit else { return false };
    let holds = |one: &Wanted| {
        one.kinds.contains(&culprit.kind.as_str())
            && one.name.iter().all(|part| culprit.name.contains(part))
            && one.value.iter().all(|part| culprit.value.contains(part))
    };
    all(world, fault, source).iter().any(holds) && servers(world, fault, destination, &culprit.name)
}

/// Whether `culprit` says what only the whole of the fault shows: of what comes back and goes again
/// that it does, so that nobody thinks that to start it once more will do.
#[must_use]
pub fn tells_all(fault: &Fault, culprit: Option<&Culprit>) -> bool {
    let flapping = |culprit: &Culprit| culprit.value.contains("flapping");
    !fault.kind.comes_back() || culprit.is_some_and(flapping)
}

/// A record that is wrong on one DNS server alone is not put down to another.
fn servers(world: &World, fault: &Fault, destination: usize, name: &str) -> bool {
    let (Some(server), Some((_, list))) = (fault.server, name.split_once(" on DNS server ")) else {
        return true;
    };
    list.split(", ").all(|one| {
        let address = one.split(' ').next().unwrap_or(one);
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        world.dcs[server].addresses.contains(&address)
            || (address.is_loopback() && destination == server)
    })
}

/// Whatever may rightly be named; where several may, the evidence decides which.
fn all(world: &World, fault: &Fault, from: usize) -> Vec<Wanted> {
    let (source, client) = (&world.dcs[fault.source], &world.dcs[fault.destination]);
    let (s, port) = (&source.name, source.directory.port);
    let wrong = fault.wrong.to_string();
    let wrong = wrong.as_str();
    let record = if fault.wrong.is_ipv4() { "A" } else { "AAAA" };
    // Between sites the port is that of the source that the link is about.
    let there = &world.dcs[from];
    let at_port = |port: u16| wanted(&["port"], format!("port {port} ({})", there.name), []);
    let firewall = |port: u16| {
        wanted(&["firewall"], format!("the firewall of {s}"), [format!("port {port}").as_str()])
    };
    let dns = |record: &str, name: &str, value: &str| {
        wanted(&["dns-record"], format!("{record} {name} on DNS server "), [value])
    };
    let alias = source.alias();
    let one = match fault.kind {
        Kind::NeverStarted | Kind::Died => wanted(&["service"], format!("NTDS on {s}"), []),
        Kind::Unregistered | Kind::NeverRegistered | Kind::PipeOnly => {
            wanted(&["registration"], format!(" on {s}"), [])
        }
        Kind::RestoreMode => wanted(&["boot-mode"], s.as_str(), ["Directory Services Repair Mode"]),
        Kind::EndpointToNobody | Kind::EndpointToAnother => at_port(port),
        Kind::HiddenByFilter => wanted(&["rpc-filter"], format!("on {s} at "), ["denied"]),
        Kind::PathInspected => wanted(&["registration"], format!("{s} at "), ["denied"]),
        Kind::AccessDenied => wanted(&["endpoint-mapper", "registry-value"], s.as_str(), []),
        Kind::MapperDown => wanted(&["endpoint-mapper", "port"], s.as_str(), []),
        Kind::MapperDisabled => {
            wanted(&["endpoint-mapper", "service"], format!("RpcEptMapper on {s}"), ["disabled"])
        }
        Kind::HostDown | Kind::SitesBlockMapper | Kind::PathBlocksMapper => at_port(135),
        Kind::HostBlocksMapper => return vec![at_port(135), firewall(135)],
        Kind::HostBlocksPort => return vec![at_port(port), firewall(port)],
        Kind::SitesBlockPorts => at_port(there.directory.port),
        Kind::HostBlocksAddress => {
            return vec![wanted(&["port"], format!("{wrong} port 135 ({s})"), []), firewall(135)];
        }
        Kind::AddressStaleOnOne | Kind::AddressStaleOnAll | Kind::AddressTwice => {
            dns(record, s.as_str(), wrong)
        }
        Kind::AliasWrong => dns("CNAME", alias.as_str(), world.dcs[fault.other].name.as_str()),
        Kind::AliasMissingOnOne | Kind::AliasMissingOnAll => {
            dns("CNAME", alias.as_str(), "no such record")
        }
        Kind::NameMissingOnOne => dns("A", s.as_str(), "no address"),
        Kind::HostsLine => {
            wanted(&["hosts-line"], format!(":{} on {}", fault.line(), client.name), [wrong])
        }
        Kind::LmhostsLine => {
            wanted(&["lmhosts-line"], format!(":{} on {}", fault.line(), client.name), [wrong])
        }
        Kind::WinsStale => {
            wanted(&["wins-record"], format!("{} on WINS server ", s.host()), [wrong])
        }
        Kind::FewPorts => {
            wanted(&["registry-value"], format!(r"Rpc\Internet on {s}"), ["5000-5009"])
        }
        Kind::ComesAndGoes => wanted(&["service"], format!("samba task[rpc] on {s}"), []),
        Kind::RegistrationComesAndGoes => {
            let service =
                if source.platform == Platform::Windows { "NTDS" } else { "samba task[rpc]" };
            wanted(&["registration"], format!("{service} on {s}"), [])
        }
        Kind::ListedPortsTaken => {
            let name = format!(r"Rpc\Internet on {s}");
            wanted(&["registry-value", "port-range"], name, ["120 ports are taken"])
        }
        Kind::DynamicPortsTaken if from == fault.source => {
            wanted(&["port-range"], format!("dynamic TCP ports 49152-65535 on {s}"), [])
        }
        Kind::CacheStale => wanted(&["dns-cache"], format!("cache of {}", client.name), [wrong]),
        Kind::SettingsStale => {
            let name =
                format!("NTDS Settings of {} in the directory of {}", netbios(source), client.name);
            let old = Uuid::from_u128(source.guid.as_u128() ^ 1);
            let value =
                [format!("objectGUID {old}"), format!("the source's own is {}", source.guid)];
            Wanted { kinds: &["ntds-settings"], name: vec![name], value: value.into() }
        }
        Kind::NoProtocols => {
            wanted(&["registry-value"], format!(r"Rpc\ClientProtocols on {s}"), ["missing"])
        }
        Kind::EmptyLinkage => {
            wanted(&["registry-value"], format!("Linkage, Bind on {s}"), ["empty"])
        }
        Kind::BadPorts => {
            wanted(&["registry-value"], format!(r"Rpc\Internet on {s}"), ["5000-70000"])
        }
        Kind::SamePortTwice => wanted(&["static-port"], format!(" on {s}"), ["50500"]),
        Kind::HostPortsUsedUp | Kind::DynamicPortsTaken => {
            wanted(&["port-range"], format!(" of {s}"), [])
        }
    };
    vec![one]
}
