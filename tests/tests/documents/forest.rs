//! The operator's commands in the documents, run against a simulated forest in the order in which a reader
//! meets them.

use std::{fs, path::PathBuf};

use clap::Parser as _;
use epmesh::{
    cli::{Arguments, Command, ConfigCommand, Exit, ask},
    config::ServeOptions,
    incident::Status,
};
use epmesh_tests::sim::{Forest, Scenario};
use tempfile::TempDir;

use super::{
    commands::{self, Shown},
    compare, page,
    parse::words,
};

/// A report as `repadmin /showrepl` writes it on dc1, for `explain`.
const SHOWREPL: &str = r"Default-First-Site-Name\DC1
DSA Options: IS_GC
==== INBOUND NEIGHBORS ======================================
DC=lab,DC=test
    Default-First-Site-Name\DC2 via RPC
        Last attempt @ 2026-11-20 09:15:00 failed, result 1753 (0x6d9):
            There are no more endpoints available from the endpoint mapper.
        12 consecutive failure(s).
        Last success @ 2026-11-19 22:00:00.
";

/// An operator in front of a forest.
struct Reader {
    forest: Forest,
    folder: TempDir,
    /// The incident that is there, once something is broken.
    incident: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_print_what_the_documents_show() {
    let forest = Forest::start(3).await.expect("a forest");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("showrepl.txt"), SHOWREPL).expect("a report");
    let mut reader = Reader { forest, folder, incident: None };
    let mut wrong = Vec::new();
    for shown in commands::all().iter().filter(|shown| shown.runs_here()) {
        if let Some(before) = &shown.before {
            reader.prepare(before).await;
        }
        if let Err(why) = reader.run(shown).await {
            wrong.push(format!("{}: {}: {why}", shown.at, shown.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

impl Reader {
    /// What `<!-- test: … -->` above a block asks for.
    async fn prepare(&mut self, directive: &str) {
        let Some(("fault", name)) = directive.split_once(' ') else {
            panic!("a test cannot do {directive:?}")
        };
        let scenario: Scenario = name.parse().expect("a scenario");
        self.forest.fault(scenario).await.expect("a fault");
        self.forest.broken(scenario).await.expect("a verdict");
        let list = self
            .forest
            .incidents_until(|list| list.incidents.iter().any(|row| row.status == Status::Open));
        let list = list.await.expect("an incident");
        self.incident = list.incidents.first().map(|row| row.id.clone());
    }

    async fn run(&self, shown: &Shown) -> Result<(), String> {
        let url = self.forest.url().to_owned();
        let identity = self.forest.identity().display().to_string();
        let mut words: Vec<String> =
            words(&shown.text).iter().map(|word| self.word(word)).collect();
        for (option, value) in [("--coordinator", url), ("--identity", identity)] {
            match words.iter().position(|word| word == option) {
                Some(at) => words[at + 1] = value,
                None => words.extend([option.to_owned(), value]),
            }
        }
        let arguments = Arguments::try_parse_from(&words).map_err(|error| error.to_string())?;
        if let Command::Config(ConfigCommand::Check { file }) = &arguments.command {
            return ServeOptions::load(file).map(drop).map_err(|error| error.to_string());
        }
        let mut out = Vec::new();
        let exit = ask(arguments, &mut out).await;
        let printed = String::from_utf8(out).map_err(|error| error.to_string())?;
        if matches!(exit, Exit::Usage | Exit::Unreachable) {
            return Err(format!("it ends with {exit:?}\n{printed}"));
        }
        shown.output.as_deref().map_or(Ok(()), |lines| compare::matches(lines, &printed))
    }

    /// A word of a command with the reader's files and incidents in the place of those in the document.
    fn word(&self, word: &str) -> String {
        let is_id = word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let here = |name: &str| self.folder.path().join(name).display().to_string();
        let repository = |name: &str| page::repository().join(name).display().to_string();
        match (word, &self.incident) {
            (_, Some(incident)) if is_id => incident.clone(),
            ("showrepl.txt" | "evidence.json", _) => here(word),
            ("/etc/epmesh/epmesh.toml", _) => repository("deploy/epmesh.example.toml"),
            _ if word.starts_with("tests/") || word.starts_with("deploy/") => repository(word),
            _ => word.to_owned(),
        }
    }
}

/// The agent's command that needs nothing of a domain controller.
#[test]
fn the_agents_example_configuration_is_right() {
    let file: PathBuf = page::repository().join("deploy/agent.example.toml");
    epmesh_agent::app::Config::load(Some(&file)).expect("nothing is wrong with it");
}
