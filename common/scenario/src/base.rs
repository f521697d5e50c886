//! The healthy forest from which every scenario starts.
//!
//! Forest and domain `contoso.com`; `dc1` (10.0.1.11) and `dc2` (10.0.1.12) in the site `Main`,
//! `dc3` (10.0.2.13) in the site `Branch`; DNS on each; the member `app1` (10.0.1.50) and a printer
//! (10.0.1.60). Each domain controller asks `dc1` and `dc3` for names, itself first where it is one
//! of them.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use epmesh_common::diagnosis::Link;
use epmesh_facts::{
    AddressFamily, Blank, Boot, BootMode, Directory, DnsName, Events, Filters, FirewallProfile,
    Host, HostsFile, InterfaceAddress, InterfaceDns, LmhostsFile, NtdsSettings, OsVersion,
    Platform, PortRange, PortUse, Ports, ProfileKind, RangeUse, Reading, RecordData, RecordType,
    RegistryText, Resolver, RpcSettings, StaticPort, StaticPortOwner, Transport, Trend, WatchedLog,
};
use epmesh_rpc::names;
use epmesh_windows::Release;
use uuid::Uuid;

use super::{
    base_services::{self, Start},
    world::{Kind, Machine, World, Zone, ago},
};

/// The forest's and the domain's name.
pub(super) const FOREST: &str = "contoso.com";

/// The protocol sequences that `ClientProtocols` has by default.
const CLIENT_PROTOCOLS: [&str; 5] =
    ["ncacn_http", "ncacn_ip_tcp", "ncacn_nb_tcp", "ncacn_np", "ncacn_ip_udp"];

/// The plan of a computer of the forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plot<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    pub(super) number: u8,
    pub(super) address: IpAddr,
    pub(super) site: &'a str,
    pub(super) platform: Platform,
    pub(super) release: Release,
    /// How long ago it was started.
    pub(super) booted: Duration,
}

impl<'a> Plot<'a> {
    pub(super) const fn dc(name: &'a str, number: u8, address: IpAddr, site: &'a str) -> Self {
        Self {
            name,
            kind: Kind::Dc,
            number,
            address,
            site,
            platform: Platform::Windows,
            release: Release::Windows2019,
            booted: Duration::from_secs(9 * 86_400),
        }
    }

    pub(super) const fn member(name: &'a str, number: u8, address: IpAddr) -> Self {
        Self { kind: Kind::Member, ..Self::dc(name, number, address, "Main") }
    }
}

/// The GUID of the NTDS Settings object of the domain controller with this number.
pub(super) const fn guid(number: u8) -> Uuid {
    let digit = number as u128;
    // The digit eight times, then a version 4 GUID that ends in the number.
    Uuid::from_u128(((digit * 0x1111_1111) << 96) | (0x4000_8000 << 48) | digit)
}

/// A version that says which release a Windows is.
pub(super) const fn version(release: Release) -> OsVersion {
    let (major, minor, build) = match release {
        Release::Windows2000 => (5, 0, 2195),
        Release::Windows2003 => (5, 2, 3790),
        Release::Windows2008 => (6, 0, 6003),
        Release::Windows2008R2 => (6, 1, 7601),
        Release::Windows2012 => (6, 2, 9200),
        Release::Windows2012R2 => (6, 3, 9600),
        Release::Windows2016 => (10, 0, 14_393),
        Release::Windows2019 => (10, 0, 17_763),
        Release::Windows2022 => (10, 0, 20_348),
        Release::Windows2025 => (10, 0, 26_100),
    };
    OsVersion { major, minor, build }
}

/// The DNS name of a computer that a scenario calls by its first label.
pub(super) fn full_name(name: &str) -> Option<DnsName> {
    if name.contains('.') { name.parse() } else { format!("{name}.{FOREST}").parse() }.ok()
}

/// A computer as it is where nothing is wrong with it.
pub(super) fn machine(plot: &Plot<'_>) -> Option<Machine> {
    let Plot { name, kind, platform, release, .. } = *plot;
    let windows = platform == Platform::Windows;
    let booted = ago(plot.booted);
    let start = Start { platform, release, kind, booted };
    let made = base_services::services(&start);
    let mut machine = Machine {
        name: name.to_owned(),
        kind,
        has_agent: kind == Kind::Dc,
        is_off: false,
        host: host(plot)?,
        map: made.map,
        map_failure: None,
        stated_map: std::collections::BTreeSet::new(),
        servers: made.servers,
        services: made.services,
        stated_services: std::collections::BTreeSet::new(),
        ports: ports(platform, release),
        port_use: PortUse::blank(&Blank::Absent),
        resolver: resolver(platform),
        cache: windows.then(Vec::new),
        directory: Directory {
            invocation_id: Reading::Value(guid(plot.number | 0x80)),
            global_catalog: Reading::Value(true),
            read_only: Reading::Value(false),
            ..Directory::blank(&Blank::Absent)
        },
        neighbours: Vec::new(),
        directory_objects: None,
        rpc: if windows { settings() } else { RpcSettings::blank(&Blank::NotApplicable) },
        filters: if windows { filters() } else { Filters::blank(&Blank::NotApplicable) },
        filtered_for: std::collections::BTreeSet::new(),
        events: Events {
            since: Reading::Value(ago(Duration::from_secs(7 * 86_400))),
            list: Reading::Value(Vec::new()),
            logs: Reading::Value(
                ["Directory Service", "System", "Security"]
                    .map(|log| WatchedLog {
                        log: log.to_owned(),
                        since: Reading::Value(ago(Duration::from_secs(7 * 86_400))),
                    })
                    .to_vec(),
            ),
            left_out: Reading::Value(0),
        },
        registrations: Vec::new(),
        said: Duration::from_secs(15),
        said_of: BTreeMap::new(),
        looked: Some(Duration::from_secs(10)),
        same_for: Some(Duration::from_secs(60)),
        heard_since: None,
        in_state_for: BTreeMap::new(),
        clock_ahead_ms: 0,
        not_said: std::collections::BTreeSet::new(),
        unreadable: BTreeMap::new(),
    };
    for (port, pid) in made.listeners {
        machine.listen(port, pid);
    }
    let used =
        |range| RangeUse { range, used_percent: 5, time_wait_percent: 5, trend: Trend::Steady };
    let ranges = machine.ports.dynamic.value().cloned().unwrap_or_default();
    machine.port_use = PortUse {
        ranges: Reading::Value(ranges.into_iter().map(used).collect()),
        top: Reading::Value(Vec::new()),
        rpc: Reading::Absent,
    };
    Some(machine)
}

fn host(plot: &Plot<'_>) -> Option<Host> {
    let Plot { name, platform, release, .. } = *plot;
    let windows = platform == Platform::Windows;
    let os =
        if windows { release.to_string() } else { "Debian GNU/Linux 12, Samba 4.17".to_owned() };
    let dc = plot.kind == Kind::Dc;
    Some(Host {
        netbios_name: Reading::Value(name.to_uppercase()),
        domain: Reading::Value(FOREST.parse().ok()?),
        forest: Reading::Value(FOREST.parse().ok()?),
        site: Reading::Value(plot.site.to_owned()),
        dsa_guid: if dc { Reading::Value(guid(plot.number)) } else { Reading::NotApplicable },
        addresses: Reading::Value(vec![InterfaceAddress {
            interface: if windows { "Ethernet".to_owned() } else { "eth0".to_owned() },
            address: plot.address,
        }]),
        os: Reading::Value(os),
        boot: Reading::Value(boot(name, plot.booted)),
        version: if windows { Reading::Value(version(release)) } else { Reading::Absent },
        boot_mode: if windows { Reading::Value(BootMode::Normal) } else { Reading::NotApplicable },
        ..Host::blank(full_name(name)?, platform, "0.1.0", &Blank::Absent)
    })
}

/// The present life of a computer.
pub(super) fn boot(name: &str, booted: Duration) -> Boot {
    Boot { id: format!("{name}-this-boot"), at: ago(booted) }
}

fn ports(platform: Platform, release: Release) -> Ports {
    use AddressFamily::{V4, V6};
    let (first, last) = match (platform, release) {
        (Platform::Windows, Release::Windows2000 | Release::Windows2003) => (1025, 5000),
        (Platform::Windows, _) => (49_152, 65_535),
        _ => (32_768, 60_999),
    };
    let range = |family, transport| PortRange { family, transport, first, last };
    Ports {
        dynamic: Reading::Value(vec![
            range(V4, Transport::Tcp),
            range(V4, Transport::Udp),
            range(V6, Transport::Tcp),
            range(V6, Transport::Udp),
        ]),
        rpc: match platform {
            Platform::Windows => Reading::Absent,
            _ => Reading::Value(vec![PortRange {
                first: 49_152,
                last: 65_535,
                ..range(V4, Transport::Tcp)
            }]),
        },
        listeners: Reading::Value(Vec::new()),
    }
}

fn resolver(platform: Platform) -> Resolver {
    let windows = platform == Platform::Windows;
    let file = |windows_path: &str, other: &str| {
        if windows { windows_path.to_owned() } else { other.to_owned() }
    };
    let hosts = HostsFile {
        path: file(r"C:\Windows\System32\drivers\etc\hosts", "/etc/hosts"),
        lines: Vec::new(),
    };
    let lmhosts = LmhostsFile {
        path: r"C:\Windows\System32\drivers\etc\lmhosts".to_owned(),
        lines: Vec::new(),
        includes: Vec::new(),
    };
    Resolver {
        hosts: Reading::Value(hosts),
        lmhosts: if windows { Reading::Value(lmhosts) } else { Reading::NotApplicable },
        search: Reading::Value(FOREST.parse().into_iter().collect()),
        wins: if windows { Reading::Value(Vec::new()) } else { Reading::NotApplicable },
        ..Resolver::blank(&Blank::Absent)
    }
}

/// The settings of a Windows that nobody has touched.
fn settings() -> RpcSettings {
    let value = |name: &str| RegistryText { name: name.to_owned(), data: "rpcrt4.dll".to_owned() };
    let mut protocols: Vec<RegistryText> = CLIENT_PROTOCOLS.into_iter().map(value).collect();
    protocols.sort_by(|one, other| one.name.cmp(&other.name));
    RpcSettings {
        client_protocols: Reading::Value(protocols),
        static_ports: StaticPortOwner::ALL
            .map(|owner| StaticPort { owner, port: Reading::Absent })
            .to_vec(),
        near_misses: Reading::Value(Vec::new()),
        near_misses_left_out: Reading::Value(0),
        ..RpcSettings::blank(&Blank::Absent)
    }
}

fn filters() -> Filters {
    let on = |kind| FirewallProfile { kind, enabled: true };
    let profiles = [ProfileKind::Domain, ProfileKind::Private, ProfileKind::Public].map(on);
    Filters {
        profiles: Reading::Value(profiles.to_vec()),
        rpc: Reading::Value(Vec::new()),
        rpc_left_out: Reading::Value(0),
    }
}

/// The healthy forest. `None` cannot be: a test makes it.
pub(super) fn forest(platform: Platform, release: Release) -> Option<World> {
    let v4 = |third, last| IpAddr::from([10, 0, third, last]);
    let dcs = [
        ("dc1", 1, v4(1, 11), "Main"),
        ("dc2", 2, v4(1, 12), "Main"),
        ("dc3", 3, v4(2, 13), "Branch"),
    ];
    let dc = |(name, number, address, site)| {
        machine(&Plot { platform, release, ..Plot::dc(name, number, address, site) })
    };
    let mut machines: Vec<Machine> = dcs.into_iter().map(dc).collect::<Option<_>>()?;
    machines.push(machine(&Plot::member("app1", 0x50, v4(1, 50)))?);
    machines
        .push(machine(&Plot { kind: Kind::Other, ..Plot::member("printer", 0x60, v4(1, 60)) })?);
    let interface = names::find("drsuapi")?;
    let link = Link { destination: full_name("dc1")?, source: full_name("dc2")?, interface };
    Some(World {
        forest: FOREST.parse().ok()?,
        machines,
        dns: BTreeMap::new(),
        dns_for: BTreeMap::new(),
        wins: BTreeMap::new(),
        blocks: Vec::new(),
        translations: Vec::new(),
        stated_looks: Vec::new(),
        link,
    })
}

/// Works out what follows for everybody from who is there: the zone on every DNS server, the DNS servers that
/// each asks, the NTDS Settings objects in every copy of the directory.
pub(super) fn arrange(world: &mut World) {
    let dc_address =
        |name: &str| world.machine(name).and_then(|dc| dc.addresses().first().copied());
    let servers: Vec<IpAddr> = ["dc1", "dc3"].into_iter().filter_map(dc_address).collect();
    let zone = zone(world);
    for address in
        world.machines.iter().filter(|one| one.kind == Kind::Dc).flat_map(Machine::addresses)
    {
        world.dns.insert(address, zone.clone());
    }
    let settings: Vec<NtdsSettings> = world.machines.iter().filter_map(object).collect();
    for machine in &mut world.machines {
        let own = machine.addresses();
        let mut order = servers.clone();
        order.sort_by_key(|server| !own.contains(server));
        let told = InterfaceDns {
            interface: "Ethernet".to_owned(),
            servers: order.clone(),
            suffix: None,
            registers: Reading::Value(true),
        };
        machine.resolver.servers = Reading::Value(order);
        machine.resolver.interfaces = Reading::Value(vec![told]);
        if machine.kind == Kind::Dc {
            machine.directory.settings = Reading::Value(settings.clone());
        }
    }
}

/// The NTDS Settings object of a domain controller.
fn object(dc: &Machine) -> Option<NtdsSettings> {
    Some(NtdsSettings {
        server: dc.name.to_uppercase(),
        host: Some(dc.host.name.clone()),
        dsa_guid: dc.guid()?,
        site: dc.host.site.value().cloned(),
        // Long before anything in a scenario.
        created: Some(ago(Duration::from_secs(400 * 86_400))),
    })
}

fn zone(world: &World) -> Zone {
    let mut zone = Zone::default();
    for machine in &world.machines {
        for address in machine.addresses() {
            let kind = RecordType::of(address);
            let name = machine.host.name.clone();
            zone.records.entry((name, kind)).or_default().push(RecordData::Address(address));
        }
        if let Some(alias) = machine.guid().and_then(|guid| world.forest.dsa_alias(guid).ok()) {
            let target = RecordData::Alias(machine.host.name.clone());
            zone.records.insert((alias, RecordType::Cname), vec![target]);
        }
    }
    zone
}
