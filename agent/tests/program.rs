//! The program itself, as an administrator calls it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot set up is a failed test")]

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn agent(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epmesh-agent"));
    command.args(arguments).output().expect("the program runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn config_check_tells_every_problem_with_its_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("agent.toml");
    let check = |contents: &str| {
        std::fs::write(&file, contents).expect("a file");
        let done = agent(&["config", "check", text(&file)]);
        (done.status.code(), String::from_utf8(done.stderr).expect("text"))
    };
    let good = "coordinators = [\"https://epmesh.lab.test:7353\"]\n";
    assert_eq!(check(good), (Some(0), String::new()));
    let (code, said) = check("coordinators = [\"ftp://a\"]\nstate-dirr = \"/x\"\nname = \"a b\"\n");
    assert_eq!(code, Some(2), "{said}");
    for line in 1..=3 {
        assert!(said.contains(&format!("agent.toml:{line}:")), "line {line}: {said}");
    }
    let gone = agent(&["config", "check", text(&dir.path().join("gone.toml"))]);
    assert_eq!(gone.status.code(), Some(2));
}

/// On a host that is no domain controller and an agent that is not enrolled, nearly everything is
/// missing, and each thing says why.
#[test]
fn self_test_says_of_each_thing_why_it_cannot_be_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("agent.toml");
    let state = dir.path().join("state");
    // Nothing on this machine is asked but the files that are named here.
    let quoted = |path: &Path| format!("{:?}", text(path));
    let config = format!(
        "name = \"dc1.lab.test\"\nstate-dir = {}\n[samba]\nsmb-conf = {}\nncalrpc-dir = {}\n\
         ldapi = {}\n",
        quoted(&state),
        quoted(&dir.path().join("smb.conf")),
        quoted(&dir.path().join("ncalrpc")),
        quoted(&dir.path().join("ldapi")),
    );
    std::fs::write(&file, config).expect("a file");
    let done = agent(&["--config", text(&file), "self-test", "--output", "json"]);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let rows = |part: &str| report[part].as_array().expect("rows").clone();
    let (facts, own) = (rows("facts"), rows("agent"));
    for row in facts.iter().chain(&own).filter(|row| row["outcome"] == "failed") {
        assert!(row["said"].as_str().is_some_and(|why| !why.is_empty()), "{row}");
    }
    let failed = |rows: &[Value], what: &str| {
        let row = rows.iter().find(|row| row["what"] == what);
        let row = row.unwrap_or_else(|| panic!("no {what}: {report:#}"));
        assert_eq!(row["outcome"], "failed", "{row}");
        assert!(row["advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{row}");
    };
    failed(&own, "state folder");
    failed(&own, "identity");
    if cfg!(target_os = "linux") {
        failed(&facts, "directory.settings");
        // What Windows alone has is no failure here.
        let filters = facts.iter().find(|row| row["what"] == "filters.rpc").expect("a row");
        assert_eq!(filters["outcome"], "not-applicable");
    }
}
