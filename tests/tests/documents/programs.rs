//! The command lines of both programs.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

/// `epmesh`, with every subcommand's options.
pub(crate) fn epmesh() -> Command {
    built(epmesh::cli::Arguments::command())
}

/// `epmesh-agent`.
pub(crate) fn agent() -> Command {
    built(epmesh_agent::cli::Cli::command())
}

fn built(mut command: Command) -> Command {
    command.build();
    command
}

/// Every command of `program` that does something, with its own options and what it does.
pub(crate) fn table(program: &Command) -> String {
    let mut out = "| command | options | what it does |\n|---|---|---|\n".to_owned();
    rows(program, program.get_name(), &mut out);
    out
}

fn rows(command: &Command, path: &str, out: &mut String) {
    let below: Vec<&Command> =
        command.get_subcommands().filter(|below| below.get_name() != "help").collect();
    let takes: Vec<&Arg> = command.get_positionals().collect();
    if below.is_empty() || !takes.is_empty() {
        let line = takes.iter().fold(path.to_owned(), |line, arg| format!("{line} {}", value(arg)));
        let options: Vec<String> = command
            .get_arguments()
            .filter(|arg| !arg.is_positional() && !arg.is_global_set())
            .filter(|arg| arg.get_long().is_some_and(|long| !["help", "version"].contains(&long)))
            .map(option)
            .collect();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let about = about.trim_end_matches('.').replace('|', "\\|");
        let _ = writeln!(out, "| `{line}` | {} | {about} |", options.join(" "));
    }
    for command in below {
        rows(command, &format!("{path} {}", command.get_name()), out);
    }
}

fn value(arg: &Arg) -> String {
    let name = arg.get_id().to_string().to_uppercase();
    if arg.is_required_set() { name } else { format!("[{name}]") }
}

fn option(arg: &Arg) -> String {
    let long = arg.get_long().unwrap_or_default();
    if !arg.get_action().takes_values() {
        return format!("`--{long}`");
    }
    let names: Vec<String> = match arg.get_value_names() {
        Some(names) => names.iter().map(ToString::to_string).collect(),
        None => vec![long.to_uppercase()],
    };
    format!("`--{long} {}`", names.join(" "))
}
