//! The coordinator installed as install.md has it, into a folder in the place of the host's root.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use super::{
    commands::{self, Shown},
    page,
    parse::words,
};

#[test]
fn the_commands_of_the_installation_put_in_place_what_the_unit_starts() {
    let root = tempfile::tempdir().expect("a folder");
    // Every host has these.
    for folder in ["usr/bin", "etc/systemd/system"] {
        fs::create_dir_all(root.path().join(folder)).expect("a folder");
    }
    for shown in commands::all().iter().filter(|shown| shown.is_installation()) {
        for simple in shown.simple() {
            run(root.path(), shown, &words(simple));
        }
    }
    let unit = fs::read_to_string(root.path().join("etc/systemd/system/epmesh.service"));
    let unit = unit.expect("the unit is installed");
    let setting = |key: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("the unit has no {key}"))
    };
    let mode = |path: &str| {
        let at = root.path().join(path.trim_start_matches('/'));
        let found = fs::metadata(&at).unwrap_or_else(|error| panic!("{path}: {error}"));
        found.permissions().mode() & 0o777
    };
    let program = words(setting("ExecStart")).remove(0);
    assert_eq!(mode(&program) & 0o111, 0o111, "everybody may run {program}");
    let (credential, file) = setting("LoadCredential").split_once(':').expect("a name and a file");
    assert_eq!(mode(file), 0o600, "{file} has secrets in it");
    let given = format!("${{CREDENTIALS_DIRECTORY}}/{credential}");
    assert!(words(setting("ExecStart")).contains(&given), "the unit's user cannot read {file}");
}

/// Runs one command with `root` in the place of `/`.
fn run(root: &Path, shown: &Shown, words: &[String]) {
    let (program, arguments) = words.split_first().expect("a command has a word");
    if program == "systemctl" {
        return enable(root, arguments);
    }
    assert_eq!(program, "install", "{}", shown.at);
    let arguments = arguments.iter().map(|word| match word.strip_prefix('/') {
        Some(path) => root.join(path).display().to_string(),
        // Another program stands for the one that is not built here.
        None if word == "target/dist/epmesh" => {
            let stand_in = root.join("epmesh");
            fs::copy(env!("CARGO_BIN_EXE_epmesh-demo"), &stand_in).expect("a copy");
            stand_in.display().to_string()
        }
        None if word.starts_with("deploy/") => page::repository().join(word).display().to_string(),
        None => word.clone(),
    });
    let status = Command::new(program).args(arguments).status().expect("install can be run");
    assert!(status.success(), "{}: {}", shown.at, shown.text);
}

/// Enables the unit, and starts nothing: there is no service manager in a folder.
fn enable(root: &Path, arguments: &[String]) {
    let arguments = arguments.iter().filter(|word| *word != "--now");
    match Command::new("systemctl").arg("--root").arg(root).args(arguments).output() {
        Err(error) => println!("skipped: enabling the unit: systemctl: {error}"),
        Ok(output) => {
            assert!(output.status.success(), "{output:?}");
            let link = "etc/systemd/system/multi-user.target.wants/epmesh.service";
            assert!(root.join(link).symlink_metadata().is_ok(), "not enabled: {output:?}");
        }
    }
}
