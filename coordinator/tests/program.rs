//! `epmesh` as a program: its exit status, and what it says where it cannot go on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test panics where it is wrong"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// The exit status, standard output and standard error.
fn epmesh(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epmesh"));
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null());
    let output = command.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// `epmesh serve` where it ends by itself.
fn serve(data: &Path, more: &str) -> (Option<i32>, String) {
    let config = data.with_extension("toml");
    fs::write(&config, format!("data-dir = {data:?}\nlisten = \"127.0.0.1:0\"\n{more}")).unwrap();
    let (status, out, err) = epmesh(&["serve", "--config", &config.display().to_string()]);
    assert_eq!(out, "");
    (status, err)
}

#[test]
fn a_coordinator_that_cannot_start_is_no_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::write(&data, "a file where the folder should be").unwrap();
    let (status, said) = serve(&data, "");
    assert_eq!(status, Some(5), "{said}");
    assert!(said.contains(&data.display().to_string()), "{said}");

    let (status, _, said) = epmesh(&["serve", "--log", "epmesh=loud"]);
    assert_eq!(status, Some(2), "{said}");
    let (status, said) = serve(&folder.path().join("other"), "listen = 7\nstore = \"etcd\"\n");
    assert_eq!(status, Some(2), "{said}");
}

#[test]
fn a_store_of_another_engine_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    for (there, configured) in [("journal", "redb"), ("coordinator.redb", "sled")] {
        let data = folder.path().join(configured);
        fs::create_dir_all(data.join("store")).unwrap();
        fs::write(data.join("store").join(there), "").unwrap();
        let (status, said) = serve(&data, &format!("store = \"{configured}\"\n"));
        assert_eq!(status, Some(5), "{said}");
        assert!(said.contains("was written with the engine"), "{said}");
        let left: Vec<_> = fs::read_dir(data.join("store")).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing was made beside it: {left:?}");
        assert!(!data.join("pki").exists(), "no authority was made");
    }
}

#[test]
fn every_exit_status_is_in_the_help() {
    let (status, help, _) = epmesh(&["--help"]);
    assert_eq!(status, Some(0));
    let listed = help.split("Exit status:\n").nth(1).expect("it lists them");
    for (number, line) in listed.lines().enumerate() {
        assert!(line.starts_with(&format!("  {number}  ")), "{help}");
    }
    assert_eq!(listed.lines().count(), 6, "{help}");
}

#[test]
#[cfg(feature = "scenarios")]
fn a_scenario_is_run() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/scenarios/hosts-file-override/silent-and-no-agent-on-the-source.toml"
    );
    let (status, out, err) = epmesh(&["diagnose", "--from", file]);
    assert_eq!(status, Some(0), "{out}{err}");
    assert!(out.contains("as expected"), "{out}");
}

#[test]
#[cfg(not(feature = "scenarios"))]
fn a_scenario_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    fs::write(&file, "title = \"dc2's record is stale\"\n").unwrap();
    let (status, out, err) = epmesh(&["diagnose", "--from", &file.display().to_string()]);
    assert_eq!((status, out.as_str()), (Some(2), ""), "{err}");
    assert!(err.contains("does not read scenarios"), "{err}");
}
