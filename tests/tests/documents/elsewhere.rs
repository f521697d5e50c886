//! Commands that the documents show and that this test does not run: each with the reason, and with what runs
//! it.

/// A command that runs elsewhere.
pub(crate) struct Elsewhere {
    /// As the document has it.
    pub(crate) command: &'static str,
    /// Why not here.
    pub(crate) why: &'static str,
    /// What runs it, or the same with other names.
    pub(crate) run_by: &'static str,
}

const fn other(command: &'static str, why: &'static str, run_by: &'static str) -> Elsewhere {
    Elsewhere { command, why, run_by }
}

const DEMO: &str = "tests/tests/documents/demo.rs, without cargo";
const ROOT: &str = "needs root on Debian";
const WINDOWS: &str = "runs on Windows";
const A_HOST: &str = "needs a host of that name";
const ITSELF: &str = "it runs this test";
const LONG: &str = "takes long";

/// All of them.
pub(crate) const ELSEWHERE: &[Elsewhere] = &[
    // README, operate.md
    other("cargo run --release --bin epmesh-demo", "compiles a release", DEMO),
    other("cargo run --release --bin epmesh-demo -- --stay", "ends with Ctrl-C", DEMO),
    other("deploy/lab/lab demo", ROOT, "tests/run lab"),
    other("tests/run", ITSELF, "the CI"),
    other("epmesh-agent check dc2.example.com", A_HOST, "agent/tests/probe_suite/check.rs"),
    other(
        "epmesh-agent check dc2.example.com --interface netlogon --all",
        A_HOST,
        "agent/tests/probe_suite/check.rs",
    ),
    other("epmesh-agent check dc2.lab.test", A_HOST, "tests/run lab"),
    other(
        "epmesh-agent check dc2.lab.test --interface netlogon --all --output json",
        A_HOST,
        "agent/tests/probe_suite/check.rs",
    ),
    other("epmesh-agent check --join lab.test", A_HOST, "tests/run lab"),
    other("epmesh-agent check --join lab.test --output json", A_HOST, "tests/run lab"),
    other(
        "epmesh-agent check --join lab.test --netsetup-log NETSETUP.LOG",
        A_HOST,
        "tests/run lab",
    ),
    other("epmesh-agent self-test", "its answer is of this machine", "tests/run lab"),
    other(
        "repadmin /showrepl | epmesh explain -",
        WINDOWS,
        "tests/tests/cli/explain.rs, from a file",
    ),
    other(
        "epmesh diagnose --join client1.lab.test dc1 --netsetup-log NETSETUP.LOG --client-report client.json",
        "needs a report of the client",
        "tests/tests/cli/join.rs",
    ),
    // install.md
    other(
        "cargo build --profile dist -p epmesh -p epmesh-agent",
        "compiles a release",
        "tests/campaign footprint",
    ),
    other("install target/dist/epmesh /usr/bin/", ROOT, "nobody: a copy"),
    other(
        "install -D -m 600 deploy/epmesh.example.toml /etc/epmesh/epmesh.toml",
        ROOT,
        "nobody: a copy",
    ),
    other(
        "install -m 644 deploy/systemd/epmesh.service /etc/systemd/system/ && systemctl enable --now epmesh",
        "needs systemd",
        "nobody: the lab starts the coordinator without systemd",
    ),
    other("apt-get install ./epmesh-agent_0.1.0_amd64.deb", ROOT, "tests/run packages"),
    other(
        "epmesh-agent enroll --coordinator https://epmesh.example.com:7353 --token-file -",
        A_HOST,
        "tests/run lab",
    ),
    other("systemctl start epmesh-agent", "needs systemd", "tests/run packages, without systemd"),
    other(
        "msiexec /i epmesh-agent-0.1.0-x64.msi /qn COORDINATOR=https://epmesh.example.com:7353 TOKEN=epm1.…",
        WINDOWS,
        "tests/run wine",
    ),
    // deploy/windows/README.md
    other("epmesh-agent service install", WINDOWS, "tests/run wine"),
    other(
        "epmesh-agent enroll --coordinator https://epmesh.example.com:7353 --token-file token.txt",
        WINDOWS,
        "tests/run wine",
    ),
    other("epmesh-agent service start", WINDOWS, "tests/run wine"),
    // deploy/lab/README.md
    other("deploy/lab/lab up 3", ROOT, "tests/run lab"),
    other("deploy/lab/lab faults", ROOT, "tests/run lab"),
    other("deploy/lab/lab fault wrong-a-member", ROOT, "tests/run lab"),
    other("deploy/lab/lab exec dc1 samba-tool drs showrepl", ROOT, "tests/run lab"),
    other("deploy/lab/lab heal", ROOT, "tests/run lab"),
    other("deploy/lab/lab fault killed hosts-dc3", ROOT, "tests/run lab"),
    other("deploy/lab/lab mesh-start", ROOT, "tests/run lab"),
    other("deploy/lab/lab ask diagnose dc1 dc2 --now", ROOT, "tests/run lab"),
    other("deploy/lab/lab down", ROOT, "tests/run lab"),
    // reference.md
    other(
        "epmesh-agent config check deploy/agent.example.toml",
        "prints nothing",
        "tests/tests/documents/forest.rs",
    ),
    // tests/README.md
    other("tests/run --list", "shown as a table", "tests/tests/documents/generated.rs"),
    other("tests/run fmt clippy test", ITSELF, "the CI"),
    other(
        "cargo run -p epmesh --features scenarios -- diagnose --from tests/scenarios/dns-a-stale/secondary-only.toml",
        "compiles",
        "coordinator/tests/verdicts.rs, without cargo",
    ),
    other("cargo test -p epmesh-common --test scenarios", "a test", "tests/run test"),
    other(
        "cargo test -p epmesh-common --test scenarios dns-a-stale/secondary-only",
        "a test",
        "tests/run test",
    ),
    other("cargo test -p epmesh-common", "a test", "tests/run test"),
    other("cargo test -p epmesh-tests --test documents", ITSELF, "tests/run test"),
    other(
        "UPDATE_EXPECT=1 cargo test --workspace --lib --test reports --test verdicts --test sentences --test documents",
        ITSELF,
        "tests/run test, without UPDATE_EXPECT",
    ),
    other(
        "cargo test -p epmesh-tests --test saved_inputs ldap_message",
        "a test",
        "tests/run test",
    ),
    other(
        "EPMESH_DAMAGED=100000 EPMESH_SEED=2 cargo test -p epmesh-tests --test saved_inputs",
        LONG,
        "tests/run test, with fewer inputs",
    ),
    other("tests/campaign fuzz 60 ldap_message", LONG, "tests/run test, over the saved inputs"),
    other("git diff", "its answer is of this folder", "nobody"),
    other("tests/campaign kill 300", LONG, "tests/run test, with fewer rounds"),
    other("tests/campaign hostile 2000", LONG, "tests/run test, with fewer seeds"),
    other("tests/campaign adversary", LONG, "tests/run lab, with other faults"),
    other("tests/campaign soak 60", LONG, "nobody but a person"),
    other("tests/campaign fleets 10000", LONG, "tests/run test, with fewer fleets"),
    other("tests/campaign histories 1000", LONG, "tests/run test, with fewer histories"),
    other("tests/campaign speed", LONG, "nobody but a person"),
    other("tests/campaign sweep 1000", LONG, "nobody but a person"),
    other("tests/campaign footprint", LONG, "nobody but a person"),
];
