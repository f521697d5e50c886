//! The reader: what a healthy forest gives, and that nothing wrong in a file goes unsaid.

use epmesh_common::diagnosis::{Cause, Confidence, State, diagnose};
use epmesh_facts::SectionKind;

use super::*;

fn parse(body: &str) -> Result<Scenario, Problems> {
    let text = format!(
        "title = \"t\"\nwhy = \"w\"\n{body}\n[expect]\nstate = \"healthy\"\ncause = \"healthy\"\n"
    );
    Scenario::parse("s.toml", &text)
}

#[test]
fn the_base_forest_is_healthy_on_every_platform() {
    for head in [
        "",
        "platform = \"samba\"",
        "windows = \"2003\"",
        "windows = \"2008\"",
        "windows = \"2025\"",
    ] {
        for link in ["dc1 <- dc2", "dc2 <- dc1", "dc3 <- dc2", "dc1 <- dc3"] {
            let scenario = parse(&format!("link = \"{link}\"\n{head}")).unwrap();
            let verdict = diagnose(&scenario.evidence(), scenario.at());
            let got = (verdict.state, verdict.cause, verdict.confidence);
            assert_eq!(
                got,
                (State::Healthy, Cause::Healthy, Confidence::Proven),
                "{head} {link} {verdict:#?}"
            );
        }
    }
}

#[test]
fn a_healthy_windows_has_no_notes() {
    let scenario = parse("").unwrap();
    let remarks = epmesh_common::diagnosis::Remarks::of(&scenario.evidence().source);
    assert!(remarks.is_empty(), "{remarks}");
    let facts = scenario.evidence().source;
    for kind in SectionKind::ALL {
        let is_unstated = matches!(kind, SectionKind::Replication | SectionKind::DirectoryObjects);
        assert_eq!(facts.at(kind).is_none(), is_unstated, "{kind}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let said = |body: &str| match parse(body) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    };
    assert_eq!(said("lnk = \"dc1 <- dc2\""), "s.toml:3: unknown key `lnk`; did you mean `link`?");
    assert!(
        said("link = \"dc1 <- dc9\"").contains("s.toml:3: `link`: there is no computer \"dc9\"")
    );
    assert!(said("[dc9]\nagent = false").contains("s.toml:3: unknown key `dc9`"));
    assert!(
        said("[dc2.services]\nNTSD = \"stopped\"")
            .contains("s.toml:4: unknown key `dc2.services.NTSD`")
    );
    assert!(
        said("[dc2.services]\nNTDS = \"dead\"")
            .contains("s.toml:4: `dc2.services.NTDS`: \"dead\" is none of")
    );
    assert!(said("[dns.all]\n\"dc2 MX\" = []").contains("s.toml:4: unknown key `dns.all.dc2 MX`"));
    assert!(said("[dns.dc9]\nanswers = \"refused\"").contains("s.toml:3: unknown key `dns.dc9`"));
    assert!(said("[dns.dc1]\n\"dc2 A\" = [\"fe80::1\"]").contains("s.toml:4: `dns.dc1.dc2 A[0]`"));
    assert!(
        said("[[blocked]]\nfrom = \"dc7\"\nto = \"dc2\"")
            .contains("s.toml:4: `blocked[0].from`: there is no computer")
    );
    assert!(
        said("[[seen]]\nat = \"10.0.1.12\"\nport-135 = \"gone\"")
            .contains("s.toml:5: `seen[0].port-135`: \"gone\" is no way to fail")
    );
    assert!(said("[dc2.map]\ndrsuapy = []").contains("unknown key `dc2.map.drsuapy`"));
    let text = "title = \"t\"\nwhy = \"w\"\n[expect]\nstate = \"broken\"\n";
    let problems = Scenario::parse("s.toml", text).unwrap_err().to_string();
    assert!(problems.contains("s.toml:3: `expect.cause` is missing"), "{problems}");
    assert!(
        problems.contains("s.toml:4: `expect.state`: \"broken\" is none of: healthy"),
        "{problems}"
    );
    assert!(Scenario::parse("s.toml", "").unwrap_err().to_string().contains("`title` is missing"));
    assert!(Scenario::parse("s.toml", "a = [").is_err());
}

#[test]
fn a_bundle_is_no_scenario() {
    assert!(!Scenario::is_one(b"{\"bundle\":{}}"));
    assert!(!Scenario::is_one(b""));
    assert!(Scenario::is_one(b"# a comment\ntitle = 1"));
}
