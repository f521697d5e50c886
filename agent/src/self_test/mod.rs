//! `self-test`: what the agent may read on this host and what not, with the right that is missing;
//! and whether it could run: its state folder, its identity, its clock, its coordinators.

use std::{process::ExitCode, sync::Arc};

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets::NOTHING};
use epmesh_common::facts::SectionKind;
use serde::Serialize;

use crate::{
    clock::{Clock as _, SystemClock},
    collect,
    config::Config,
    platform::Platform,
};

mod facts;
mod own;
mod right;

/// The arguments of `self-test`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit status: 0 all was read or does not apply here, 1 something could not be \
    read or is not in order, 2 wrong usage or configuration."
)]
pub struct Arguments {
    /// Only what is not in order.
    #[arg(long)]
    pub problems: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value = "table")]
    pub output: Output,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// A fact by its path in `collect --output json`, or a part of the agent.
    pub what: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was found, or why nothing was.
    pub said: Option<String>,
    /// What to do about it, where that can be told.
    pub advice: Option<String>,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// This platform has no such thing.
    NotApplicable,
    /// It was looked for and is not there, which is an answer.
    Absent,
    /// It was read, or is in order.
    Read,
    /// The agent does not read it, on any host of this kind; where it can be seen is said.
    Elsewhere,
    /// It could not be read, or is not in order.
    Failed,
}

impl Outcome {
    const fn words(self) -> &'static str {
        match self {
            Self::NotApplicable => "does not apply here",
            Self::Absent => "read: there is none",
            Self::Read => "yes",
            Self::Elsewhere => "not by the agent",
            Self::Failed => "NO",
        }
    }
}

/// All that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The facts of this host.
    pub facts: Vec<Row>,
    /// The agent itself.
    pub agent: Vec<Row>,
}

impl Report {
    /// Whether all is in order.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.facts.iter().chain(&self.agent).all(|row| row.outcome != Outcome::Failed)
    }
}

/// Tries everything, prints it, and says how it ends.
///
/// # Errors
/// When the report cannot be written as JSON, which its types rule out.
pub async fn run(
    arguments: &Arguments,
    config: &Config,
    platform: &Arc<dyn Platform>,
) -> anyhow::Result<ExitCode> {
    let report = test(config, platform).await;
    match arguments.output {
        Output::Table => print!("{}", table(&report, arguments.problems)),
        Output::Json => println!("{}", serde_json::to_string_pretty(&report)?),
    }
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tries everything.
pub async fn test(config: &Config, platform: &Arc<dyn Platform>) -> Report {
    let (sections, agent) = tokio::join!(
        collect::collect(platform, &SectionKind::ALL),
        own::rows(config, SystemClock.now()),
    );
    Report { facts: facts::rows(&sections), agent }
}

fn table(report: &Report, problems: bool) -> String {
    let mut text = String::new();
    for (title, rows) in [("facts of this host", &report.facts), ("the agent", &report.agent)] {
        let mut table = Table::new();
        table.load_preset(NOTHING);
        let mut before: Option<&str> = None;
        for row in rows.iter().filter(|row| !problems || row.outcome == Outcome::Failed) {
            let said = row.said.as_deref();
            // One missing right keeps many facts away.
            let again = said.is_some() && said == before;
            before = said;
            let advice = row.advice.as_ref().map(|advice| format!("→ {advice}"));
            let parts = [said.map(str::to_owned), advice];
            let said = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let said = if again { "for the same reason" } else { &said };
            table.add_row([row.what.as_str(), row.outcome.words(), said]);
        }
        text.push_str(&format!("{title}\n{}\n\n", table.trim_fmt()));
    }
    let failed = report.facts.iter().chain(&report.agent);
    let failed = failed.filter(|row| row.outcome == Outcome::Failed).count();
    text.push_str(&match failed {
        0 => "all is in order\n".to_owned(),
        1 => "one thing is not in order\n".to_owned(),
        more => format!("{more} things are not in order\n"),
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(what: &str, outcome: Outcome, advice: Option<&str>) -> Row {
        let advice = advice.map(str::to_owned);
        Row { what: what.to_owned(), outcome, said: None, advice }
    }

    #[test]
    fn one_failure_is_told_with_what_to_do() {
        let good = row("host.os", Outcome::Read, None);
        let bad = row("services.list", Outcome::Failed, Some("run it as root"));
        let report = Report { facts: vec![good.clone(), bad], agent: vec![] };
        assert!(!report.passed());
        let text = table(&report, true);
        assert!(text.contains("services.list") && text.contains("→ run it as root"), "{text}");
        assert!(!text.contains("host.os") && text.contains("one thing is not in order"), "{text}");
        assert!(Report { facts: vec![good], agent: vec![] }.passed());
    }
}
