//! A whole verdict for each cause, as an operator reads it and as JSON: what `epmesh diagnose` prints for a
//! scenario of the suite, beside the files in `verdicts/`, each a test called by its file. `UPDATE_EXPECT=1` writes
//! them anew.
//!
//! `cargo test -p epmesh --test verdicts dns-a-stale` runs those of one cause.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test panics where it is wrong"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use epmesh_common::diagnosis::Cause;
use expect_test::expect_file;
use libtest_mimic::{Arguments, Failed, Trial};

/// The scenario that shows each cause, of those in the folder called by the cause.
const SHOWN_BY: &[(&str, &str)] = &[
    ("healthy", "nothing-wrong"),
    ("service-not-started", "disabled-before-the-restart"),
    ("directory-services-restore-mode", "restore-mode"),
    ("starting-up", "running-not-yet-registered"),
    ("registration-failed", "never-since-the-boot"),
    ("port-range-exhausted", "with-the-event"),
    ("port-range-constrained", "twenty-ports"),
    ("rpc-internet-ports-invalid", "beyond-65535"),
    ("rpc-bind-linkage-invalid", "empty"),
    ("static-port-conflict", "taken-by-another-process"),
    ("client-protocols-missing", "without-tcp"),
    ("service-died", "with-an-exit-code"),
    ("endpoints-unregistered", "same-process"),
    ("service-hangs", "stopping-for-half-an-hour"),
    ("protocol-sequence-missing", "pipes-only"),
    ("rpc-service-misconfigured", "endpoint-mapper-disabled"),
    ("hosts-file-override", "member-server"),
    ("lmhosts-override", "before-wins"),
    ("wins-stale", "dns-has-nothing"),
    ("dns-a-stale", "secondary-only"),
    ("dns-a-duplicate", "member-beside"),
    ("dns-cname-wrong", "names-the-member"),
    ("dns-cname-missing", "samba"),
    ("dns-servers-disagree", "both-silent"),
    ("dns-cache-stale", "host-record"),
    ("wrong-server-identity", "a-record-to-another-dc"),
    ("epm-unreachable", "one-of-two-addresses"),
    ("dynamic-port-blocked", "one-path"),
    ("host-firewall", "everybody-135"),
    ("rpc-filtered", "calls-of-the-interface"),
    ("answer-altered", "port-in-no-map"),
    ("large-packets-lost", "path-mtu"),
    ("stale-endpoint", "another-process"),
    ("ntds-settings-stale", "old-object"),
    ("epm-access-denied", "restrict-remote-clients"),
    // These two are never the verdict: it rules them out, with what both articles say.
    ("static-port-outside-range", "ntds"),
    ("static-port-inside-range", "ntds"),
    ("port-exhaustion", "destination"),
    ("destination-not-serving", "ntds-stopped"),
    ("replication-refused", "source-sends-no-changes"),
    ("not-1753", "no-mapper-on-135"),
    ("unknown", "own-map-unreadable"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn verdicts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts")
}

/// What `epmesh diagnose --from SCENARIO` prints.
fn diagnose(scenario: &str, output: &str) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_epmesh"))
        .current_dir(root())
        .args(["diagnose", "--from", scenario, "--output", output])
        .env("COLUMNS", "80")
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert_eq!(run.status.code(), Some(0), "{scenario}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("text")
}

fn main() {
    let verdicts = verdicts();
    let trials = SHOWN_BY.iter().flat_map(|(cause, name)| {
        [("txt", "table"), ("json", "json")].map(|(ending, output)| {
            let file = format!("{cause}.{ending}");
            let expected = verdicts.join(&file);
            Trial::test(file, move || {
                let text = diagnose(&format!("tests/scenarios/{cause}/{name}.toml"), output);
                expect_file![expected].assert_eq(&text);
                Ok(())
            })
        })
    });
    let all = Trial::test("every_cause_has_a_verdict_to_read", every_cause_has_a_verdict_to_read);
    libtest_mimic::run(&Arguments::from_args(), trials.chain([all]).collect()).exit();
}

fn every_cause_has_a_verdict_to_read() -> Result<(), Failed> {
    let causes: Vec<&str> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
    let shown: Vec<&str> = SHOWN_BY.iter().map(|(cause, _)| *cause).collect();
    assert_eq!(shown, causes);
    let files = fs::read_dir(verdicts())?.map(|file| file.map(|file| file.file_name()));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let files: BTreeSet<String> = files.into_iter().map(|it| it.into_string().unwrap()).collect();
    let wanted = causes.iter().flat_map(|cause| [format!("{cause}.json"), format!("{cause}.txt")]);
    let wanted: BTreeSet<String> = wanted.collect();
    assert_eq!(files.difference(&wanted).collect::<Vec<_>>(), [""; 0], "of no cause");
    Ok(())
}
