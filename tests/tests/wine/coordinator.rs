//! The coordinator, asked as an operator asks it.

use std::time::{Duration, Instant};

use clap::Parser as _;
use epmesh::cli::{Arguments, ask};
use epmesh_tests::sim::Forest;
use serde_json::Value;

/// Between two questions while something is awaited.
const PAUSE: Duration = Duration::from_millis(200);

pub(crate) struct Coordinator {
    url: String,
    identity: String,
}

impl Coordinator {
    pub(crate) fn of(forest: &Forest) -> Self {
        Self { url: forest.url().to_owned(), identity: forest.identity().display().to_string() }
    }

    pub(crate) fn property(&self) -> String {
        format!("COORDINATOR={}", self.url)
    }

    /// A token for any domain controller of the domain, as for a roll-out.
    pub(crate) async fn token(&self) -> String {
        let line = ["token", "create", "--domain", "lab.test", "--count", "2"];
        let made: Value = serde_json::from_str(&self.ask(&line).await).expect("a token");
        made["token"].as_str().expect("a token").to_owned()
    }

    /// The property with the fingerprint of the authority, as openssl would write it.
    pub(crate) fn fingerprint(&self, token: &str) -> String {
        let hex = token.rsplit('.').next().expect("three parts").to_uppercase();
        let pairs: Vec<&str> =
            (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2).expect("pairs")).collect();
        format!("CAFINGERPRINT={}", pairs.join(":"))
    }

    pub(crate) async fn ask(&self, words: &[&str]) -> String {
        let fixed = ["epmesh", "--coordinator", &self.url, "--identity", &self.identity];
        let line = fixed.iter().chain(words).chain(&["--output", "json"]);
        let arguments = Arguments::try_parse_from(line).expect("a command line");
        let mut out = Vec::new();
        let _ = ask(arguments, &mut out).await;
        String::from_utf8(out).expect("text")
    }

    /// Waits until the list of domain controllers is so.
    pub(crate) async fn until(&self, limit: Duration, what: &str, is_so: impl Fn(&Value) -> bool) {
        println!("until {what}");
        self.until_asked(limit, &["dcs"], is_so).await;
    }

    /// Waits until the answer is so, and returns it.
    pub(crate) async fn until_asked(
        &self,
        limit: Duration,
        words: &[&str],
        is_so: impl Fn(&Value) -> bool,
    ) -> Value {
        let begin = Instant::now();
        loop {
            let text = self.ask(words).await;
            let answer = serde_json::from_str(&text).unwrap_or(Value::Null);
            if is_so(&answer) {
                return answer;
            }
            assert!(begin.elapsed() < limit, "not after {} s: {words:?}: {text}", limit.as_secs());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

pub(crate) fn connected(dcs: &Value, name: &str) -> bool {
    let dcs = dcs.as_array().map(Vec::as_slice).unwrap_or_default();
    dcs.iter().any(|dc| dc["name"] == name && dc["connected"] == true)
}

/// Whether `name` was told at least one binding of an interface by the peer.
pub(crate) fn found_by(name: &str) -> impl Fn(&Value) -> bool {
    let name = name.to_owned();
    move |peer| {
        let asked = peer["interfaces"].as_array().map(Vec::as_slice).unwrap_or_default();
        let bindings =
            |asked: &Value| asked["bindings"].as_array().is_some_and(|all| !all.is_empty());
        peer["witness"] == name.as_str() && asked.iter().any(bindings)
    }
}
