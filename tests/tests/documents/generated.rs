//! The tables between `<!-- generated: NAME -->` and `<!-- end -->` are what the code says. `UPDATE_EXPECT=1` writes
//! them.

use std::{env, fmt::Write as _, fs, process::Command};

use clap::CommandFactory as _;
use epmesh_common::{facts::SectionKind, rpc::names};

use super::{causes, page, page::Page, pages, programs};

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

#[test]
fn generated_tables_are_up_to_date() {
    let bless = env::var_os("UPDATE_EXPECT").is_some();
    let mut stale = Vec::new();
    for page in pages() {
        let written = renewed(&page);
        let is_now = page.lines.join("\n") + "\n";
        if written == is_now {
            continue;
        }
        if bless {
            fs::write(page::repository().join(&page.name), written).expect("it can be written");
        } else {
            stale.push(page.name);
        }
    }
    assert!(stale.is_empty(), "written anew by UPDATE_EXPECT=1: {}", stale.join(", "));
}

/// The page with its tables as they have to be.
fn renewed(page: &Page) -> String {
    let mut out = String::new();
    let mut lines = page.lines.iter();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let Some(name) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        let ended = lines.any(|line| line == END);
        assert!(ended, "{}: {name}: no {END}", page.name);
        let _ = write!(out, "\n{}\n{END}\n", table(name));
    }
    out
}

fn table(name: &str) -> String {
    if let Some(program) = name.strip_prefix("exit codes of ") {
        return exit_codes(program);
    }
    match name {
        "causes" => causes::table(),
        "commands of epmesh" => programs::table(&programs::epmesh()),
        "commands of epmesh-agent" => programs::table(&programs::agent()),
        "configuration of epmesh" => example("deploy/epmesh.example.toml"),
        "configuration of epmesh-agent" => example("deploy/agent.example.toml"),
        "interfaces" => interfaces(),
        "sections" => sections(),
        "steps of tests/run" => steps(),
        _ => panic!("nothing writes {name:?}"),
    }
}

/// What `--help` says below the options.
fn exit_codes(program: &str) -> String {
    let mut words = program.split(' ');
    let mut command = match words.next() {
        Some("epmesh") => epmesh::cli::Arguments::command(),
        Some("epmesh-agent") => epmesh_agent::cli::Cli::command(),
        other => panic!("no program {other:?}"),
    };
    for word in words {
        command = command.find_subcommand(word).expect(word).clone();
    }
    let help = command.get_after_help().expect("it says how it ends").to_string();
    let said = help.trim_start_matches("Exit status:").trim().trim_end_matches('.');
    let rows = said.split(if said.contains('\n') { "\n" } else { ", " });
    let mut out = "| status | meaning |\n|---|---|\n".to_owned();
    let mut first = true;
    for row in rows.map(str::trim) {
        match row.split_once(' ').filter(|(code, _)| code.parse::<u8>().is_ok()) {
            Some((code, meaning)) => {
                let end = if first { "" } else { " |\n" };
                let _ = write!(out, "{end}| {code} | {}", meaning.trim());
                first = false;
            }
            // A comma within a meaning.
            None => {
                let _ = write!(out, ", {row}");
            }
        }
    }
    out + " |\n"
}

fn example(path: &str) -> String {
    let text = fs::read_to_string(page::repository().join(path)).expect(path);
    format!("```toml\n{text}```\n")
}

fn interfaces() -> String {
    let mut out =
        "| name | UUID and version | what it is for | registered by |\n|---|---|---|---|\n"
            .to_owned();
    for known in names::all() {
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {} | {} |",
            known.name, known.id, known.title, known.owner
        );
    }
    out
}

fn sections() -> String {
    let names: Vec<String> =
        SectionKind::ALL.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
    format!("{}\n", names.join(", "))
}

fn steps() -> String {
    let output = Command::new("bash")
        .arg("tests/run")
        .arg("--list")
        .current_dir(page::repository())
        .output();
    let output = output.expect("tests/run --list");
    assert!(output.status.success(), "{output:?}");
    let mut out = "| step | what must hold |\n|---|---|\n".to_owned();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let (name, what) = line.split_once(' ').expect("a name and what it is");
        let _ = writeln!(out, "| `{name}` | {} |", what.trim());
    }
    out
}
