//! The commands in fenced blocks: each is run here, or is on the list of those that run elsewhere.

use std::collections::BTreeSet;

use super::{elsewhere::ELSEWHERE, page::Block, pages};

/// A command that a document shows.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// Where: the document and its line.
    pub(crate) at: String,
    /// What the reader types.
    pub(crate) text: String,
    /// What the document shows as its output; only in `console` blocks.
    pub(crate) output: Option<Vec<String>>,
    /// What has to be done before, as `<!-- test: … -->` above the block says.
    pub(crate) before: Option<String>,
}

impl Shown {
    /// Whether it is on the list.
    pub(crate) fn is_elsewhere(&self) -> bool {
        ELSEWHERE.iter().any(|other| other.command == self.text)
    }

    /// Whether this test runs it, with the operator's command line against a simulated forest.
    pub(crate) fn runs_here(&self) -> bool {
        !self.is_elsewhere() && self.text.starts_with("epmesh ")
    }

    /// Whether it puts a file in its place on a host; a test runs it in a folder instead.
    pub(crate) fn is_installation(&self) -> bool {
        self.text.starts_with("install ")
    }

    /// The simple commands that it is made of.
    pub(crate) fn simple(&self) -> impl Iterator<Item = &str> {
        self.text.split(" && ").flat_map(|part| part.split(" | ")).map(str::trim)
    }
}

/// Every command of every document, in order.
pub(crate) fn all() -> Vec<Shown> {
    let mut found = Vec::new();
    for page in pages() {
        for block in page.blocks() {
            let at = |offset: usize| format!("{}:{}", page.name, block.line + offset);
            match block.language.as_str() {
                "sh" | "bat" => typed(&block, &at, &mut found),
                "console" => session(&block, &at, &mut found),
                "text" | "json" | "toml" => {}
                other => panic!("{}: no sort of block is called {other:?}", at(0)),
            }
        }
    }
    found
}

fn typed(block: &Block, at: &dyn Fn(usize) -> String, found: &mut Vec<Shown>) {
    for (offset, line) in block.lines.iter().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let before = block.directive.clone().filter(|_| offset == 0);
        found.push(Shown { at: at(offset), text: line.clone(), output: None, before });
    }
}

fn session(block: &Block, at: &dyn Fn(usize) -> String, found: &mut Vec<Shown>) {
    let first = found.len();
    for (offset, line) in block.lines.iter().enumerate() {
        if let Some(text) = line.strip_prefix("$ ") {
            let before = block.directive.clone().filter(|_| found.len() == first);
            found.push(Shown {
                at: at(offset),
                text: text.to_owned(),
                output: Some(Vec::new()),
                before,
            });
        } else {
            assert!(found.len() > first, "{}: output before the first command", at(offset));
            let shown = found.last_mut().and_then(|shown| shown.output.as_mut());
            shown.expect("a console command has output").push(line.clone());
        }
    }
}

#[test]
fn every_command_is_run_or_is_on_the_list() {
    let all = all();
    let unknown: Vec<String> = all
        .iter()
        .filter(|shown| !shown.runs_here() && !shown.is_installation() && !shown.is_elsewhere())
        .map(|shown| format!("{}: {}", shown.at, shown.text))
        .collect();
    assert!(
        unknown.is_empty(),
        "nobody runs these: let a test run them, or add them to elsewhere.rs with the reason\n{}",
        unknown.join("\n")
    );
    let shown: BTreeSet<&str> = all.iter().map(|shown| shown.text.as_str()).collect();
    let gone: Vec<&str> = ELSEWHERE
        .iter()
        .map(|other| other.command)
        .filter(|command| !shown.contains(command))
        .collect();
    assert!(gone.is_empty(), "no document shows these any more: {gone:#?}");
}
