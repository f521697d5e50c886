//! Every command in the documents has words that its program knows, also where it runs elsewhere.

use std::{fs, process::Command};

use clap::error::ErrorKind;

use super::{cargo, commands, page, pages, programs};

#[test]
fn every_command_parses() {
    let mut wrong = Vec::new();
    for shown in commands::all() {
        for simple in shown.simple() {
            if let Err(why) = check(simple, true) {
                wrong.push(format!("{}: {simple}: {why}", shown.at));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In running text a command may have placeholders, and end before its arguments.
#[test]
fn every_command_in_running_text_parses() {
    let mut wrong = Vec::new();
    for page in pages() {
        for (number, code) in page.inline_code() {
            if let Err(why) = check(&code, false) {
                wrong.push(format!("{}:{number}: {code}: {why}", page.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The package's own README is plain text: a command is a line that is indented.
#[test]
fn every_command_in_the_readme_for_debian_parses() {
    let text = script("deploy/debian/README.Debian");
    let commands: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("  epmesh")).collect();
    assert!(!commands.is_empty());
    for command in commands.iter().filter(|command| command.starts_with("-agent ")) {
        let line = format!("epmesh{command}");
        // What debconf is told begins like a command: `epmesh-agent epmesh-agent/token …`.
        if !line.starts_with("epmesh-agent epmesh-agent/") {
            check(&line, false).unwrap_or_else(|why| panic!("{line}: {why}"));
        }
    }
}

/// Whether the program knows the words of one command. `whole`: it can be typed as it stands.
fn check(line: &str, whole: bool) -> Result<(), String> {
    let mut words = words(line);
    words.drain(..words.iter().take_while(|word| is_setting(word)).count());
    let Some((program, rest)) = words.split_first() else { return Ok(()) };
    let asks_for_help = rest.iter().any(|word| word == "--help");
    if rest.is_empty() || asks_for_help {
        return Ok(());
    }
    match program.as_str() {
        "epmesh" => clap(programs::epmesh(), &words, whole),
        // Compiled on Windows alone; `tests/run wine` runs it.
        "epmesh-agent" if rest[0] == "service" => Ok(()),
        "epmesh-agent" => clap(programs::agent(), &words, whole),
        "epmesh-demo" => demo(rest),
        "cargo" => cargo::check(rest),
        "tests/run" => steps(rest),
        "tests/campaign" => known(&rest[0], &script("tests/campaign"), "tests/campaign "),
        "deploy/lab/lab" => lab(rest),
        "deploy/package" => known(&rest[0], &script("deploy/package"), ""),
        _ => Ok(()),
    }
}

/// `NAME=value` before a command.
fn is_setting(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

fn clap(program: clap::Command, words: &[String], whole: bool) -> Result<(), String> {
    let open = |word: &&String| word.as_str() != "…";
    let Err(error) = program.try_get_matches_from(words.iter().filter(open)) else { return Ok(()) };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(()),
        // A placeholder for a value, or the arguments are left out.
        ErrorKind::ValueValidation
        | ErrorKind::InvalidValue
        | ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            if !whole =>
        {
            Ok(())
        }
        _ => Err(error.to_string()),
    }
}

/// The demo says what it thinks of its options; with `--help` it does nothing else.
fn demo(options: &[String]) -> Result<(), String> {
    let placeholder = |word: &&String| word.chars().all(char::is_uppercase);
    if options.iter().any(|word| placeholder(&word)) {
        return Ok(());
    }
    let output =
        Command::new(env!("CARGO_BIN_EXE_epmesh-demo")).args(options).arg("--help").output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// For a cargo line: what stands after `--`.
pub(super) fn demo_options(options: &[String]) -> Result<(), String> {
    demo(options)
}

fn steps(words: &[String]) -> Result<(), String> {
    let steps = script("tests/lib/steps.sh");
    let named = words.iter().filter(|word| !word.starts_with('-'));
    named
        .clone()
        .try_for_each(|step| known(step, &steps, "  [").map_err(|_| format!("no step {step}")))
}

fn lab(words: &[String]) -> Result<(), String> {
    known(&words[0], &script("deploy/lab/lab"), "\n  ")?;
    if words[0] == "fault" {
        let faults = script("deploy/lab/lib/faults.sh");
        return words[1..].iter().try_for_each(|name| known(&format!("{name}|"), &faults, "\""));
    }
    Ok(())
}

/// Whether a script's text has the word, behind `prefix`.
fn known(word: &str, text: &str, prefix: &str) -> Result<(), String> {
    if text.contains(&format!("{prefix}{word}")) {
        Ok(())
    } else {
        Err(format!("{word} is not known"))
    }
}

fn script(path: &str) -> String {
    fs::read_to_string(page::repository().join(path)).expect(path)
}

/// The words of a line, as a shell without substitutions takes them.
pub(crate) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '"' => (quoted, any) = (!quoted, true),
            ' ' if !quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            _ => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}
