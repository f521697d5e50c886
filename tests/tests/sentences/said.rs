//! The sentences that come out: over the scenario suite and over the reports of other tools.

use std::fs;

use epmesh_common::{
    diagnosis::{Remarks, diagnose},
    reports::{self, explain, extended_words},
};
use epmesh_scenario::Scenario;
use serde_json::Value;

use crate::{files_below, root, template::Sentences};

/// The words of every verdict of the suite, by the key of its JSON.
pub(crate) fn verdicts() -> Sentences {
    let mut said = Sentences::default();
    for file in files_below(&root().join("tests/scenarios"), ".toml") {
        let text = fs::read_to_string(&file).expect("a file");
        let scenario = Scenario::parse("any", &text).expect("a scenario");
        let evidence = scenario.evidence();
        let verdict = diagnose(&evidence, scenario.at());
        for candidate in &verdict.candidates {
            said.add("faults that explain it", &candidate.fault.to_string());
        }
        let verdict = serde_json::to_value(verdict).expect("JSON");
        each(&verdict["evidence"], |item| said.add("proof", &text_of(item, &["fact"])));
        each(&verdict["ruled_out"], |item| {
            said.add("ruled out", &text_of(item, &["cause", "why"]));
        });
        each(&verdict["remedy"], |step| said.add("remedy", step.as_str().unwrap_or_default()));
        if verdict["culprit"].is_object() {
            said.add("culprit", &text_of(&verdict["culprit"], &["kind", "name", "value"]));
        }
        for facts in [&evidence.source, &evidence.destination] {
            Remarks::of(facts).to_string().lines().for_each(|note| said.add("notes", note));
        }
    }
    said
}

fn each(list: &Value, say: impl FnMut(&Value)) {
    list.as_array().into_iter().flatten().for_each(say);
}

fn text_of(item: &Value, keys: &[&str]) -> String {
    let texts = keys.iter().filter_map(|key| item[*key].as_str());
    texts.collect::<Vec<_>>().join(": ")
}

/// The words of `epmesh explain` on the reports that are saved for the tests.
pub(crate) fn explanations() -> Sentences {
    let mut said = Sentences::default();
    for file in files_below(&root().join("common"), "") {
        let is_report = file.parent().is_some_and(|folder| folder.ends_with("tests/data/reports"));
        if !is_report || file.extension().is_some_and(|kind| kind == "told" || kind == "md") {
            continue;
        }
        let Ok(report) = reports::read(&fs::read(&file).expect("a file")) else { continue };
        for part in &report.parts {
            said.add("tools", part.tool.words());
        }
        for pair in explain::pairs(&report) {
            pair.says.iter().for_each(|sentence| said.add("what it means", sentence));
            pair.ask.iter().for_each(|sentence| said.add("whom to ask", sentence));
        }
        for told in &report.told {
            extended_words(&told.extended)
                .iter()
                .for_each(|words| said.add("extended errors", words));
        }
        explain::lists(&report).iter().for_each(|list| said.add("lists", list));
        explain::failed_tests(&report).iter().for_each(|test| said.add("failed tests", test));
    }
    said
}
