//! Registry exports of whole domain controllers, and what is made of them.

mod any_registry;

use epmesh_facts::{
    Blank, BootMode, DcFacts, Host, OsVersion, Platform, ProfileKind, Reading, RpcSettings,
    Section, Service, ServiceState, Services, StaticPortOwner, Timestamp,
};
use epmesh_windows::{ClientProtocolRule, RpcPorts, notes, rpc_ports, rpc_ranges};

use super::{
    dfsr_config::DFSR_ELSEWHERE, filters, host, names, reg_export::RegExport, registry::Registry,
    rpc_settings,
};

/// The settings in a registry, without DFS Replication's own.
fn rpc_settings_of(registry: &dyn Registry) -> RpcSettings {
    rpc_settings::read(registry, || Reading::unseen(DFSR_ELSEWHERE))
}

macro_rules! export {
    ($name:literal) => {
        RegExport::parse(include_bytes!(concat!("../../../../tests/data/windows/", $name)))
            .expect($name)
    };
}

/// What the rules say, as `severity subject`, the worst first; `ncacn_nb_tcp`, which every release
/// after 2003 gets a note about, left out.
fn said(registry: &RegExport, change: impl FnOnce(&mut DcFacts)) -> Vec<String> {
    let at = Timestamp::default();
    let name = "dc1.contoso.com".parse().expect("a name");
    let blank = Host::blank(name, Platform::Windows, "0.0.0", &Blank::Absent);
    let mut facts = DcFacts::default();
    facts.put(
        at,
        Section::Host(Host {
            version: host::version(registry),
            boot_mode: host::boot_mode(registry, None),
            ..blank
        }),
    );
    facts.put(at, Section::RpcSettings(rpc_settings_of(registry)));
    change(&mut facts);
    notes(&facts, &ClientProtocolRule::default())
        .into_iter()
        .filter(|note| !note.subject.ends_with("ncacn_nb_tcp"))
        .map(|note| {
            let subject = note.subject.rsplit('\\').next().unwrap_or_default().to_owned();
            format!("{} {subject}", note.severity)
        })
        .collect()
}

fn port(settings: &RpcSettings, owner: StaticPortOwner) -> &Reading<u32> {
    let row = settings.static_ports.iter().find(|row| row.owner == owner);
    &row.expect("one row an owner").port
}

fn version(registry: &RegExport) -> (u32, u32, u32) {
    let Reading::Value(OsVersion { major, minor, build }) = host::version(registry) else {
        panic!("{:?}", host::version(registry));
    };
    (major, minor, build)
}

#[test]
fn a_healthy_2022() {
    let registry = export!("2022-healthy.reg");
    assert_eq!(version(&registry), (10, 0, 20_348));
    assert_eq!(
        host::product(&registry),
        Reading::Value("Windows Server 2022 Datacenter (10.0.20348.2700)".to_owned())
    );
    assert_eq!(host::boot_mode(&registry, Some(0)), Reading::Value(BootMode::Normal));
    assert_eq!(host::site(&registry), Reading::Value("Default-First-Site-Name".to_owned()));
    assert_eq!(host::forest(&registry), Reading::Value("contoso.com".parse().expect("a name")));
    let settings = host::settings(&registry);
    assert_eq!(settings.value().and_then(|own| own.server.as_deref()), Some("DC1"));

    let rpc = rpc_settings_of(&registry);
    let protocols = rpc.client_protocols.value().expect("the key is there");
    let found: Vec<&str> = protocols.iter().map(|value| value.name.as_str()).collect();
    assert_eq!(found, ["ncacn_http", "ncacn_ip_tcp", "ncacn_ip_udp", "ncacn_np"]);
    assert_eq!(rpc.internet_ports, Reading::Absent);
    assert_eq!(rpc.bind, Reading::Absent);
    assert_eq!(rpc.near_misses, Reading::Absent);
    assert_eq!(port(&rpc, StaticPortOwner::Ntds), &Reading::Absent);
    assert!(
        matches!(port(&rpc, StaticPortOwner::Dfsr), Reading::Unreadable(why) if why.contains("Get-DfsrServiceConfiguration") && why.contains("dfsrdiag"))
    );
    assert_eq!(rpc_ranges(&rpc, &Reading::Absent), Reading::Absent);

    assert_eq!(names::domain(&registry), Reading::Value("contoso.com".parse().expect("a name")));
    assert_eq!(names::search(&registry), Reading::Absent);
    let interfaces = names::interfaces(&registry);
    let interfaces = interfaces.value().expect("one interface");
    assert_eq!(interfaces.len(), 1);
    assert_eq!(interfaces[0].interface, "Ethernet0");
    let servers: Vec<String> = interfaces[0].servers.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["192.0.2.12", "127.0.0.1"]);
    assert_eq!(names::wins(&registry), Reading::Absent);
    assert_eq!(names::lmhosts_enabled(&registry), Reading::Value(true));
    assert_eq!(
        names::database_path(&registry, r"C:\Windows"),
        Reading::Value(r"C:\Windows\System32\drivers\etc".to_owned())
    );
    let profiles = filters::profiles(&registry);
    assert_eq!(profiles.value().map(Vec::len), Some(3));
    assert_eq!(said(&registry, |_| ()), [""; 0]);
}

#[test]
fn a_2012_r2_whose_port_range_is_in_order() {
    let registry = export!("2012r2-port-range.reg");
    assert_eq!(version(&registry), (6, 3, 9600));
    assert_eq!(
        host::product(&registry),
        Reading::Value("Windows Server 2012 R2 Standard (6.3.9600.21013), Server Core".to_owned())
    );
    let rpc = rpc_settings_of(&registry);
    assert_eq!(rpc_ports(&rpc), RpcPorts::Listed(vec![(5000, 5199), (5300, 5300)]));
    assert_eq!(port(&rpc, StaticPortOwner::Ntds), &Reading::Value(50_000));
    assert_eq!(port(&rpc, StaticPortOwner::Netlogon), &Reading::Value(50_001));
    assert_eq!(said(&registry, |_| ()), [""; 0]);
}

#[test]
fn more_misspelt_names_than_are_listed_are_counted() {
    let mut text = "Windows Registry Editor Version 5.00\n\n\
        [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Netlogon\\Parameters]\n"
        .to_owned();
    for number in 0..70 {
        text.push_str(&format!("\"DCTcpipPort {number}\"=dword:0000c350\n"));
    }
    let rpc = rpc_settings_of(&RegExport::parse(text.as_bytes()).expect("an export"));
    assert_eq!(rpc.near_misses.value().map(Vec::len), Some(64));
    assert_eq!(rpc.near_misses_left_out, Reading::Value(6));
    let none = rpc_settings_of(&export!("2022-healthy.reg"));
    assert_eq!(none.near_misses_left_out, Reading::Value(0));
}

#[test]
fn a_2012_r2_with_a_bad_entry_and_a_misspelt_name() {
    let registry = export!("2012r2-bad-entry.reg");
    let rpc = rpc_settings_of(&registry);
    assert!(matches!(rpc_ports(&rpc), RpcPorts::Invalid { entry, .. } if entry == "5000 - 5199"));
    assert!(matches!(rpc_ranges(&rpc, &Reading::Absent), Reading::Unreadable(_)));
    assert_eq!(port(&rpc, StaticPortOwner::Netlogon), &Reading::Absent);
    let misses = rpc.near_misses.value().expect("one");
    assert_eq!(misses.len(), 1);
    assert_eq!(
        (misses[0].name.as_str(), misses[0].meant.as_str()),
        ("DCTcpipPort Port", "DCTcpipPort")
    );
    assert_eq!(misses[0].data, "50000");
    assert_eq!(
        said(&registry, |_| ()),
        ["fault Internet", "warning Parameters, \"DCTcpipPort Port\""]
    );
}

#[test]
fn a_2019_that_was_hardened_too_much() {
    let registry = export!("2019-hardened.reg");
    assert_eq!(version(&registry), (10, 0, 17_763));
    let rpc = rpc_settings_of(&registry);
    assert_eq!(rpc.client_protocols, Reading::Absent);
    assert_eq!(rpc.restrict_remote_clients, Reading::Value(2));
    assert_eq!(rpc.enable_auth_ep_resolution, Reading::Value(1));
    let profiles = filters::profiles(&registry);
    let domain = profiles.value().and_then(|profiles| profiles.first()).expect("a profile");
    assert_eq!((domain.kind, domain.enabled), (ProfileKind::Domain, false));
    assert_eq!(
        said(&registry, |_| ()),
        [
            "fault ClientProtocols",
            "fault Rpc, RestrictRemoteClients",
            "note Rpc, EnableAuthEpResolution",
        ]
    );
}

#[test]
fn a_2008_r2() {
    let registry = export!("2008r2.reg");
    assert_eq!(version(&registry), (6, 1, 7601));
    assert_eq!(
        host::product(&registry),
        Reading::Value("Windows Server 2008 R2 Enterprise Service Pack 1 (6.1.7601)".to_owned())
    );
    assert_eq!(said(&registry, |_| ()), [""; 0]);
}

#[test]
fn a_2003_with_odd_things() {
    let registry = export!("2003-odd.reg");
    assert_eq!(version(&registry), (5, 2, 3790));
    let rpc = rpc_settings_of(&registry);
    assert_eq!(rpc.bind, Reading::Value(Vec::new()));
    let Reading::Unreadable(why) = port(&rpc, StaticPortOwner::Ntds) else {
        panic!("{:?}", port(&rpc, StaticPortOwner::Ntds));
    };
    assert!(why.contains("\"TCP/IP Port\"") && why.contains("is REG_SZ where REG_DWORD"), "{why}");
    assert_eq!(port(&rpc, StaticPortOwner::Ntfrs), &Reading::Value(70_000));
    assert_eq!(port(&rpc, StaticPortOwner::Dfsr), &Reading::NotApplicable);
    let misses = rpc.near_misses.value().expect("one");
    assert_eq!(misses.len(), 1);
    assert!(misses[0].key.ends_with(r"Services\Netlogon"), "{misses:?}");
    assert!(misses[0].meant.ends_with(r"Netlogon\Parameters"), "{misses:?}");
    let wins = names::wins(&registry);
    let wins: Vec<String> = wins.value().expect("two").iter().map(ToString::to_string).collect();
    assert_eq!(wins, ["192.0.2.5", "192.0.2.6"]);
    assert_eq!(names::lmhosts_enabled(&registry), Reading::Value(false));
    assert_eq!(names::database_path(&registry, r"C:\WINNT"), Reading::Value(r"D:\etc".to_owned()));
    assert_eq!(names::search(&registry).value().map(Vec::len), Some(2));
    assert_eq!(filters::profiles(&registry).value().map(Vec::len), Some(2));
    assert_eq!(
        said(&registry, |_| ()),
        [
            "fault Linkage, Bind",
            "fault Parameters, RPC TCP/IP Port Assignment",
            "warning Netlogon, \"DCTcpipPort\"",
            "note Parameters, TCP/IP Port",
        ]
    );
}

#[test]
fn a_2016_in_directory_services_repair_mode() {
    let registry = export!("2016-dsrm.reg");
    assert_eq!(version(&registry), (10, 0, 14_393));
    let repair = Reading::Value(BootMode::DirectoryRepair);
    assert_eq!(host::boot_mode(&registry, None), repair);
    assert_eq!(host::boot_mode(&registry, Some(2)), repair);
    // A script left the key behind, and the system started as usual.
    let Reading::Unreadable(why) = host::boot_mode(&registry, Some(0)) else {
        panic!("{:?}", host::boot_mode(&registry, Some(0)));
    };
    assert!(why.contains("says 3") && why.contains("SM_CLEANBOOT says 0"), "{why}");
    let ntds = |state| {
        move |facts: &mut DcFacts| {
            let list = vec![Service::blank("NTDS", state, &Blank::Absent)];
            let services = Services { list: Reading::Value(list) };
            facts.put(Timestamp::default(), Section::Services(services));
        }
    };
    let stopped = said(&registry, ntds(ServiceState::Stopped));
    assert_eq!(stopped.first().map(String::as_str), Some("fault Option"));
    let running = said(&registry, ntds(ServiceState::Running));
    assert!(running.contains(&"warning Option".to_owned()), "{running:?}");
}

#[test]
fn wins_servers_of_an_interface_without_netbios_are_not_asked() {
    // On one interface a server at 192.0.2.5, and these values.
    let interface = |values: &str| {
        let list = "192.0.2.5\0\0".encode_utf16().flat_map(u16::to_le_bytes);
        let list: Vec<String> = list.map(|byte| format!("{byte:02x}")).collect();
        let key =
            r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces";
        let list = list.join(",");
        let text = format!(
            "Windows Registry Editor Version 5.00\r\n\r\n[{key}\\Tcpip_{{1}}]\r\n\
             \"NameServerList\"=hex(7):{list}\r\n{values}"
        );
        RegExport::parse(text.as_bytes()).expect("an export")
    };
    let (own, dhcp) = ("\"NetbiosOptions\"=dword:0000000", "\"DhcpNetbiosOptions\"=dword:0000000");
    for (values, off) in [
        (String::new(), false),
        (format!("{own}1\r\n{dhcp}2\r\n"), false),
        (format!("{own}0\r\n{dhcp}1\r\n"), false),
        (format!("{own}2\r\n{dhcp}1\r\n"), true),
        (format!("{own}0\r\n{dhcp}2\r\n"), true),
        (format!("{dhcp}2\r\n"), true),
    ] {
        let registry = interface(&values);
        assert_eq!(names::netbios_off(&registry, "{1}"), Reading::Value(off), "{values}");
        let asked = Reading::Value(vec!["192.0.2.5".parse().expect("an address")]);
        let expected = if off { Reading::Absent } else { asked };
        assert_eq!(names::wins(&registry), expected, "{values}");
    }
    let odd = interface("\"NetbiosOptions\"=\"2\"\r\n");
    assert!(matches!(names::wins(&odd), Reading::Unreadable(why) if why.contains("REG_DWORD")));
}

#[test]
fn a_list_that_is_too_long_is_not_cut() {
    let list = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!("192.0.2.{n}")).collect();
        let text = format!(
            "Windows Registry Editor Version 5.00\r\n\
             [HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\\Interfaces\\{{1}}]\r\n\
             \"NameServer\"=\"{}\"\r\n",
            all.join(",")
        );
        let registry = RegExport::parse(text.as_bytes()).expect("an export");
        names::interfaces(&registry).map(|all| all.iter().map(|one| one.servers.len()).sum())
    };
    assert_eq!(list(64), Reading::<usize>::Value(64));
    assert!(
        matches!(list(65), Reading::Unreadable(why) if why.starts_with("65 DNS servers of {1}")),
    );
}

#[test]
fn a_key_that_may_not_be_read_is_not_absent() {
    let registry = export!("2022-healthy.reg")
        .denying("SOFTWARE\\Microsoft\\Rpc")
        .denying("SYSTEM\\CurrentControlSet\\Services\\NetBT");
    let rpc = rpc_settings_of(&registry);
    for why in [
        rpc.client_protocols.map(|_| ()),
        rpc.internet_ports.map(|_| ()),
        rpc.near_misses.map(|_| ()),
        names::wins(&registry).map(|_| ()),
        names::lmhosts_enabled(&registry).map(|_| ()),
    ] {
        assert!(
            matches!(&why, Reading::Unreadable(why) if why.contains("access is denied")),
            "{why:?}"
        );
    }
}

#[test]
fn an_empty_registry_is_not_a_healthy_host() {
    let registry =
        RegExport::parse(b"Windows Registry Editor Version 5.00\r\n").expect("an export");
    assert!(registry.values("SOFTWARE").expect("readable").is_none());
    assert!(matches!(host::version(&registry), Reading::Unreadable(_)));
    assert!(matches!(host::product(&registry), Reading::Unreadable(_)));
    assert!(matches!(names::interfaces(&registry), Reading::Unreadable(_)));
    assert_eq!(rpc_settings_of(&registry).client_protocols, Reading::Absent);
    assert_eq!(host::forest(&registry), Reading::Absent);
    assert_eq!(filters::profiles(&registry), Reading::Absent);
    assert_eq!(rpc_ranges(&rpc_settings_of(&registry), &Reading::Absent), Reading::Absent);
}
