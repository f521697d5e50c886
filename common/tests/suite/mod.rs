//! The files of the scenario suite, as the tests over them read it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use epmesh_scenario::Scenario;

/// One file of the suite.
pub(crate) struct File {
    /// Its path within the suite, without `.toml`: `dns-a-stale/secondary-only`.
    pub(crate) name: String,
    path: PathBuf,
}

impl File {
    /// The scenario in the file, or everything that is wrong with it.
    pub(crate) fn read(&self) -> Result<Scenario, String> {
        let text = fs::read_to_string(&self.path).map_err(|error| error.to_string())?;
        Scenario::parse(&self.name, &text).map_err(|problems| problems.to_string())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios")
}

/// Every file, in the order of the names.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    for cause in fs::read_dir(folder()).expect("the suite is there") {
        let cause = cause.expect("it can be listed").path();
        if !cause.is_dir() {
            continue;
        }
        for file in fs::read_dir(&cause).expect("it can be listed") {
            let path = file.expect("it can be listed").path();
            let below = path.strip_prefix(folder()).expect("it is below").display().to_string();
            let name = below.strip_suffix(".toml").unwrap_or_else(|| panic!("{below}: no .toml"));
            found.push(File { name: name.to_owned(), path });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// The scenarios whose verdict the engine does not give yet, by name.
#[allow(dead_code, reason = "not every test over the suite asks for it")]
pub(crate) fn awaited() -> BTreeSet<String> {
    let text = fs::read_to_string(folder().join("awaited.txt")).expect("the list is there");
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
