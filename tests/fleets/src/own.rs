//! An agent's statements on its own host: the world at one moment, read as an agent reads it, with
//! the times inside by the host's own clock.

use epmesh_common::{
    facts::{
        Blank, Boot, Directory, Events, Filters, FirewallProfile, Host, HostsFile,
        InterfaceAddress, LmhostsFile, Neighbour, NtdsSettings, OsVersion, Platform, Process,
        ProfileKind, Reading, Replication, Resolver, Section, Service, ServiceRole, ServiceState,
        Services, StartType, Timestamp,
    },
    rpc::{InterfaceId, names},
};

use super::{
    map::map,
    ports::{port_use, ports},
    world::{Dc, World},
};

/// Directory replication, the interface that the fleets watch.
#[must_use]
pub fn drsuapi() -> InterfaceId {
    names::find("drsuapi").expect("drsuapi has a name")
}

/// Every section that the agent of `at` reads.
#[must_use]
pub fn sections(world: &World, at: usize, neighbours: &[Neighbour]) -> Vec<Section> {
    let dc = &world.dcs[at];
    vec![
        Section::Host(host(dc)),
        Section::EndpointMap(map(world, at)),
        Section::Services(services(dc)),
        Section::Ports(ports(world, at)),
        Section::Resolver(resolver(dc)),
        Section::Directory(directory(world, at)),
        Section::Replication(Replication {
            neighbours: if dc.serves() {
                Reading::Value(neighbours.to_vec())
            } else {
                Reading::unseen("the directory does not answer")
            },
        }),
        Section::RpcSettings(dc.rpc.clone()),
        Section::PortUse(port_use(dc)),
        Section::Filters(filters(dc)),
        Section::Events(events(dc)),
    ]
}

fn is_windows(dc: &Dc) -> bool {
    dc.platform == Platform::Windows
}

fn host(dc: &Dc) -> Host {
    let mut owned: Vec<InterfaceAddress> = (dc.own_addresses().into_iter())
        .enumerate()
        .map(|(at, address)| InterfaceAddress { interface: format!("net{at}"), address })
        .collect();
    owned.sort();
    Host {
        netbios_name: Reading::Value(netbios(dc)),
        domain: Reading::Value(dc.domain.clone()),
        forest: Reading::Value(dc.forest.clone()),
        site: Reading::Value(site_name(dc.site)),
        dsa_guid: Reading::Value(dc.guid),
        addresses: Reading::Value(owned),
        os: Reading::Value(if is_windows(dc) { "Windows Server 2022" } else { "Debian 12" }.into()),
        boot: Reading::Value(Boot { id: dc.boot.id.clone(), at: dc.clock(dc.boot.at) }),
        version: if is_windows(dc) {
            Reading::Value(OsVersion { major: 10, minor: 0, build: 20348 })
        } else {
            Reading::Absent
        },
        boot_mode: if is_windows(dc) {
            Reading::Value(dc.boot.mode)
        } else {
            Reading::NotApplicable
        },
        ..Host::blank(dc.name.clone(), dc.platform, "0.1.0", &Blank::Absent)
    }
}

/// The NetBIOS computer name: the first label, cut.
#[must_use]
pub fn netbios(dc: &Dc) -> String {
    dc.name.host().to_uppercase().chars().take(15).collect()
}

/// How a site is called.
#[must_use]
pub fn site_name(site: usize) -> String {
    if site == 0 { "Default-First-Site-Name".to_owned() } else { format!("Site-{site}") }
}

/// The process as the host tells it, by its own clock.
fn told(dc: &Dc, process: Process) -> Process {
    Process { started: dc.clock(process.started), ..process }
}

/// The process that outlives the directory service: lsass, or Samba's first one.
fn base(dc: &Dc) -> Process {
    let started = dc.boot.at.plus(std::time::Duration::from_secs(4));
    Process { pid: 640, started }
}

fn services(dc: &Dc) -> Services {
    let directory = &dc.directory;
    let blank = Blank::NotApplicable;
    let make = |name: &str,
                roles: &[ServiceRole],
                state,
                start,
                process: Option<Process>,
                account: &str| {
        let runs = state != ServiceState::Stopped;
        Service {
            roles: roles.to_vec(),
            start: Reading::Value(start),
            process: process.filter(|_| runs).map(|process| told(dc, process)).into(),
            account: Reading::Value(account.to_owned()),
            exit_code: if is_windows(dc) { Reading::Value(0) } else { Reading::NotApplicable },
            ..Service::blank(name, state, &blank)
        }
    };
    let state = |runs: bool| if runs { ServiceState::Running } else { ServiceState::Stopped };
    let mapper = state(dc.mapper.runs);
    let of_mapper = Some(Process { pid: 912, ..base(dc) });
    let mut list = Vec::new();
    if is_windows(dc) {
        use ServiceRole::{
            Directory, DirectoryRpc, Dns, EndpointMapper, Kdc, Ldap, Netlogon, Replication,
        };
        const NETWORK: &str = "NT AUTHORITY\\NetworkService";
        const SYSTEM: &str = "LocalSystem";
        const LOCAL: &str = "NT AUTHORITY\\LocalService";
        let running = ServiceState::Running;
        let auto = StartType::Automatic;
        let roles = [Directory, DirectoryRpc, Replication, Ldap];
        list.push(make(
            "NTDS",
            &roles,
            directory.state,
            directory.start,
            directory.process,
            SYSTEM,
        ));
        list.push(make(
            "RpcEptMapper",
            &[EndpointMapper],
            mapper,
            dc.mapper.start,
            of_mapper,
            NETWORK,
        ));
        list.push(make("RpcSs", &[], mapper, auto, of_mapper, NETWORK));
        let with_ntds = directory.state;
        let netlogon = if dc.netlogon_paused { ServiceState::Paused } else { with_ntds };
        list.push(make("Netlogon", &[Netlogon], netlogon, auto, Some(base(dc)), SYSTEM));
        list.push(make("Kdc", &[Kdc], with_ntds, auto, Some(base(dc)), SYSTEM));
        if dc.dns.is_some() {
            list.push(make(
                "DNS",
                &[Dns],
                running,
                auto,
                Some(Process { pid: 2200, ..base(dc) }),
                SYSTEM,
            ));
        }
        for (name, account) in [
            ("DcomLaunch", SYSTEM),
            ("SamSs", SYSTEM),
            ("LanmanServer", SYSTEM),
            ("LanmanWorkstation", NETWORK),
            ("Dnscache", NETWORK),
            ("IsmServ", SYSTEM),
            ("EventSystem", LOCAL),
            ("DFSR", SYSTEM),
            ("W32Time", LOCAL),
            ("ADWS", SYSTEM),
            ("BFE", LOCAL),
            ("MpsSvc", LOCAL),
        ] {
            list.push(make(name, &[], running, auto, Some(base(dc)), account));
        }
    } else {
        use ServiceRole::{
            Directory, DirectoryRpc, Dns, EndpointMapper, Kdc, Ldap, Netlogon, Replication,
        };
        let auto = StartType::Automatic;
        // The first process goes when all of Samba goes; a task can go alone.
        let root = directory.state == ServiceState::Running || dc.mapper.runs;
        let root = state(root || directory.start == StartType::Manual);
        let roles = [EndpointMapper, DirectoryRpc, Netlogon];
        let rpc = if directory.state == ServiceState::Running { directory.state } else { mapper };
        list.push(make("samba", &[Directory], root, auto, Some(base(dc)), "root"));
        list.push(make("samba task[rpc]", &roles, rpc, auto, directory.process, "root"));
        for (task, role) in [("ldap", Ldap), ("kdc", Kdc), ("dns", Dns), ("drepl", Replication)] {
            let name = format!("samba task[{task}]");
            list.push(make(
                &name,
                &[role],
                root,
                auto,
                Some(Process { pid: 700, ..base(dc) }),
                "root",
            ));
        }
    }
    list.sort_by(|a, b| a.name.cmp(&b.name));
    Services { list: Reading::Value(list) }
}

fn resolver(dc: &Dc) -> Resolver {
    let path = if is_windows(dc) { r"C:\Windows\System32\drivers\etc\" } else { "/etc/" };
    const UNREAD: &str = "access denied";
    let lmhosts = if dc.names.unread {
        Reading::unseen(UNREAD)
    } else if dc.names.lmhosts.is_empty() {
        Reading::Absent
    } else {
        Reading::Value(LmhostsFile {
            path: format!("{path}lmhosts"),
            lines: dc.names.lmhosts.clone(),
            includes: Vec::new(),
        })
    };
    let hosts = if dc.names.unread {
        Reading::unseen(UNREAD)
    } else {
        Reading::Value(HostsFile { path: format!("{path}hosts"), lines: dc.names.hosts.clone() })
    };
    Resolver {
        hosts,
        servers: Reading::Value(dc.names.servers.clone()),
        search: Reading::Value(vec![dc.domain.clone()]),
        lmhosts,
        wins: dc.names.wins.as_ref().map(|wins| vec![wins.server]).into(),
        ..Resolver::blank(&Blank::Absent)
    }
}

/// The NTDS Settings object of `of`, as a copy of the directory that is up to date has it.
#[must_use]
pub fn settings(of: &Dc) -> NtdsSettings {
    NtdsSettings {
        server: netbios(of),
        host: Some(of.name.clone()),
        dsa_guid: of.guid,
        site: Some(site_name(of.site)),
        created: Some(of.created),
    }
}

fn directory(world: &World, at: usize) -> Directory {
    let dc = &world.dcs[at];
    if !dc.serves() {
        return Directory::blank(&Blank::unreadable("the directory does not answer"));
    }
    let held = |(of, other): (usize, &Dc)| {
        let stale = dc.stale_settings.iter().find(|(whose, _)| *whose == of);
        stale.map_or_else(|| settings(other), |(_, stale)| stale.clone())
    };
    let all = world.dcs.iter().enumerate().filter(|(_, other)| other.forest == dc.forest);
    let mut settings: Vec<NtdsSettings> = all.map(held).collect();
    settings.sort_by_key(|settings| settings.dsa_guid);
    Directory {
        settings: Reading::Value(settings),
        global_catalog: Reading::Value(true),
        read_only: Reading::Value(dc.read_only),
        ..Directory::blank(&Blank::Absent)
    }
}

fn filters(dc: &Dc) -> Filters {
    if !is_windows(dc) {
        return Filters::blank(&Blank::NotApplicable);
    }
    let profile = |kind| FirewallProfile { kind, enabled: dc.firewall };
    Filters {
        profiles: Reading::Value(
            [ProfileKind::Domain, ProfileKind::Private, ProfileKind::Public].map(profile).to_vec(),
        ),
        rpc: Reading::Value(dc.filters.clone()),
        rpc_left_out: Reading::Value(0),
    }
}

fn events(dc: &Dc) -> Events {
    if !is_windows(dc) {
        return Events::blank(&Blank::NotApplicable);
    }
    Events {
        since: Reading::Value(dc.clock(Timestamp::from_millis(dc.boot.at.as_millis()))),
        list: Reading::Value(Vec::new()),
        logs: Reading::Value(Vec::new()),
        left_out: Reading::Value(0),
    }
}
