//! The output of the demo.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::ValueEnum;
use epmesh::cli::render_verdict;
use epmesh_common::{
    diagnosis::{State, Verdict},
    facts::Timestamp,
};

/// The output of the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// The story, with the verdicts as `epmesh diagnose` prints them.
    Table,
    /// The verdicts alone, one JSON line each: broken, then healed.
    Json,
}

/// Prints it.
pub(crate) struct Show {
    output: Output,
}

impl Show {
    pub(crate) const fn new(output: Output) -> Self {
        Self { output }
    }

    /// Prints a step that is done.
    pub(crate) fn step(&self, text: &str) {
        self.line(&format!("==> {text}"));
    }

    /// Something about it.
    pub(crate) fn detail(&self, text: &str) {
        self.line(&format!("    {text}"));
    }

    /// A verdict.
    pub(crate) fn verdict(&self, verdict: &Verdict) -> Result<()> {
        match self.output {
            Output::Json => println!("{}", serde_json::to_string(verdict)?),
            Output::Table => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
                let text = render_verdict(&brief(verdict), &[], Timestamp::from_millis(now), None);
                println!("\n{text}");
            }
        }
        Ok(())
    }

    /// Something that is not as it must be.
    pub(crate) fn complaint(&self, text: &str) {
        eprintln!("epmesh-demo: {text}");
    }

    fn line(&self, text: &str) {
        if self.output == Output::Table {
            println!("{text}");
        }
    }
}

/// The verdict without its proof where the link is healthy: nobody has to be convinced.
fn brief(verdict: &Verdict) -> Verdict {
    let mut brief = verdict.clone();
    if brief.state == State::Healthy {
        brief.evidence.clear();
        brief.ruled_out.clear();
    }
    brief
}
