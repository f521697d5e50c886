//! The facts of a Windows machine: what the test put there, read back at the coordinator; and what
//! Wine only pretends to have, which must arrive as "could not be read".

use std::{path::Path, time::Instant};

use epmesh_common::facts::SectionKind;
use serde_json::Value;

use crate::{LIMIT, NAME, coordinator::Coordinator, machine::Machine};

/// The services that make a domain controller and that Wine does not have.
const SERVICES: [&str; 3] = ["RpcEptMapper", "NTDS", "Netlogon"];

/// Where in the facts a reading stands that must be "unreadable", and what its reason names: Wine has nothing
/// behind it. Never "absent", never a value, and not for want of time.
const UNREADABLE: [(&str, &str); 5] = [
    ("/ports/fact/dynamic", "netsh printed nothing"),
    ("/port-use/fact/ranges", "netsh printed nothing"),
    ("/port-use/fact/top", "netsh printed nothing"),
    ("/filters/fact/rpc", "FwpmEngineOpen"),
    ("/events/fact/list", "EvtQuery"),
];

/// Where "not applicable" must stand: Wine says that this is a machine of a workgroup.
const NO_DIRECTORY: [&str; 3] =
    ["/directory/fact/settings", "/replication/fact/neighbours", "/directory-objects/fact/zones"];

/// The port that NTDS is told to use.
const STATIC_PORT: u32 = 50_123;

/// Before anything is installed: what a domain controller has and Wine has not.
pub(crate) fn seed(windows: &Machine) {
    let put = |key: &str, name: &str, kind: &str, value: &str| {
        let ran = windows.run(&["reg", "add", key, "/v", name, "/t", kind, "/d", value, "/f"]);
        assert_eq!(ran.status, Some(0), "{key} {name}: {}", ran.out);
    };
    let add = |key: &str, name: &str, value: &str| put(key, name, "REG_SZ", value);
    // Its name: Wine takes that of this machine.
    let (host, domain) = NAME.split_once('.').expect("a full name");
    let network = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
    add(network, "Hostname", host);
    add(network, "Domain", domain);
    add(r"HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols", "ncacn_ip_tcp", "rpcrt4.dll");
    add(r"HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols", "ncacn_np", "other.dll");
    let ntds = r"HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters";
    put(ntds, "TCP/IP Port", "REG_DWORD", &STATIC_PORT.to_string());
    for service in SERVICES {
        let program = r"C:\windows\system32\svchost.exe";
        let ran = windows.run(&["sc", "create", service, "binPath=", program, "start=", "auto"]);
        assert_eq!(ran.status, Some(0), "{service}: {}", ran.out);
    }
}

/// The facts at the coordinator are what was put there, and nothing is made up.
pub(crate) async fn arrive(coordinator: &Coordinator) {
    let facts = own_facts(coordinator).await;
    has_what_was_put_there(&facts);
    for (place, why) in UNREADABLE {
        let reading = facts.pointer(place).unwrap_or_else(|| panic!("no {place} in {facts:#}"));
        assert_eq!(reading["reading"], "unreadable", "{place}: {reading:#}");
        assert!(reading["value"].as_str().is_some_and(|is| is.contains(why)), "{reading:#}");
    }
    for place in NO_DIRECTORY {
        let reading = facts.pointer(place).unwrap_or_else(|| panic!("no {place} in {facts:#}"));
        assert_eq!(reading["reading"], "not-applicable", "{place}: {reading:#}");
    }
    // Wine's endpoint mapper is a stub; asked for are the one of the host itself, and each address.
    let views = facts["endpoint-map"]["fact"]["views"].as_array().expect("views");
    let through: Vec<&Value> = views.iter().map(|view| &view["through"]).collect();
    let address = own_address();
    assert!(through.iter().any(|through| **through == "local"), "{through:#?}");
    for address in ["127.0.0.1", &address] {
        assert!(through.iter().any(|through| through["address"] == address), "{through:#?}");
    }
    for view in views {
        assert!(view["endpoints"]["Err"].is_object(), "{view:#}");
        let late =
            view["endpoints"]["Err"]["value"].as_str().is_some_and(|why| why.contains("longer"));
        assert!(!late, "{view:#}");
    }
}

/// The one address besides loopback, in the network that `deploy/windows/wine alone` makes.
fn own_address() -> String {
    std::env::var("EPMESH_WINE_ADDRESS")
        .expect("it runs in a network of its own: see tests/run wine")
}

fn has_what_was_put_there(facts: &Value) {
    let host = &facts["host"]["fact"];
    let addresses = host["addresses"]["value"].as_array().expect("addresses");
    assert!(addresses.iter().any(|own| own["address"] == own_address()), "{host:#}");
    assert_eq!(host["name"], NAME);
    assert_eq!(host["platform"], "windows");
    assert_eq!(host["domain"]["value"], "lab.test", "{host:#}");
    assert_eq!(host["netbios-name"]["reading"], "value", "{host:#}");
    let services = facts["services"]["fact"]["list"]["value"].as_array().expect("services");
    for name in SERVICES {
        let service = services.iter().find(|service| service["name"] == name);
        let service = service.unwrap_or_else(|| panic!("no {name} in {services:#?}"));
        assert_eq!(service["state"], "stopped", "{service:#}");
        assert_eq!(service["start"]["value"], "automatic", "{service:#}");
        assert_eq!(service["account"]["value"], "LocalSystem", "{service:#}");
    }
    let rpc = &facts["rpc-settings"]["fact"];
    let protocols = rpc["client-protocols"]["value"].as_array().expect("ClientProtocols");
    for (name, data) in [("ncacn_ip_tcp", "rpcrt4.dll"), ("ncacn_np", "other.dll")] {
        let has = |value: &Value| value["name"] == name && value["data"] == data;
        assert!(protocols.iter().any(has), "{name}: {protocols:#?}");
    }
    let ports = rpc["static-ports"].as_array().expect("one row an owner");
    let port = ports.iter().find(|port| port["owner"] == "ntds").expect("NTDS");
    assert_eq!(port["port"]["value"], STATIC_PORT, "{port:#}");
    assert_eq!(rpc["bind"]["reading"], "absent", "nobody put it there: {rpc:#}");
    let listeners = &facts["ports"]["fact"]["listeners"];
    assert_eq!(listeners["reading"], "value", "{listeners:#}");
    let hosts = &facts["resolver"]["fact"]["hosts"];
    let lines = hosts["value"]["lines"].as_array().unwrap_or_else(|| panic!("{hosts:#}"));
    assert_eq!(lines.len(), 3, "{hosts:#}");
    for (line, dc) in lines.iter().zip(["dc1.lab.test", "dc2.lab.test", "dc3.lab.test"]) {
        assert_eq!(line["names"][0], dc);
    }
}

/// The facts of our machine, as the evidence in a bundle has them, once the host's own are there.
async fn own_facts(coordinator: &Coordinator) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let begin = Instant::now();
    for number in 0.. {
        let facts = exported(coordinator, &folder.path().join(format!("bundle{number}"))).await;
        let whole = SectionKind::ALL.iter().all(|kind| facts[kind.as_str()].is_object());
        // Wine's table of sockets says "out of memory" where it grew while it was read. The next round
        // reads it again.
        if whole && facts["ports"]["fact"]["listeners"]["reading"] == "value" {
            return facts;
        }
        assert!(begin.elapsed() < LIMIT, "not all facts of {NAME} arrive: {facts:#}");
    }
    unreachable!("numbers do not end");
}

async fn exported(coordinator: &Coordinator, file: &Path) -> Value {
    coordinator.ask(&["bundle", "export", &file.display().to_string()]).await;
    let text = std::fs::read_to_string(file).expect("a bundle");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut ours = lines.filter(|line| line["dc"]["name"] == NAME);
    ours.next().map_or(Value::Null, |line| line["dc"]["facts"].clone())
}
