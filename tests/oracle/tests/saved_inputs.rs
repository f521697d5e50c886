//! Every decoder over what is saved in `tests/fuzz/corpus`, and over the same with damage: one test for each
//! target of `tests/fuzz`, called by its name.
//!
//! `EPMESH_DAMAGED=100000` tries so many damaged inputs for each target, `EPMESH_SEED` others than before.

#![allow(clippy::expect_used, clippy::panic, reason = "a test panics where it is wrong")]

#[path = "saved_inputs/damage.rs"]
mod damage;

use std::{
    collections::BTreeSet,
    env, fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use epmesh_oracle::{TARGETS, Target};
use libtest_mimic::{Arguments, Failed, Trial};

/// No input may take longer, unoptimised and on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() {
    let decoders = TARGETS.iter().map(|target| Trial::test(target.name, || holds(target)));
    let list = Trial::test("every_target_is_listed_and_built", every_target_is_listed_and_built);
    let trials = decoders.chain([list]).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A number from the environment.
fn number<T: FromStr>(variable: &str, otherwise: T) -> T {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn holds(target: &Target) -> Result<(), Failed> {
    let inputs = inputs(target);
    let inputs: Vec<&[u8]> = inputs.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    for bytes in &inputs {
        one(target, bytes)?;
    }
    let mut damage = damage::Damage::new(number("EPMESH_SEED", 1));
    for _ in 0..number("EPMESH_DAMAGED", target.damaged) {
        one(target, &damage.of(&inputs))?;
    }
    Ok(())
}

/// What is saved for a target, by file.
fn inputs(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let saved = root().join("tests/fuzz/corpus").join(target.name);
    let also = target.also.map(|also| root().join(also));
    let mut files: Vec<PathBuf> =
        [Some(saved), also].into_iter().flatten().flat_map(files).collect();
    files.sort();
    assert!(!files.is_empty(), "{}: nothing is saved", target.name);
    files.into_iter().map(|file| (file.clone(), fs::read(file).expect("a file"))).collect()
}

/// The files in a folder, or the one file; none where neither is there.
fn files(path: PathBuf) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path];
    }
    let Ok(folder) = fs::read_dir(path) else { return Vec::new() };
    folder.map(|file| file.expect("a file").path()).filter(|path| path.is_file()).collect()
}

/// An input that breaks a decoder is kept, so that it can be moved to what is saved.
fn one(target: &Target, bytes: &[u8]) -> Result<(), Failed> {
    let begun = Instant::now();
    let end = catch_unwind(|| (target.holds)(bytes));
    let took = begun.elapsed();
    if end.is_ok() && took < PATIENCE {
        return Ok(());
    }
    let kept = env::temp_dir().join(format!("epmesh-{}-breaks", target.name));
    fs::write(&kept, bytes)?;
    Err(format!("after {took:?}, with the {} bytes in {}", bytes.len(), kept.display()).into())
}

/// One list, one file a target, one entry in the manifest.
fn every_target_is_listed_and_built() -> Result<(), Failed> {
    let listed: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(listed.len(), TARGETS.len(), "a name stands twice");
    let stem = |path: &PathBuf| path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
    let built = files(root().join("tests/fuzz/fuzz_targets"));
    assert_eq!(built.iter().filter_map(stem).collect::<BTreeSet<_>>(), listed);
    let manifest = fs::read_to_string(root().join("tests/fuzz/Cargo.toml"))?;
    for name in &listed {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in the manifest");
    }
    Ok(())
}
