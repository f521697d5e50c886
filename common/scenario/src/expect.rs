//! The verdict that a scenario expects.

use epmesh_common::diagnosis::{Cause, Confidence, Remarks, Side, State, Verdict};
use epmesh_config::Section;
use epmesh_facts::DcFacts;

use super::world::World;

/// The verdict that a scenario expects. What it leaves out may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// How the link stands.
    pub state: Option<State>,
    /// The cause.
    pub cause: Option<Cause>,
    /// Its side.
    pub side: Option<Side>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// The error number that a Windows destination reports.
    pub error: Option<i64>,
    /// The share of the attempts that it hits, `1 of 2 addresses`, or `none`.
    pub intermittent: Option<String>,
    /// Texts that must stand in the culprit's kind, name and value.
    pub culprit: Vec<String>,
    /// Texts that must stand in the remedy.
    pub remedy: Vec<String>,
    /// Texts that must stand in the proof.
    pub proof: Vec<String>,
    /// Causes that must have been ruled out.
    pub ruled_out: Vec<Cause>,
    /// Texts that must stand in the reasons why causes were ruled out.
    pub why_not: Vec<String>,
    /// Texts that must stand in the notes on the source's own setup, which are no verdict.
    pub notes: Vec<String>,
    /// Causes that it must not be, although they are near: a near miss of each.
    pub not: Vec<Cause>,
    /// Causes that must not stand among those ruled out: nothing speaks against them.
    pub not_ruled_out: Vec<Cause>,
    /// Texts that must not stand in the remedy.
    pub not_remedy: Vec<String>,
    /// The confidence that it must not reach.
    pub not_confidence: Option<Confidence>,
}

/// Reads `[expect]`; `None` when it is not there.
pub(super) fn read(root: &Section<'_>, _: &World) -> Option<Expect> {
    root.require("expect");
    let table = root.table("expect")?;
    let texts = |key: &str| {
        if table.has_list(key) {
            table.list(key, |text| Ok::<_, String>(text.to_owned())).unwrap_or_default()
        } else {
            table.text(key).into_iter().collect()
        }
    };
    for key in ["state", "cause"] {
        table.require(key);
    }
    let expect = Expect {
        state: table.parse("state", |text| known(State::ALL, text)),
        cause: table.parse("cause", |text| known(Cause::ALL, text)),
        side: table.parse("side", |text| known(Side::ALL, text)),
        confidence: table.parse("confidence", |text| known(Confidence::ALL, text)),
        error: table.integer("error", -2_147_483_648..=65_535),
        intermittent: table.text("intermittent"),
        culprit: texts("culprit"),
        remedy: texts("remedy"),
        proof: texts("proof"),
        ruled_out: table.list("ruled-out", |text| known(Cause::ALL, text)).unwrap_or_default(),
        why_not: texts("why-not"),
        notes: texts("notes"),
        not: table.list("not", |text| known(Cause::ALL, text)).unwrap_or_default(),
        not_ruled_out: table
            .list("not-ruled-out", |text| known(Cause::ALL, text))
            .unwrap_or_default(),
        not_remedy: texts("not-remedy"),
        not_confidence: table.parse("not-confidence", |text| known(Confidence::ALL, text)),
    };
    Some(expect)
}

/// The one of `all` that is written like this.
fn known<T: Copy + std::fmt::Display>(all: &[T], text: &str) -> Result<T, String> {
    let found = all.iter().find(|one| one.to_string() == text).copied();
    found.ok_or_else(|| {
        let names: Vec<String> = all.iter().map(ToString::to_string).collect();
        format!("{text:?} is none of: {}", names.join(", "))
    })
}

impl Expect {
    /// The texts that the notes on the source's setup lack, one line each.
    pub(super) fn unnoted(&self, source: &DcFacts) -> Vec<String> {
        let said = Remarks::of(source).to_string();
        let lacking = self.notes.iter().filter(|text| !said.contains(text.as_str()));
        lacking.map(|text| format!("notes: expected {text:?} in them, got {said}")).collect()
    }

    /// Every difference between the verdict and what is expected, one line each; empty when it is
    /// as expected.
    #[must_use]
    pub fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, wanted: Option<String>, got: String| {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != got) {
                found.push(format!("{what}: expected {wanted}, got {got}"));
            }
        };
        compare("state", self.state.map(|one| one.to_string()), verdict.state.to_string());
        compare("cause", self.cause.map(|one| one.to_string()), verdict.cause.to_string());
        compare("side", self.side.map(|one| one.to_string()), verdict.side.to_string());
        let confidence = self.confidence.map(|one| one.to_string());
        compare("confidence", confidence, verdict.confidence.to_string());
        compare("error", self.error.map(|one| one.to_string()), verdict.error.code.to_string());
        let share = verdict.intermittent.as_ref();
        let share = share.map_or("none".to_owned(), ToString::to_string);
        compare("intermittent", self.intermittent.clone(), share);
        let culprit = verdict.culprit.as_ref();
        let culprit = culprit.map_or("none".to_owned(), |blamed| blamed.text().to_string());
        let mut holds = |what: &str, wanted: &[String], got: &str| {
            for text in wanted.iter().filter(|text| !got.contains(text.as_str())) {
                found.push(format!("{what}: expected {text:?} in it, got {got}"));
            }
        };
        holds("culprit", &self.culprit, &culprit);
        holds("remedy", &self.remedy, &verdict.remedy.join(" / "));
        let proof: Vec<String> = verdict
            .evidence
            .iter()
            .map(|item| format!("{} {}", item.fact, item.raw.as_deref().unwrap_or_default()))
            .collect();
        holds("proof", &self.proof, &proof.join(" / "));
        for cause in &self.ruled_out {
            if !verdict.ruled_out.iter().any(|out| out.cause == *cause) {
                found.push(format!("ruled out: expected {cause} among them"));
            }
        }
        let why: Vec<&str> = verdict.ruled_out.iter().map(|out| out.why.as_str()).collect();
        let why = why.join(" / ");
        for text in self.why_not.iter().filter(|text| !why.contains(text.as_str())) {
            found.push(format!("why not: expected {text:?} in it, got {why}"));
        }
        for out in verdict.ruled_out.iter().filter(|out| self.not_ruled_out.contains(&out.cause)) {
            found.push(format!("ruled out: {} must not be among them: {}", out.cause, out.why));
        }
        let remedy = verdict.remedy.join(" / ");
        for text in self.not_remedy.iter().filter(|text| remedy.contains(text.as_str())) {
            found.push(format!("remedy: {text:?} must not be in it, got {remedy}"));
        }
        if self.not.contains(&verdict.cause) {
            found.push(format!("cause: it must not be {}", verdict.cause));
        }
        if self.not_confidence == Some(verdict.confidence) {
            found.push(format!("confidence: it must not be {}", verdict.confidence));
        }
        found
    }
}
