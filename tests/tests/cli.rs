//! The operator's command line against a whole simulated forest: what it prints, as a table and as
//! JSON, and its exit status.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

use clap::Parser;
use epmesh::cli::{Arguments, Exit, ask};
use epmesh_tests::sim::{Forest, Scenario};
use serde_json::Value;

#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/incidents.rs"]
mod incidents;
#[path = "cli/join.rs"]
mod join;

struct Operator {
    url: String,
    identity: String,
}

impl Operator {
    async fn ask(&self, line: &str) -> (Exit, String) {
        let fixed = ["epmesh", "--coordinator", &self.url, "--identity", &self.identity];
        let words = fixed.into_iter().chain(line.split(' '));
        let arguments = Arguments::try_parse_from(words).expect("a command line");
        let mut out = Vec::new();
        let exit = ask(arguments, &mut out).await;
        (exit, String::from_utf8(out).expect("text"))
    }

    async fn json(&self, line: &str) -> (Exit, Value) {
        let (exit, text) = self.ask(&format!("{line} --output json")).await;
        (exit, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_answers_for_a_healthy_and_for_a_broken_forest() {
    let mut forest = Forest::start(3).await.expect("a forest");
    // An operator elsewhere: with a copy of what the coordinator put down for one.
    let elsewhere = tempfile::tempdir().expect("a folder");
    for name in ["ca.pem", "operator.pem", "operator.key"] {
        std::fs::copy(forest.identity().join(name), elsewhere.path().join(name)).expect(name);
    }
    let identity = elsewhere.path().display().to_string();
    let operator = Operator { url: forest.url().to_owned(), identity };

    healthy(&operator).await;
    join::healthy(&operator).await;
    forest.fault(Scenario::DnsAStale).await.expect("a fault");
    forest.broken(Scenario::DnsAStale).await.expect("a verdict");
    broken(&operator).await;
    incidents::broken(&operator, &mut forest).await;
    explain::with_verdicts(&operator, &forest).await;
    usage(&operator).await;
    forest.heal().await.expect("no fault");
    forest.healed().await.expect("a verdict");
    forest.fault(Scenario::EndpointsUnregistered).await.expect("a fault");
    forest.broken(Scenario::EndpointsUnregistered).await.expect("a verdict");
    join::unregistered(&operator).await;

    forest.stop().await.expect("an end");
    let (exit, out) = operator.ask("dcs").await;
    assert_eq!((exit, out.as_str()), (Exit::Unreachable, ""));
    explain::without(&operator).await;
}

async fn healthy(operator: &Operator) {
    let (exit, dcs) = operator.json("dcs").await;
    assert_eq!(exit, Exit::Healthy);
    let names: Vec<&str> =
        dcs.as_array().unwrap().iter().map(|dc| dc["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["dc1.lab.test", "dc2.lab.test", "dc3.lab.test"]);
    for dc in dcs.as_array().unwrap() {
        assert_eq!(dc["connected"], true, "{dc}");
        assert_eq!(dc["registered"]["e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0"], true, "{dc}");
        for key in ["agent_version", "last_seen", "addresses", "site", "clock_skew_ms"] {
            assert!(!dc[key].is_null(), "{key}: {dc}");
        }
    }
    let (_, table) = operator.ask("dcs").await;
    assert!(table.starts_with("DC  "), "{table}");

    let (exit, links) = operator.json("links").await;
    assert_eq!(exit, Exit::Healthy);
    assert_eq!(links.as_array().unwrap().len(), 6);
    let (exit, text) = operator.ask("links --failing").await;
    assert_eq!((exit, text.as_str()), (Exit::Healthy, "no link is failing or latent\n"));

    let (exit, text) = operator.ask("diagnose dc1 dc2 --now").await;
    assert_eq!(exit, Exit::Healthy, "{text}");
    assert!(text.contains("HEALTHY   proven"), "{text}");
    let (exit, _) = operator.ask("diagnose dc1 dc2 --interface netlogon --now").await;
    assert_eq!(exit, Exit::Healthy);

    let (exit, endpoints) = operator.json("endpoints dc2").await;
    assert_eq!(exit, Exit::Healthy);
    let local = &endpoints["own"][0]["endpoints"]["Ok"];
    assert_eq!(local.as_array().map(Vec::len), Some(53));
    let whole = endpoints["peers"].as_array().unwrap().iter();
    assert!(whole.clone().any(|peer| peer["endpoints"]["Ok"].is_array()), "nobody read it all");
    let asked = |peer: &Value| {
        peer["interfaces"].as_array().unwrap().iter().any(|asked| {
            asked["interface"].as_str().unwrap().starts_with("e3514235")
                && !asked["bindings"].as_array().unwrap().is_empty()
        })
    };
    assert!(whole.clone().all(asked), "a look at netlogon took drsuapi away");
    let (_, text) = operator.ask("endpoints dc2").await;
    assert!(text.contains("As dc2.lab.test sees its own map, locally"), "{text}");
    assert!(text.contains("As dc1.lab.test sees it at 127."), "{text}");
}

async fn broken(operator: &Operator) {
    let (exit, links) = operator.json("links --failing").await;
    assert_eq!(exit, Exit::Failing);
    let sources: Vec<&str> =
        links.as_array().unwrap().iter().map(|link| link["source"].as_str().unwrap()).collect();
    assert!(!sources.is_empty() && sources.iter().all(|source| *source == "dc2.lab.test"));

    // The bundle gives the same verdict without the coordinator.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bundle").display().to_string();
    let (exit, text) = operator.ask(&format!("bundle export {file}")).await;
    assert_eq!((exit, text), (Exit::Healthy, format!("3 domain controllers written to {file}\n")));
    let (exit, _) = operator.ask(&format!("bundle export {file}")).await;
    assert_eq!(exit, Exit::Usage, "a file that is there is not written over");
    let (exit, online) = operator.json("diagnose dc1 dc2").await;
    assert_eq!(exit, Exit::Failing, "{online}");
    let (exit, offline) = operator.json(&format!("diagnose --from {file} dc1 dc2")).await;
    assert_eq!(exit, Exit::Failing, "{offline}");
    for key in ["state", "cause", "side", "culprit", "confidence", "error", "remedy"] {
        assert_eq!(online[key], offline[key], "{key}");
    }
    assert_eq!(offline["cause"], "dns-a-stale");
    std::fs::write(&file, "{}\n").expect("a file");
    let (exit, out) = operator.ask(&format!("diagnose --from {file} dc1 dc2")).await;
    assert_eq!((exit, out.as_str()), (Exit::Usage, ""));

    let (exit, text) = operator.ask("alerts list").await;
    assert_eq!((exit, text.as_str()), (Exit::Healthy, "no alert was sent, and none waits\n"));
    let (exit, token) = operator.json("token create --domain lab.test --count 2 --ttl 1h").await;
    assert_eq!(exit, Exit::Healthy);
    let printed = token["ca_fingerprint"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    assert!(token["token"].as_str().unwrap().ends_with(printed), "{token}");
}

async fn usage(operator: &Operator) {
    for line in [
        "diagnose dc1 dc9",
        "diagnose dc1 dc1",
        "diagnose dc1 dc2 --interface nonsense",
        "endpoints nobody",
        "release dc9.lab.test",
        "diagnose --from /nonexistent dc1 dc2",
    ] {
        assert_eq!(operator.ask(line).await, (Exit::Usage, String::new()), "{line}");
    }
}
