//! The Windows agent as it is installed, under Wine: the MSI, the service, enrolment with a
//! coordinator on Linux over mutual TLS, facts, a plan, an upgrade, and the removal.
//!
//! It needs Wine, the packages and a network of its own, and is ignored otherwise: `tests/run wine`
//! prepares them and runs it. Everything stays on loopback. What Wine only pretends to have must arrive as "could
//! not be read": that is what `facts` asserts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

mod coordinator;
mod facts;
mod machine;

use std::time::Duration;

use coordinator::Coordinator;
use epmesh_tests::sim::Forest;
use machine::Machine;

/// Long enough for anything here; reached only when a test fails.
const LIMIT: Duration = Duration::from_secs(60);

/// The name that the Windows domain controller has in the forest.
const NAME: &str = "win1.lab.test";

/// The service.
const SERVICE: &str = "epmesh-agent";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Wine and the MSI: tests/run wine"]
async fn the_agent_is_installed_joins_reports_is_upgraded_and_removed() {
    let (old, new) = (machine::package("EPMESH_MSI"), machine::package("EPMESH_MSI_UPGRADE"));
    let forest = Forest::start(3).await.expect("a forest");
    let coordinator = Coordinator::of(&forest);
    let windows = Machine::new();
    facts::seed(&windows);
    configure(&windows, &forest);

    not_with_a_strange_token(&windows, &coordinator, &old).await;
    joins(&windows, &coordinator, &old).await;
    facts::arrive(&coordinator).await;
    looks_at_its_peers(&coordinator).await;
    stops_and_starts(&windows, &coordinator).await;
    is_upgraded(&windows, &coordinator, &new).await;
    is_removed(&windows, &coordinator, &new).await;
    comes_back_until_it_is_revoked(&windows, &coordinator, &new).await;
    is_purged(&windows, &new);

    drop(windows);
    forest.stop().await.expect("an end");
}

/// What an administrator puts there before: the ports and addresses of a forest that has none of
/// the usual ones.
fn configure(windows: &Machine, forest: &Forest) {
    let ports = forest.ports();
    let text = format!(
        "[probe]\nmin-interval = \"1s\"\n[ports]\nendpoint-mapper = {}\n\
         dns = {}\nldap = {}\nnetbios = {}\n",
        ports.endpoint_mapper, ports.dns, ports.ldap, ports.node_status
    );
    windows.write("ProgramData/epmesh-agent/agent.toml", &text);
    let hosts: String = forest
        .hosts()
        .dcs
        .iter()
        .map(|dc| {
            let who = dc.who();
            format!("{} {} {}\r\n", who.address, who.name, who.alias().expect("an alias"))
        })
        .collect();
    windows.write("windows/system32/drivers/etc/hosts", &hosts);
}

/// A token of another coordinator than the one whose fingerprint was given: the installation fails,
/// and the token is not kept. (Windows would take the service away again; Wine runs no custom
/// action in a rollback.)
async fn not_with_a_strange_token(windows: &Machine, coordinator: &Coordinator, msi: &str) {
    let token = coordinator.token().await;
    let strange = format!("CAFINGERPRINT={}", "0a".repeat(32));
    let ran = windows.install(msi, &[&coordinator.property(), &format!("TOKEN={token}"), &strange]);
    assert_ne!(ran.status, Some(0), "{}", ran.out);
    for file in ["join.json", "join-failed"] {
        assert!(!windows.has(&format!("ProgramData/epmesh-agent/state/{file}")), "{file}");
    }
    assert!(!windows.is_running(SERVICE));
}

/// Silent, with properties; the agent joins by itself, and the token is gone then.
async fn joins(windows: &Machine, coordinator: &Coordinator, msi: &str) {
    let token = coordinator.token().await;
    let properties =
        [&coordinator.property(), &format!("TOKEN={token}"), &coordinator.fingerprint(&token)];
    let ran = windows.install(msi, &properties.map(String::as_str));
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    assert!(windows.has("Program Files/epmesh-agent/epmesh-agent.exe"));
    windows.until(LIMIT, "the service runs", || windows.is_running(SERVICE));
    coordinator
        .until(LIMIT, "the agent is connected", |dcs| coordinator::connected(dcs, NAME))
        .await;
    assert!(windows.has("ProgramData/epmesh-agent/state/identity.json"));
    assert!(!windows.has("ProgramData/epmesh-agent/state/join.json"), "the token is still there");
    let log = windows.read("ProgramData/epmesh-agent/log/epmesh-agent.log");
    assert!(log.contains(&format!("enrolled as {NAME}")), "{log}");
    assert!(!log.contains("epm1."), "the token is in the log: {log}");
    let source = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\epmesh-agent";
    let source = windows.run(&["reg", "query", source]);
    assert!(source.out.contains("EventMessageFile"), "{}", source.out);
}

/// The Windows agent was given a plan, and what it saw of every domain controller is at the coordinator:
/// through the hosts file to the endpoint mapper, and from there to the port of the interface.
async fn looks_at_its_peers(coordinator: &Coordinator) {
    for peer in ["dc1", "dc2", "dc3"] {
        coordinator
            .until_asked(LIMIT, &["endpoints", peer], |answer| {
                let peers = answer["peers"].as_array();
                peers.is_some_and(|peers| peers.iter().any(coordinator::found_by(NAME)))
            })
            .await;
    }
}

/// `sc stop` and `sc start`, as the service manager does it.
async fn stops_and_starts(windows: &Machine, coordinator: &Coordinator) {
    // What sc says of it is not looked at: a service that has stopped before Wine's manager has its
    // answer is called a failure. The state and the log tell.
    windows.run(&["sc", "stop", SERVICE]);
    windows.until(LIMIT, "the service has stopped", || !windows.is_running(SERVICE));
    coordinator.until(LIMIT, "the agent is gone", |dcs| !coordinator::connected(dcs, NAME)).await;
    let log = windows.read("ProgramData/epmesh-agent/log/epmesh-agent.log");
    assert!(log.trim_end().ends_with("epmesh-agent stopped"), "not in order: {log}");
    // Wine's manager starts a service again only once its old process has ended.
    windows.until(LIMIT, "the service starts", || {
        windows.run(&["sc", "start", SERVICE]).status == Some(0)
    });
    coordinator.until(LIMIT, "the agent is back", |dcs| coordinator::connected(dcs, NAME)).await;
}

/// The new version is there, and is the same agent: no token was given.
async fn is_upgraded(windows: &Machine, coordinator: &Coordinator, msi: &str) {
    let identity = windows.read("ProgramData/epmesh-agent/state/identity.json");
    let ran = windows.install(msi, &[]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    let version = env_version();
    let listed = windows.run(&["reg", "query", UNINSTALL, "/s"]);
    assert_eq!(listed.out.matches("epmesh agent").count(), 1, "not one version: {}", listed.out);
    assert!(listed.out.contains(&version), "no {version}: {}", listed.out);
    windows.until(LIMIT, "the service runs", || windows.is_running(SERVICE));
    assert_eq!(windows.read("ProgramData/epmesh-agent/state/identity.json"), identity);
    assert!(windows.has("ProgramData/epmesh-agent/agent.toml"));
    coordinator.until(LIMIT, "the agent is back", |dcs| coordinator::connected(dcs, NAME)).await;
}

const UNINSTALL: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";

fn env_version() -> String {
    std::env::var("EPMESH_MSI_UPGRADE_VERSION").expect("tests/run says the version")
}

/// Service, program and event source go; the identity stays.
async fn is_removed(windows: &Machine, coordinator: &Coordinator, msi: &str) {
    let ran = windows.remove(msi, &[]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    is_gone(windows);
    coordinator.until(LIMIT, "the agent is gone", |dcs| !coordinator::connected(dcs, NAME)).await;
    assert!(windows.has("ProgramData/epmesh-agent/state/identity.json"));
}

/// The Windows agent is let in for its certificate, and for nothing else: installed again without a token, it
/// is the same agent; revoked, it is refused, and does not go by its plan any longer.
async fn comes_back_until_it_is_revoked(windows: &Machine, coordinator: &Coordinator, msi: &str) {
    let ran = windows.install(msi, &[]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    coordinator.until(LIMIT, "the agent is back", |dcs| coordinator::connected(dcs, NAME)).await;
    assert!(windows.has(PLAN));
    coordinator.ask(&["revoke", NAME]).await;
    windows.until(LIMIT, "the plan is forgotten", || !windows.has(PLAN));
    coordinator.until(LIMIT, "the agent is out", |dcs| !coordinator::connected(dcs, NAME)).await;
    assert!(windows.is_running(SERVICE));
}

const PLAN: &str = "ProgramData/epmesh-agent/state/plan.json";

/// Nothing of it stays.
fn is_purged(windows: &Machine, msi: &str) {
    let ran = windows.remove(msi, &["PURGE=1"]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    is_gone(windows);
    assert!(!windows.has("ProgramData/epmesh-agent"));
}

fn is_gone(windows: &Machine) {
    let key = r"HKLM\SYSTEM\CurrentControlSet\Services\epmesh-agent";
    assert_ne!(windows.run(&["reg", "query", key]).status, Some(0));
    assert!(!windows.run(&["sc", "query", SERVICE]).out.contains("STATE"));
    assert!(!windows.has("Program Files/epmesh-agent"));
    let source = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\epmesh-agent";
    assert_ne!(windows.run(&["reg", "query", source]).status, Some(0));
    let listed = windows.run(&["reg", "query", UNINSTALL, "/s"]);
    assert!(!listed.out.contains("epmesh agent"), "{}", listed.out);
}
