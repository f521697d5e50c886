//! Every sentence that a user can see, in files of `tests/sentences` that can be read from end to end:
//!
//! - `written/` has them as they stand in the source of each program, with the names of what is put in;
//! - `said/` has them as they come out: over the scenario suite, over the reports of other tools, as help;
//! - `unsaid.txt` has those of the diagnosis that no scenario brings out.
//!
//! `UPDATE_EXPECT=1` writes the files anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

#[path = "sentences/help.rs"]
mod help;
#[path = "sentences/said.rs"]
mod said;
#[path = "sentences/template.rs"]
mod template;
#[path = "sentences/written.rs"]
mod written;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use expect_test::expect_file;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below a folder whose name ends like this, in order.
fn files_below(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path, end));
        } else if path.to_str().is_some_and(|path| path.ends_with(end)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Compares with what is in a file.
fn stands_in(file: &str, text: &str) {
    expect_file![root().join("tests/sentences").join(file)].assert_eq(text);
}

#[test]
fn sentences_in_the_source() {
    for part in ["agent", "common", "coordinator"] {
        let mut text = String::new();
        for (file, sentences) in written::below(part) {
            let _ = writeln!(text, "# {file}");
            sentences.iter().for_each(|sentence| text.extend([sentence.as_str(), "\n"]));
            text.push('\n');
        }
        stands_in(&format!("written/{part}.txt"), &text);
    }
}

#[test]
fn sentences_of_verdicts() {
    stands_in("said/verdicts.txt", &said::verdicts().to_string());
}

#[test]
fn sentences_on_reports_of_other_tools() {
    stands_in("said/explain.txt", &said::explanations().to_string());
}

#[test]
fn help_of_both_programs() {
    stands_in("said/help-epmesh.txt", &help::of::<epmesh::cli::Arguments>());
    stands_in("said/help-epmesh-agent.txt", &help::of::<epmesh_agent::cli::Cli>());
}

/// What the suite never brings out is worth a scenario, or is dead.
#[test]
fn sentences_that_no_scenario_brings_out() {
    let said = said::verdicts().everything();
    let mut text = String::new();
    for (file, sentences) in written::below("common/src/diagnosis") {
        let unsaid: Vec<_> =
            sentences.iter().filter(|one| !written::stands_in(one, &said)).collect();
        if !unsaid.is_empty() {
            let _ = writeln!(text, "# {file}");
            unsaid.iter().for_each(|sentence| text.extend([sentence.as_str(), "\n"]));
            text.push('\n');
        }
    }
    stands_in("unsaid.txt", &text);
}
