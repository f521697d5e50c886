//! The lab, driven through its own script.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use epmesh_common::diagnosis::{State, Verdict};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The forest is taken down when this is dropped.
pub(crate) struct Lab {
    script: PathBuf,
    binaries: PathBuf,
}

/// What a command printed and how it ended.
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) status: Option<i32>,
}

impl Lab {
    pub(crate) fn up() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        // The test stands in target/PROFILE/deps, the programs one above.
        let own = env::current_exe().unwrap();
        let binaries = own.parent().and_then(Path::parent).unwrap().to_owned();
        for program in ["epmesh", "epmesh-agent"] {
            let path = binaries.join(program);
            assert!(path.exists(), "{} is missing: cargo build --workspace --bins", path.display());
        }
        let lab = Self { script: root.join("deploy/lab/lab"), binaries };
        lab.run(&["up", "3"]);
        lab
    }

    pub(crate) fn binary(&self, name: &str) -> String {
        self.binaries.join(name).display().to_string()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.script);
        command.args(arguments).env("EPMESH_BIN_DIR", &self.binaries).stdin(Stdio::null());
        command
    }

    /// Runs a command of the lab; its standard error goes to ours.
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).stderr(Stdio::inherit()).output().unwrap();
        Ran { out: String::from_utf8(output.stdout).unwrap(), status: output.status.code() }
    }

    /// The same, which must succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let ran = self.try_run(arguments);
        assert_eq!(ran.status, Some(0), "lab {arguments:?}: {}", ran.out);
        ran.out
    }

    /// A coordinator on ops, an agent on every DC, and all links healthy.
    pub(crate) fn start_mesh(&self, config: Option<&Path>) {
        match config {
            Some(config) => self.run(&["mesh-start", "--config", config.to_str().unwrap()]),
            None => self.run(&["mesh-start"]),
        };
        self.until("every link is healthy", Duration::from_secs(90), || {
            let links: Vec<Value> = self.ask(&["links"]);
            links.len() == 6 && links.iter().all(|link| link["state"] == "healthy")
        });
    }

    /// The coordinator again, after it was killed; the agents have gone on.
    pub(crate) fn start_again(&self, config: &Path) {
        self.run(&["mesh-start", "--config", config.to_str().unwrap()]);
    }

    pub(crate) fn stop_mesh(&self) {
        self.run(&["mesh-stop"]);
    }

    /// What `epmesh … --output json` says on ops.
    pub(crate) fn ask<T: DeserializeOwned>(&self, question: &[&str]) -> T {
        let ran = self.try_run(&[&["ask"], question, &["--output", "json"]].concat());
        serde_json::from_str(&ran.out)
            .unwrap_or_else(|error| panic!("epmesh {question:?}: {error}: {}", ran.out))
    }

    /// `epmesh diagnose DESTINATION SOURCE --now`, whose exit status must agree with what it prints.
    pub(crate) fn diagnose(&self, destination: &str, source: &str) -> Verdict {
        let ask = ["ask", "diagnose", destination, source, "--now", "--output", "json"];
        let ran = self.try_run(&ask);
        let verdict: Verdict =
            serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out));
        let expected = match verdict.state {
            State::Healthy => 0,
            State::Failing | State::Latent => 1,
            State::Unknown => 4,
        };
        assert_eq!(ran.status, Some(expected), "{}", ran.out);
        verdict
    }

    /// Waits for a condition outside this process; there is nothing to be woken by.
    pub(crate) fn until(&self, what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
        self.until_nothing_is_left(
            what,
            limit,
            || if holds() { None } else { Some(String::new()) },
        );
    }

    /// The same for a condition that says what is left of what is waited for.
    pub(crate) fn until_nothing_is_left(
        &self,
        what: &str,
        limit: Duration,
        mut left: impl FnMut() -> Option<String>,
    ) {
        let end = Instant::now() + limit;
        while let Some(left) = left() {
            assert!(Instant::now() < end, "gave up after {limit:?}: {what}\n{left}");
            thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.command(&["down"]).status();
    }
}
