//! The sections read from a made-up root.

use std::{fs, net::Ipv6Addr, os::unix::fs::symlink, path::Path};

use epmesh_facts::{Failure, ServiceRole, Through, Timestamp};
use tempfile::TempDir;

use super::*;

const CONF: &str = "[global]\n netbios name = DC7\n realm = LAB.TEST\n\
    server role = active directory domain controller\n";

fn put(root: &TempDir, path: &str, text: &str) {
    let path = root.path().join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

fn samba(root: &TempDir) -> Samba {
    Samba::new(SambaSettings {
        root: root.path().to_owned(),
        endpoint_mapper_port: 1, // nothing listens there
        ..SambaSettings::default()
    })
}

/// A domain controller's files, with the directory's socket missing.
fn host() -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    put(&root, "etc/samba/smb.conf", CONF);
    put(&root, "etc/hosts", "127.0.0.1 localhost\n10.0.0.9 dc2.lab.test\n");
    put(&root, "etc/resolv.conf", "nameserver 10.0.0.1\n");
    put(&root, "etc/os-release", "PRETTY_NAME=\"Debian 12\"\n");
    put(&root, "proc/stat", "btime 1000\n");
    put(&root, "proc/sys/kernel/hostname", "dc7\n");
    put(&root, "proc/sys/kernel/random/boot_id", "aaaa\n");
    put(&root, "proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
    put(&root, "proc/net/tcp", "header\n");
    put(&root, "proc/net/fib_trie", "Local:\n");
    put(&root, "proc/net/route", "header\n");
    put(&root, "proc/self/status", "Uid:\t0\t0\t0\t0\n");
    let stat = |start: u32| format!(" S 1 24 24 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 {start} 999 1");
    put(&root, "proc/1/stat", &format!("1 (init){}", stat(500)));
    put(&root, "proc/1/cmdline", "init\0");
    put(&root, "proc/24/stat", &format!("24 (samba){}", stat(700)));
    put(&root, "proc/24/cmdline", "samba: root process\0\0");
    root
}

#[tokio::test]
async fn the_host_without_its_directory() {
    let root = host();
    let Section::Host(host) = samba(&root).collect(SectionKind::Host, Instant::now()).await else {
        panic!("another section")
    };
    assert_eq!(host.name.as_str(), "dc7.lab.test");
    assert_eq!(host.netbios_name, Reading::Value("DC7".to_owned()));
    assert!(matches!(&host.dsa_guid, Reading::Unreadable(why) if why.contains("ldapi")));
    assert!(matches!(host.forest, Reading::Unreadable(_)));
    let boot = host.boot.value().expect("a life");
    assert_eq!((boot.id.as_str(), boot.at.as_millis()), ("aaaa-500", 1_005_000));
    assert_eq!(host.os, Reading::Value("Debian 12".to_owned()));
}

#[tokio::test]
async fn a_file_server_has_no_directory() {
    let root = host();
    put(&root, "etc/samba/smb.conf", "[global]\nserver role = standalone server\n");
    let samba = samba(&root);
    let Section::Directory(directory) = samba.collect(SectionKind::Directory, Instant::now()).await
    else {
        panic!("another section")
    };
    assert_eq!(directory.settings, Reading::NotApplicable);
    let Section::Host(host) = samba.collect(SectionKind::Host, Instant::now()).await else {
        panic!("another section")
    };
    assert_eq!(host.dsa_guid, Reading::NotApplicable);
}

#[tokio::test]
async fn every_section_keeps_its_kind_on_a_host_that_has_nothing() {
    let root = tempfile::tempdir().expect("a directory");
    let samba = samba(&root);
    for kind in SectionKind::ALL {
        assert_eq!(samba.collect(kind, Instant::now()).await.kind(), kind);
    }
    let Section::Services(services) = samba.collect(SectionKind::Services, Instant::now()).await
    else {
        panic!("another section")
    };
    assert!(matches!(services.list, Reading::Unreadable(_)), "no /proc is not `stopped`");
    let Section::Ports(ports) = samba.collect(SectionKind::Ports, Instant::now()).await else {
        panic!("another section")
    };
    assert!(matches!(ports.listeners, Reading::Unreadable(_)), "no /proc is not `none`");
}

#[tokio::test]
async fn the_sockets_belong_to_processes() {
    let root = host();
    put(
        &root,
        "proc/net/tcp",
        "header\n 0: 00000000:0087 00000000:0000 0A 0:0 00:0 0 0 0 77 1\n\
         1: 00000000:0016 00000000:0000 0A 0:0 00:0 0 0 0 78 1\n",
    );
    fs::create_dir_all(root.path().join("proc/24/fd")).expect("a folder");
    symlink("socket:[77]", root.path().join("proc/24/fd/5")).expect("a link");
    let Section::Ports(ports) = samba(&root).collect(SectionKind::Ports, Instant::now()).await
    else {
        panic!("another section")
    };
    let seen: Vec<_> =
        ports.listeners.value().expect("a list").iter().map(|l| (l.port, l.pid)).collect();
    // Root owns these files only when the tests run as root.
    let mine = proc::sees_all(Path::new("/proc")).then_some(24);
    assert_eq!(seen, [(22, None), (135, mine)]);
    let rpc = ports.rpc.value().expect("a range");
    assert_eq!(
        rpc.iter().map(|range| (range.first, range.last)).collect::<Vec<_>>(),
        [(49152, 65535)]
    );
}

#[tokio::test]
async fn the_map_has_a_view_for_each_way() {
    let root = host();
    let Section::EndpointMap(map) =
        samba(&root).collect(SectionKind::EndpointMap, Instant::now()).await
    else {
        panic!("another section")
    };
    let ways: Vec<Through> = map.views.iter().map(|view| view.through).collect();
    assert_eq!(ways, [Through::Local, Through::Address(IpAddr::V4(Ipv4Addr::LOCALHOST))]);
    assert!(matches!(map.views[0].endpoints, Err(Failure::Local(_))));
    assert_eq!(map.views[1].endpoints, Err(Failure::Refused));

    let lo = "00000000000000000000000000000001 01 80 10 80       lo\n";
    put(&root, "proc/net/if_inet6", lo);
    let Section::EndpointMap(map) =
        samba(&root).collect(SectionKind::EndpointMap, Instant::now()).await
    else {
        panic!("another section")
    };
    let ways: Vec<Through> = map.views.iter().map(|view| view.through).collect();
    let four = Through::Address(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let six = Through::Address(IpAddr::V6(Ipv6Addr::LOCALHOST));
    assert_eq!(ways, [Through::Local, four, six]);
}

async fn resolver(root: &TempDir) -> Resolver {
    match samba(root).collect(SectionKind::Resolver, Instant::now()).await {
        Section::Resolver(resolver) => resolver,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn behind_systemd_resolved_the_real_servers_are_told() {
    let root = host();
    let plain = resolver(&root).await;
    assert_eq!(plain.servers, Reading::Value(vec![IpAddr::from([10, 0, 0, 1])]));
    assert_eq!(plain.interfaces, Reading::NotApplicable);
    assert_eq!(plain.cache, Reading::NotApplicable);

    // The stub, and nobody knows who is behind it: it is all that can be asked.
    put(&root, "etc/resolv.conf", "nameserver 127.0.0.53\noptions edns0 trust-ad\n");
    let stub = resolver(&root).await;
    assert_eq!(stub.servers, Reading::Value(vec![IpAddr::from([127, 0, 0, 53])]));
    assert!(matches!(&stub.interfaces, Reading::Unreadable(why)
        if why.contains("its stub") && why.contains("run/systemd/resolve")));

    let real = "run/systemd/resolve/resolv.conf";
    put(&root, real, "# by systemd-resolved\nnameserver 10.0.0.2\nnameserver fd00::1\n");
    let known = resolver(&root).await;
    let servers = vec![IpAddr::from([10, 0, 0, 2]), "fd00::1".parse().expect("an address")];
    assert_eq!(known.servers, Reading::Value(servers));
    assert!(matches!(&known.interfaces, Reading::Unreadable(why) if why.contains("behind it")));
    assert!(matches!(&known.cache, Reading::Unreadable(why) if why.contains("systemd-resolved")));

    // Where the service knows of no server, that is no list of none.
    put(&root, real, "# No DNS servers known.\n");
    assert_eq!(resolver(&root).await.servers, stub.servers);
}

#[tokio::test]
async fn ports_of_rpc_servers_are_told_on_samba_too() {
    let root = host();
    let settings = async |root: &TempDir| match samba(root)
        .collect(SectionKind::RpcSettings, Instant::now())
        .await
    {
        Section::RpcSettings(settings) => settings,
        other => panic!("{other:?}"),
    };
    assert_eq!(settings(&root).await.samba_ports, Reading::Absent);
    put(&root, "etc/samba/smb.conf", &format!("{CONF}rpc server port:netlogon = 4000\n"));
    let told = settings(&root).await;
    let ports = told.samba_ports.value().expect("one");
    assert_eq!(
        (ports[0].name.as_str(), ports[0].data.as_str()),
        ("rpc server port:netlogon", "4000")
    );
    assert_eq!(told.client_protocols, Reading::NotApplicable);
    fs::remove_file(root.path().join("etc/samba/smb.conf")).expect("it was there");
    assert!(matches!(settings(&root).await.samba_ports, Reading::Unreadable(_)));
}

#[tokio::test]
async fn services_stand_with_their_roles() {
    let root = host();
    let Section::Services(services) =
        samba(&root).collect(SectionKind::Services, Instant::now()).await
    else {
        panic!("another section")
    };
    if proc::sees_all(Path::new("/proc")) {
        let directory = services.with_role(ServiceRole::Directory).expect("it runs");
        assert_eq!(directory.process.value().map(|process| process.pid), Some(24));
        let mapper = services.with_role(ServiceRole::EndpointMapper).expect("it is listed");
        assert_eq!(mapper.state, facts::ServiceState::Stopped);
    }
}

#[test]
fn a_trimmed_clock_does_not_move_the_start_of_processes() {
    let root = host();
    let samba = samba(&root);
    let first = samba.live.boot().expect("a boot time");
    put(&root, "proc/stat", "btime 1001\n");
    assert_eq!(samba.live.boot(), Some(first));
    put(&root, "proc/stat", "btime 1010\n");
    assert_eq!(samba.live.boot().map(Timestamp::as_millis), Some(1_010_000));
}
