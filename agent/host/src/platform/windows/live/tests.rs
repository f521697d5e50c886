//! The platform on the host that the tests run on: Windows, or Wine, whose stubs succeed with
//! nothing and may never come out as a healthy host.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use epmesh_facts::{Blank, Directory, Reading, ServiceState, StartType, Timestamp};

use super::*;
use crate::platform::windows::dfsr_config;

/// Whether this is Wine.
fn is_wine() -> bool {
    system32("winecfg.exe").exists()
}

fn system32(file: &str) -> PathBuf {
    let folder = ffi::names::windows_folder().expect("the folder of Windows");
    Path::new(&folder).join("System32").join(file)
}

fn platform(state_dir: &Path) -> Windows {
    Windows::new(WindowsSettings {
        name: "dc1.lab.test".parse().ok(),
        state_dir: state_dir.to_owned(),
        endpoint_mapper_port: 135,
    })
}

/// The service control manager's own program makes the service, not the code under test.
fn sc(arguments: &[&str]) {
    let done = Command::new(system32("sc.exe")).args(arguments).output().expect("sc.exe");
    assert!(done.status.success(), "{arguments:?}: {done:?}");
}

#[test]
fn a_service_is_read_as_it_was_made() {
    let name = format!("epmesh-test-{}", std::process::id());
    let program = system32("cmd.exe");
    let program = program.to_str().expect("a path in UTF-8");
    sc(&[
        "create",
        &name,
        "binpath=",
        program,
        "start=",
        "disabled",
        "depend=",
        "RpcSs/PlugPlay",
        "obj=",
        r"NT AUTHORITY\LocalService",
    ]);
    let list = services::listed(&["epmesh-no-such-service", &name]);
    sc(&["delete", &name]);
    let list = list.expect("a list");
    let [service] = list.as_slice() else { panic!("one of the two is there: {list:?}") };
    assert_eq!(service.name, name);
    assert_eq!(service.state, ServiceState::Stopped);
    assert_eq!(service.start, Reading::Value(StartType::Disabled));
    assert_eq!(service.account, Reading::Value(r"NT AUTHORITY\LocalService".to_owned()));
    // Wine 8 keeps no dependencies.
    if !is_wine() {
        assert_eq!(service.dependencies, Reading::Value(vec!["RpcSs".into(), "PlugPlay".into()]));
    }
    assert_eq!(service.process, Reading::Absent);
    assert_eq!(service.delayed, Reading::NotApplicable);
    assert!(services::listed(&[&name]).is_err(), "nothing at all is no list");
}

/// A start that comes late is not the start that comes with the system.
#[test]
fn a_delayed_start_is_told_from_one_at_once() {
    let program = system32("cmd.exe");
    let program = program.to_str().expect("a path in UTF-8");
    for (start, delayed) in [("auto", false), ("delayed-auto", true)] {
        // Wine's own program does not know the word.
        if is_wine() && delayed {
            continue;
        }
        let name = format!("epmesh-test-{start}-{}", std::process::id());
        sc(&["create", &name, "binpath=", program, "start=", start]);
        let list = services::listed(&[&name]);
        sc(&["delete", &name]);
        let list = list.expect("a list");
        let [service] = list.as_slice() else { panic!("it is there: {list:?}") };
        assert_eq!(service.start, Reading::Value(StartType::Automatic));
        match &service.delayed {
            Reading::Value(told) => assert_eq!(*told, delayed),
            // Wine's service manager does not know the question.
            other => assert!(is_wine() && matches!(other, Reading::Unreadable(_)), "{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_has_a_process_that_started() {
    let dir = tempfile::tempdir().expect("a folder");
    let Section::Services(services) =
        platform(dir.path()).collect(SectionKind::Services, Instant::now()).await
    else {
        panic!("another section")
    };
    let list = services.list.value().expect("a list");
    let log = list.iter().find(|service| service.name == "EventLog").expect("every host has it");
    assert_eq!(log.state, ServiceState::Running);
    let process = log.process.value().expect("its process");
    assert!(process.pid != 0 && process.started > Timestamp::default(), "{process:?}");
    let absent = list.iter().all(|service| service.name != "NTDS");
    assert!(absent || !is_wine(), "Wine has no directory");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_host_does_not_have_is_never_healthy() {
    let dir = tempfile::tempdir().expect("a folder");
    let windows = platform(dir.path());
    let read = async |kind| {
        let section = windows.collect(kind, Instant::now()).await;
        assert_eq!(section.kind(), kind);
        section
    };
    if !is_wine() {
        return;
    }
    let Section::EndpointMap(map) = read(SectionKind::EndpointMap).await else { panic!("kind") };
    let local = map.views.iter().find(|view| view.through == Through::Local);
    let Some(Err(Failure::Local(why))) = local.map(|view| &view.endpoints) else {
        panic!("{map:?}")
    };
    assert!(why.contains("1702") && why.contains("RPC_S_INVALID_BINDING"), "{why}");
    assert_eq!(map.own(), None);

    let Section::Ports(ports) = read(SectionKind::Ports).await else { panic!("kind") };
    let Reading::Unreadable(why) = ports.dynamic else { panic!("{:?}", ports.dynamic) };
    assert!(why.contains("WMI") && why.contains("netsh printed nothing"), "{why}");
    let Section::PortUse(usage) = read(SectionKind::PortUse).await else { panic!("kind") };
    assert!(matches!(usage.ranges, Reading::Unreadable(_)), "{usage:?}");
    let dfsr = dfsr_config::port(wmi::dfsr_config());
    let Reading::Unreadable(why) = &dfsr else { panic!("{dfsr:?}") };
    assert!(why.contains("dfsrdiag") && why.contains("0x8004100E"), "{why}");

    let Section::Filters(filters) = read(SectionKind::Filters).await else { panic!("kind") };
    assert!(matches!(filters.rpc, Reading::Unreadable(_)), "{filters:?}");
    let Section::Events(events) = read(SectionKind::Events).await else { panic!("kind") };
    assert!(matches!(events.list, Reading::Unreadable(_)), "{events:?}");

    // It is in a workgroup, and says so.
    let Section::Directory(directory) = read(SectionKind::Directory).await else { panic!("kind") };
    assert_eq!(directory, Directory::blank(&Blank::NotApplicable));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_listed_while_it_is_there() {
    let dir = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let taken = listener.local_addr().expect("its address");
    let windows = platform(dir.path());
    let Section::Ports(ports) = windows.collect(SectionKind::Ports, Instant::now()).await else {
        panic!("kind")
    };
    assert_eq!(ports.listens(taken.ip(), taken.port()), Some(true));
    drop(listener);
    let Section::Ports(ports) = windows.collect(SectionKind::Ports, Instant::now()).await else {
        panic!("kind")
    };
    assert_eq!(ports.listens(taken.ip(), taken.port()), Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_tells_its_life_the_same_way_each_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let windows = platform(dir.path());
    let Section::Host(first) = windows.collect(SectionKind::Host, Instant::now()).await else {
        panic!("kind")
    };
    let Section::Host(again) = windows.collect(SectionKind::Host, Instant::now()).await else {
        panic!("kind")
    };
    assert_eq!(first, again);
    let boot = first.boot.value().expect("its life");
    assert!(!boot.id.is_empty() && boot.at > Timestamp::default());
    assert!(first.version.value().is_some_and(|version| version.build > 0), "{first:?}");
    assert!(first.netbios_name.value().is_some_and(|name| !name.is_empty()));
    assert!(first.addresses.value().is_some(), "{:?}", first.addresses);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_file_of_this_host_is_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let windows = platform(dir.path());
    let Section::Resolver(read) = windows.collect(SectionKind::Resolver, Instant::now()).await
    else {
        panic!("kind")
    };
    assert!(read.interfaces.value().is_some(), "{:?}", read.interfaces);
    let there = system32(r"drivers\etc\hosts").exists();
    assert_eq!(read.hosts.value().is_some(), there, "{:?}", read.hosts);
}

#[test]
fn a_program_that_does_not_end_is_ended() {
    let most = Duration::from_millis(500);
    let echo = command::output(&system32("cmd.exe"), &["/c", "echo", "7"], Duration::from_secs(30));
    assert!(echo.is_ok_and(|printed| printed.trim_ascii() == b"7"));
    let failed =
        command::output(&system32("cmd.exe"), &["/c", "exit", "3"], Duration::from_secs(30));
    assert!(matches!(failed, Err(command::CommandError::Failed { code: 3, .. })), "{failed:?}");
    let waits = ["-n", "60", "127.0.0.1"];
    let late = command::output(&system32("ping.exe"), &waits, most);
    assert!(matches!(late, Err(command::CommandError::TimedOut { .. })), "{late:?}");
    let gone = command::output(&system32("epmesh-no-such.exe"), &[], most);
    assert!(matches!(gone, Err(command::CommandError::Run { .. })), "{gone:?}");
}
