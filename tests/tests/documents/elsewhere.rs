//! Commands that the documents show and that this test does not run: each with the reason, and with what runs
//! it.

use std::{fs, process::Command};

use super::page;

/// A command that runs elsewhere.
pub(crate) struct Elsewhere {
    /// As the document has it.
    pub(crate) command: &'static str,
    /// Why not here.
    why: &'static str,
    run_by: RunBy,
}

/// The place where a command is run.
enum RunBy {
    /// This file has this text, which runs the command, or the same with other names.
    File(&'static str, &'static str),
    /// No test: a person runs it.
    Person,
}

const fn other(
    command: &'static str,
    why: &'static str,
    file: &'static str,
    text: &'static str,
) -> Elsewhere {
    Elsewhere { command, why, run_by: RunBy::File(file, text) }
}

const fn by_hand(command: &'static str, why: &'static str) -> Elsewhere {
    Elsewhere { command, why, run_by: RunBy::Person }
}

const ROOT: &str = "needs root on Debian";
const WINDOWS: &str = "runs on Windows";
const A_HOST: &str = "needs a host of that name";
const ITSELF: &str = "it runs this test";
const A_TEST: &str = "it is a test of its own";
const LONG: &str = "takes long; the file does the same in small";

const DEMO: &str = "tests/tests/documents/demo.rs";
const CHECK: &str = "agent/tests/probe_suite/check.rs";
const ENDPOINTS: &str = "agent/tests/probe_suite/endpoints.rs";
const LAB: &str = "tests/tests/lab/lab.rs";
const LAB_FAULTS: &str = "tests/tests/lab/faults.rs";
const LAB_JOIN: &str = "tests/tests/lab/join.rs";
const MSI: &str = "deploy/windows/epmesh-agent.wxs";
const STEPS: &str = "tests/lib/steps.sh";
const CAMPAIGNS: &str = "tests/tests/campaigns.rs";

/// All commands that run elsewhere.
pub(crate) const ELSEWHERE: &[Elsewhere] = &[
    // README, operate.md
    other(
        "cargo run --release --bin epmesh-demo",
        "compiles a release",
        DEMO,
        "CARGO_BIN_EXE_epmesh-demo",
    ),
    other(
        "cargo run --release --bin epmesh-demo -- --stay",
        "ends with Ctrl-C",
        DEMO,
        "CARGO_BIN_EXE_epmesh-demo",
    ),
    other(
        "deploy/lab/lab demo",
        ROOT,
        "tests/tests/lab/alerts.rs",
        r#"lab.run(&["fault", "wrong-a-member"])"#,
    ),
    other("tests/run", ITSELF, ".ci/run", "tests/run"),
    other("epmesh-agent check dc2.example.com", A_HOST, CHECK, "check(&arguments(host)"),
    other(
        "epmesh-agent check dc2.example.com --interface netlogon --all",
        A_HOST,
        CHECK,
        "all: true",
    ),
    other(
        "epmesh-agent check dc2.lab.test",
        A_HOST,
        "tests/tests/lab/witnesses.rs",
        r#""check", &address"#,
    ),
    other(
        "epmesh-agent check dc2.lab.test --interface netlogon --all --output json",
        A_HOST,
        "tests/tests/lab/witnesses.rs",
        r#""--all", "--output", "json""#,
    ),
    other(
        "epmesh-agent endpoints dc2.lab.test",
        A_HOST,
        "tests/tests/lab/witnesses.rs",
        r#""endpoints", &address"#,
    ),
    other(
        "epmesh-agent endpoints dc2.lab.test --interface drsuapi --output csv",
        A_HOST,
        ENDPOINTS,
        r#""--output", "csv""#,
    ),
    other(
        "epmesh-agent check --join lab.test",
        A_HOST,
        LAB_JOIN,
        r#""check", "--output", "json", "--join""#,
    ),
    other(
        "epmesh-agent check --join lab.test --output json",
        A_HOST,
        LAB_JOIN,
        r#""check", "--output", "json", "--join""#,
    ),
    other(
        "epmesh-agent check --join lab.test --netsetup-log NETSETUP.LOG",
        A_HOST,
        LAB_JOIN,
        "--netsetup-log",
    ),
    other(
        "epmesh-agent self-test",
        "its answer is of this machine",
        "agent/tests/program.rs",
        r#""self-test", "--output", "json""#,
    ),
    other(
        "repadmin /showrepl | epmesh explain -",
        WINDOWS,
        "coordinator/tests/explain.rs",
        r#"["explain", "-"]"#,
    ),
    other(
        "epmesh diagnose --join client1.lab.test dc1 --netsetup-log NETSETUP.LOG --client-report client.json",
        "needs a report of the client",
        "tests/tests/cli/join.rs",
        "--client-report {file}",
    ),
    // install.md
    other(
        "cargo build --profile dist -p epmesh -p epmesh-agent --no-default-features",
        "compiles a release",
        "tests/campaign",
        "cargo build --locked --profile dist",
    ),
    other(
        "apt-get install ./epmesh-agent_0.1.0_amd64.deb",
        ROOT,
        "deploy/debian/try",
        "dpkg -i /run/epmesh-agent.deb",
    ),
    other(
        "epmesh-agent enroll --coordinator https://epmesh.example.com:7353 --token-file -",
        A_HOST,
        "deploy/lab/lib/mesh.sh",
        "enroll --coordinator \"$(coordinator_url)\" --token-file -",
    ),
    other(
        "systemctl start epmesh-agent",
        "needs systemd; the file looks at what it would start",
        "deploy/debian/try",
        "multi-user.target.wants/epmesh-agent.service",
    ),
    other(
        "msiexec /i epmesh-agent-0.1.0-x64.msi /qn COORDINATOR=https://epmesh.example.com:7353 TOKEN=epm1.…",
        WINDOWS,
        "tests/tests/wine/main.rs",
        "windows.install(msi, &properties",
    ),
    // deploy/windows/README.md: the MSI runs the same, and tests/run wine installs it.
    other("epmesh-agent service install", WINDOWS, MSI, "service install"),
    other(
        "epmesh-agent enroll --coordinator https://epmesh.example.com:7353 --token-file token.txt",
        WINDOWS,
        MSI,
        "service enroll --coordinator",
    ),
    other("epmesh-agent service start", WINDOWS, MSI, "service start"),
    // deploy/lab/README.md
    other("deploy/lab/lab up 3", ROOT, LAB, r#""up", "3""#),
    other(
        "deploy/lab/lab faults",
        A_TEST,
        "tests/tests/documents/elsewhere.rs",
        r#"arg("faults")"#,
    ),
    other(
        "deploy/lab/lab fault wrong-a-member",
        ROOT,
        "tests/tests/lab/alerts.rs",
        r#""fault", "wrong-a-member""#,
    ),
    other(
        "deploy/lab/lab exec dc1 samba-tool drs showrepl",
        ROOT,
        "tests/tests/lab/facts.rs",
        r#""exec", dc"#,
    ),
    other("deploy/lab/lab heal", ROOT, LAB_FAULTS, r#"lab.run(&["heal"])"#),
    other(
        "deploy/lab/lab fault killed hosts-dc3",
        ROOT,
        LAB_FAULTS,
        r#""fault", "killed", "hosts-dc3""#,
    ),
    other("deploy/lab/lab mesh-start", ROOT, LAB, "mesh-start"),
    other(
        "deploy/lab/lab ask diagnose dc1 dc2 --now",
        ROOT,
        LAB,
        r#""ask", "diagnose", destination, source, "--now""#,
    ),
    other("deploy/lab/lab down", ROOT, LAB, "down"),
    // reference.md
    other(
        "epmesh-agent config check deploy/agent.example.toml",
        "prints nothing",
        "tests/tests/documents/forest.rs",
        "deploy/agent.example.toml",
    ),
    // tests/README.md
    other(
        "cargo run -p epmesh -- diagnose --from tests/scenarios/dns-a-stale/secondary-only.toml",
        "compiles; the file runs the program",
        "coordinator/tests/verdicts.rs",
        "diagnose",
    ),
    other(
        "tests/run --list",
        "shown as a table",
        "tests/tests/documents/generated.rs",
        r#".arg("--list")"#,
    ),
    other("tests/run fmt clippy test", ITSELF, ".ci/run", "tests/run"),
    other(
        "cargo test -p epmesh-common --test scenarios",
        A_TEST,
        STEPS,
        "cargo test --locked --workspace",
    ),
    other(
        "cargo test -p epmesh-common --test scenarios dns-a-stale/secondary-only",
        A_TEST,
        STEPS,
        "cargo test --locked --workspace",
    ),
    other("cargo test -p epmesh-common", A_TEST, STEPS, "cargo test --locked --workspace"),
    other(
        "cargo test -p epmesh-tests --test documents",
        ITSELF,
        STEPS,
        "cargo test --locked --workspace",
    ),
    other(
        "UPDATE_EXPECT=1 cargo test --workspace --lib --test reports --test verdicts --test sentences --test documents",
        ITSELF,
        STEPS,
        "cargo test --locked --workspace",
    ),
    other(
        "cargo test -p epmesh-oracle --test saved_inputs ldap_message",
        A_TEST,
        STEPS,
        "cargo test --locked --workspace",
    ),
    other(
        "EPMESH_DAMAGED=100000 EPMESH_SEED=2 cargo test -p epmesh-oracle --test saved_inputs",
        LONG,
        "tests/oracle/tests/saved_inputs.rs",
        "EPMESH_DAMAGED",
    ),
    other(
        "tests/campaign fuzz 60 ldap_message",
        LONG,
        "tests/oracle/tests/saved_inputs.rs",
        "target.damaged",
    ),
    by_hand("git diff", "a command of git alone, and its answer is of this folder"),
    other("tests/campaign kill 300", LONG, "tests/tests/kill.rs", "EPMESH_KILL_ROUNDS"),
    other(
        "tests/campaign hostile 2000",
        LONG,
        "agent/tests/probe_suite/damaged.rs",
        "EPMESH_HOSTILE_SEEDS",
    ),
    by_hand(
        "tests/campaign adversary",
        "ten minutes of a real forest as root; tests/run lab plays the other faults",
    ),
    by_hand(
        "tests/campaign soak 60",
        "an hour of a real forest as root; tests/run lab plays the same faults one by one",
    ),
    other("tests/campaign fleets 10000", LONG, "tests/fleets/tests/fleets.rs", "fn fleets()"),
    other(
        "tests/campaign histories 1000",
        LONG,
        "tests/fleets/tests/histories.rs",
        "const HISTORIES: u64",
    ),
    other(
        "tests/campaign speed",
        LONG,
        "tests/fleets/tests/speed.rs",
        "CARGO_BIN_EXE_epmesh-speed",
    ),
    other("tests/campaign sweep 1000", LONG, CAMPAIGNS, r#"output("epmesh-sweep""#),
    by_hand(
        "tests/campaign footprint",
        "four minutes as root, beside packages that it installs; it measures, and asserts nothing",
    ),
];

#[test]
fn what_runs_elsewhere_is_run_there() {
    let mut wrong = Vec::new();
    for Elsewhere { command, why, run_by } in ELSEWHERE {
        assert!(!why.is_empty(), "{command}: no reason");
        let RunBy::File(file, text) = run_by else { continue };
        let found = fs::read_to_string(page::repository().join(file));
        if !found.is_ok_and(|found| !text.is_empty() && found.contains(text)) {
            wrong.push(format!("{command}: {file} has no {text:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let by_hand = ELSEWHERE.iter().filter(|other| matches!(other.run_by, RunBy::Person)).count();
    assert!(by_hand <= 4, "{by_hand} commands of the documents are run by no test");
}

#[test]
fn the_lab_lists_its_faults_without_root() {
    let script = page::repository().join("deploy/lab/lab");
    let output = Command::new(script).arg("faults").output().expect("the lab's script runs");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && listed.contains("wrong-a-member"), "{output:?}");
}
