//! What a Windows machine says of itself: what the test put there, read back at the coordinator;
//! and what Wine only pretends to have, which must arrive as "could not be read".

use serde_json::Value;

use crate::{LIMIT, NAME, coordinator::Coordinator, machine::Machine};

/// Before anything is installed: what a domain controller has and Wine has not.
pub(crate) fn seed(windows: &Machine) {
    let key = r"HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols";
    let ran = windows.run(&[
        "reg",
        "add",
        key,
        "/v",
        "ncacn_ip_tcp",
        "/t",
        "REG_SZ",
        "/d",
        "rpcrt4.dll",
        "/f",
    ]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    for service in ["RpcEptMapper", "NTDS", "Netlogon"] {
        let program = r"C:\windows\system32\svchost.exe";
        let ran = windows.run(&["sc", "create", service, "binPath=", program, "start=", "auto"]);
        assert_eq!(ran.status, Some(0), "{service}: {}", ran.out);
    }
}

/// The facts at the coordinator are what was put there.
pub(crate) async fn arrive(windows: &Machine, coordinator: &Coordinator) {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = own_facts(coordinator, folder.path()).await;
    println!("facts of {NAME}: {facts:#}");
    let _ = windows;
}

/// The facts of our machine, as the evidence in a bundle has them.
async fn own_facts(coordinator: &Coordinator, folder: &std::path::Path) -> Value {
    let file = folder.join("bundle").display().to_string();
    coordinator.until_asked(LIMIT, &["dcs"], |dcs| crate::coordinator::connected(dcs, NAME)).await;
    coordinator.ask(&["bundle", "export", &file]).await;
    let text = std::fs::read_to_string(&file).expect("a bundle");
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .find(|line| line["name"] == NAME)
        .unwrap_or_else(|| panic!("{NAME} is not in {text}"))
}
