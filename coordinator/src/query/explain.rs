//! Another tool's report, and the verdict of each link that it names.

use std::collections::{HashMap, HashSet};

use epmesh_common::{
    diagnosis::{Link, State, Verdict},
    facts::DnsName,
    reports::{
        Outcome, Party, Report, Tool,
        explain::{self, Pair},
    },
    rpc::{InterfaceId, names},
};
use serde::{Deserialize, Serialize};

use super::LinkRow;
use crate::fleet::Fleet;

/// The most verdicts that are given for one report.
const MAX_LINKS: usize = 500;
/// The most links that are listed for a row that names one end only.
const MAX_OF_ONE_END: usize = 20;

/// Another tool's report, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Explanation {
    /// Whether a coordinator gave verdicts; else the report speaks for itself alone.
    pub with_coordinator: bool,
    /// Why none did.
    pub no_coordinator: Option<String>,
    /// Every pair that fails by the report.
    pub pairs: Vec<ExplainedPair>,
    /// The links that it names and does not call failing, as the coordinator sees them.
    #[serde(default)]
    pub others: Vec<LinkRow>,
    /// How many more there are.
    #[serde(default)]
    pub others_left_out: usize,
    /// Lists of endpoint maps in it, in plain words.
    pub lists: Vec<String>,
    /// The report: everything that was read, and what was not.
    pub report: Report,
}

/// A failing pair and what the coordinator knows of its link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExplainedPair {
    /// The pair as the report has it.
    #[serde(flatten)]
    pub pair: Pair,
    /// The verdict of the link.
    pub verdict: Option<Verdict>,
    /// Why there is none.
    pub no_verdict: Option<String>,
    /// Where the report names one end only: the links of that end that are failing or latent now.
    #[serde(default)]
    pub links: Vec<LinkRow>,
    /// How many more there are.
    #[serde(default)]
    pub links_left_out: usize,
}

impl From<Pair> for ExplainedPair {
    fn from(pair: Pair) -> Self {
        Self { pair, verdict: None, no_verdict: None, links: Vec::new(), links_left_out: 0 }
    }
}

impl Explanation {
    /// The explanation of a report by itself, with the reason why no coordinator was asked.
    #[must_use]
    pub fn offline(report: Report, why: String) -> Self {
        Self { no_coordinator: Some(why), ..Self::of(report) }
    }

    fn of(report: Report) -> Self {
        Self {
            with_coordinator: false,
            no_coordinator: None,
            pairs: explain::pairs(&report).into_iter().map(ExplainedPair::from).collect(),
            others: Vec::new(),
            others_left_out: 0,
            lists: explain::lists(&report),
            report,
        }
    }

    /// The explanation with the verdicts of a fleet.
    #[must_use]
    pub fn with(report: Report, fleet: &Fleet) -> Self {
        let mut this = Self { with_coordinator: true, ..Self::of(report) };
        let mut verdicts: HashMap<Link, Verdict> = HashMap::new();
        let mut given = 0;
        for explained in &mut this.pairs {
            match ends(&Named::from(&explained.pair), fleet) {
                Err(why) => explained.no_verdict = Some(why),
                Ok(Ends::One(dc, role)) => one_end(explained, &dc, role, fleet),
                Ok(Ends::Both(link)) => {
                    if given >= MAX_LINKS {
                        explained.no_verdict = Some(format!(
                            "only the first {MAX_LINKS} pairs of a report are diagnosed: epmesh diagnose {} {}",
                            link.destination, link.source
                        ));
                        continue;
                    }
                    given += 1;
                    let verdict =
                        verdicts.entry(link).or_insert_with_key(|link| fleet.diagnose(link));
                    explained.verdict = Some(verdict.clone());
                }
            }
        }
        this.judge_others(fleet, verdicts.into_keys().collect(), given);
        this
    }

    /// Adds the links that the report does not call failing: they may fail by now. `known` are the links that
    /// have their verdict, `given` is the number of verdicts so far.
    fn judge_others(&mut self, fleet: &Fleet, mut known: HashSet<Link>, mut given: usize) {
        let mut seen = HashSet::new();
        for told in self.report.told.iter().filter(|told| told.outcome != Outcome::Failed) {
            let row = Named {
                tool: told.tool,
                destination: &told.destination,
                source: &told.source,
                interface: told.interface,
            };
            let both = row.destination.is_some() && row.source.is_some();
            if !both || !seen.insert((row.destination, row.source, row.interface)) {
                continue;
            }
            let Ok(Ends::Both(link)) = ends(&row, fleet) else { continue };
            if !known.insert(link.clone()) {
                continue;
            }
            if given < MAX_LINKS {
                given += 1;
                self.others.push(LinkRow::from(&fleet.diagnose(&link)));
            } else {
                self.others_left_out += 1;
            }
        }
    }
}

/// The ends and the interface that a row names.
struct Named<'a> {
    tool: Tool,
    destination: &'a Option<Party>,
    source: &'a Option<Party>,
    interface: Option<InterfaceId>,
}

impl<'a> From<&'a Pair> for Named<'a> {
    fn from(pair: &'a Pair) -> Self {
        Self {
            tool: pair.tool,
            destination: &pair.destination,
            source: &pair.source,
            interface: pair.interface,
        }
    }
}

/// Which end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Destination,
    Source,
}

impl Role {
    const fn words(self) -> &'static str {
        match self {
            Self::Destination => "destination",
            Self::Source => "source",
        }
    }
}

/// The ends of a link that a row names.
enum Ends {
    Both(Link),
    One(DnsName, Role),
}

fn ends(row: &Named<'_>, fleet: &Fleet) -> Result<Ends, String> {
    let find = |party: &Option<Party>, role: Role| {
        let Some(party) = party else { return Ok(None) };
        let found = fleet.read(|view| view.named(party));
        let words = role.words();
        found.map(Some).map_err(|error| format!("the {words}: {error}; see epmesh dcs"))
    };
    let destination = find(row.destination, Role::Destination);
    let source = find(row.source, Role::Source)?;
    let (destination, source) = match (destination, source) {
        (Ok(Some(destination)), Some(source)) => (destination, source),
        (Ok(Some(destination)), None) => return Ok(Ends::One(destination, Role::Destination)),
        (Ok(None), Some(source)) => return Ok(Ends::One(source, Role::Source)),
        (Ok(None), None) => return Err("the report names neither end of the link".to_owned()),
        (Err(_), Some(dc)) if row.tool == Tool::Netsetup => {
            // The client is a computer that wants to join, and no domain controller.
            return Err(format!("a join is judged by: epmesh diagnose --join CLIENT {dc}"));
        }
        (Err(why), _) => return Err(why),
    };
    if destination == source {
        return Err(format!(
            "{source} was asked from itself, which is no link: epmesh facts {source}, epmesh endpoints {source}"
        ));
    }
    let interface = row.interface.or_else(|| names::find("drsuapi"));
    let interface = interface.ok_or("the interface is not known")?;
    Ok(Ends::Both(Link { destination, source, interface }))
}

/// Adds the failing and latent links of the one end that a row names.
fn one_end(explained: &mut ExplainedPair, dc: &DnsName, role: Role, fleet: &Fleet) {
    let of = |link: &Link| match role {
        Role::Destination => link.destination == *dc,
        Role::Source => link.source == *dc,
    };
    let wanted = explained.pair.interface;
    let broken = |verdict: &Verdict| matches!(verdict.state, State::Failing | State::Latent);
    let mut rows: Vec<LinkRow> = fleet.read(|view| {
        let all = view.judged().filter(|(link, verdict)| {
            of(link) && wanted.is_none_or(|wanted| link.interface == wanted) && broken(verdict)
        });
        all.map(|(_, verdict)| LinkRow::from(verdict)).collect()
    });
    rows.sort_by(|a, b| (&a.destination, &a.source).cmp(&(&b.destination, &b.source)));
    let other = if role == Role::Source { "destination" } else { "source" };
    let words = role.words();
    explained.no_verdict = Some(match rows.len() {
        0 => format!(
            "the report does not name the {other}; no link with the {words} {dc} is failing or latent now"
        ),
        count => format!(
            "the report does not name the {other}; links with the {words} {dc} that are failing or latent now: {count}"
        ),
    });
    explained.links_left_out = rows.len().saturating_sub(MAX_OF_ONE_END);
    rows.truncate(MAX_OF_ONE_END);
    explained.links = rows;
}
