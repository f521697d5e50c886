//! The help of a program and of each of its commands, as `--help` prints it.

use std::fmt::Write as _;

use clap::{Command, CommandFactory};

pub(crate) fn of<T: CommandFactory>() -> String {
    let mut command = T::command().term_width(100);
    command.build();
    let mut text = String::new();
    print(&command, &mut text);
    text
}

fn print(command: &Command, text: &mut String) {
    // What the environment of this run has is none of the reader's business.
    let mut shown = command.clone().mut_args(|argument| argument.hide_env_values(true));
    let title = command.get_bin_name().unwrap_or(command.get_name());
    let _ = writeln!(text, "$ {title} --help\n{}", shown.render_long_help());
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        print(inner, text);
    }
}
