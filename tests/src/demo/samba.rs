//! The demonstration on a real forest: `deploy/lab/lab demo`.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};

/// The lab's script, from the top of the project.
const LAB: &str = "deploy/lab/lab";

/// Hands over to the lab, with the flags that it takes too.
pub(crate) fn demo() -> Result<ExitCode> {
    let lab = lab()?;
    let mut command = Command::new(&lab);
    command.arg("demo").args(flags(std::env::args().skip(1)));
    let status = command.status().with_context(|| format!("running {}", lab.display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

/// The arguments without the choice of the forest.
fn flags(arguments: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        if argument == "--forest" {
            arguments.next();
        } else if !argument.starts_with("--forest=") {
            kept.push(argument);
        }
    }
    kept
}

/// The script, below the working directory or where this program was built.
fn lab() -> Result<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(LAB);
    let places = [PathBuf::from(LAB), built];
    match places.into_iter().find(|place| place.is_file()) {
        Some(place) => Ok(place),
        None => bail!("{LAB} is not here: run this from the top of the project"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_of_the_forest_is_not_handed_on() {
        let given = ["--forest", "samba", "--stay", "--forest=samba", "--output", "json"];
        let kept = flags(given.into_iter().map(str::to_owned));
        assert_eq!(kept, ["--stay", "--output", "json"]);
    }
}
