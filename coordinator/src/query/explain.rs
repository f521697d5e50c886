//! Another tool's report, and the verdict of each link that it names as failing.

use std::collections::HashMap;

use epmesh_common::{
    diagnosis::{Link, Verdict},
    reports::{
        Party, Report,
        explain::{self, Pair},
    },
    rpc::names,
};
use serde::{Deserialize, Serialize};

use crate::fleet::Fleet;

/// The most links that are diagnosed for one report.
const MAX_LINKS: usize = 500;

/// What a report says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explanation {
    /// Whether a coordinator gave verdicts; else the report speaks for itself alone.
    pub with_coordinator: bool,
    /// Every pair that fails by the report.
    pub pairs: Vec<ExplainedPair>,
    /// Lists of endpoint maps in it, in plain words.
    pub lists: Vec<String>,
    /// Everything that was read, and what was not.
    pub report: Report,
}

/// A failing pair and what the coordinator knows of its link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExplainedPair {
    /// What the report says.
    #[serde(flatten)]
    pub pair: Pair,
    /// The verdict of the link.
    pub verdict: Option<Verdict>,
    /// Why there is none.
    pub no_verdict: Option<String>,
}

impl Explanation {
    /// What a report says by itself.
    #[must_use]
    pub fn offline(report: Report) -> Self {
        let explained = |pair| ExplainedPair { pair, verdict: None, no_verdict: None };
        Self {
            with_coordinator: false,
            pairs: explain::pairs(&report).into_iter().map(explained).collect(),
            lists: explain::lists(&report),
            report,
        }
    }

    /// The same with the verdicts of a fleet.
    #[must_use]
    pub fn with(report: Report, fleet: &Fleet) -> Self {
        let mut this = Self::offline(report);
        this.with_coordinator = true;
        let mut verdicts: HashMap<Link, Verdict> = HashMap::new();
        for explained in &mut this.pairs {
            match link(&explained.pair, fleet) {
                Err(why) => explained.no_verdict = Some(why),
                Ok(link) if verdicts.len() >= MAX_LINKS && !verdicts.contains_key(&link) => {
                    explained.no_verdict = Some(format!(
                        "only the first {MAX_LINKS} links of a report are diagnosed: epmesh diagnose {} {}",
                        link.destination, link.source
                    ));
                }
                Ok(link) => {
                    let verdict =
                        verdicts.entry(link).or_insert_with_key(|link| fleet.diagnose(link));
                    explained.verdict = Some(verdict.clone());
                }
            }
        }
        this
    }
}

fn link(pair: &Pair, fleet: &Fleet) -> Result<Link, String> {
    let find = |party: &Option<Party>, what: &str| {
        let party = party.as_ref().ok_or_else(|| format!("the report does not name the {what}"))?;
        fleet.with(|view| view.named(party)).map_err(|error| format!("the {what}: {error}"))
    };
    let link = Link {
        destination: find(&pair.destination, "destination")?,
        source: find(&pair.source, "source")?,
        interface: pair
            .interface
            .or_else(|| names::by_name("drsuapi").map(|known| known.id))
            .ok_or("no interface")?,
    };
    if link.destination == link.source {
        return Err("source and destination are the same domain controller".to_owned());
    }
    Ok(link)
}
