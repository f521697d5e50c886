//! The documents: what they show is what the programs print, what they name exists, and the tables that
//! follow from the code are written from the code.
//!
//! `UPDATE_EXPECT=1` has the generated tables written anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

mod cargo;
mod causes;
mod commands;
mod compare;
mod demo;
mod elsewhere;
mod forest;
mod generated;
mod installed;
mod links;
mod page;
mod parse;
mod paths;
mod programs;

use self::page::Page;

/// The documents that are checked.
fn pages() -> Vec<Page> {
    let fixed = [
        "README.md",
        "ARCHITECTURE.md",
        "agent/DECISIONS.md",
        "common/DECISIONS.md",
        "coordinator/DECISIONS.md",
        "deploy/lab/README.md",
        "deploy/windows/README.md",
        "tests/README.md",
        "tests/scenarios/README.md",
    ];
    let mut names: Vec<String> = fixed.iter().map(|name| (*name).to_owned()).collect();
    let folder = std::fs::read_dir(page::repository().join("deploy/docs")).expect("deploy/docs");
    for file in folder {
        let name = file.expect("it can be listed").file_name();
        names.push(format!("deploy/docs/{}", name.to_string_lossy()));
    }
    names.sort();
    names.iter().map(|name| Page::read(name)).collect()
}

#[test]
fn readme_and_architecture_stay_short() {
    for (name, most) in [("README.md", 150), ("ARCHITECTURE.md", 200)] {
        let lines = Page::read(name).lines.len();
        assert!(lines <= most, "{name} has {lines} lines, and may have {most}");
    }
}
