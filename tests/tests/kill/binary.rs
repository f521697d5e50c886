//! The coordinator's executable.

use std::{
    env::{self, consts::EXE_SUFFIX},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// The `epmesh` that was built beside this test, built now if it is missing or older than its
/// sources: an old one would be tested without anybody noticing.
pub(crate) fn epmesh() -> Result<PathBuf> {
    let test = env::current_exe().context("where this test is")?;
    // target/PROFILE/deps/kill-HASH
    let profile = test.parent().and_then(Path::parent).context("no folder of the profile")?;
    let binary = profile.join(format!("epmesh{EXE_SUFFIX}"));
    if !is_current(&binary) {
        build(profile)?;
    }
    ensure!(binary.is_file(), "{} was not built", binary.display());
    Ok(binary)
}

/// Whether it is there and newer than every source that cargo names for it.
fn is_current(binary: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let Some(built) = modified(binary) else { return false };
    let Ok(listed) = fs::read_to_string(binary.with_extension("d")) else { return false };
    let Some((_, sources)) = listed.split_once(": ") else { return false };
    // A space within a path is escaped.
    let sources = sources.trim().replace("\\ ", "\0");
    sources
        .split(' ')
        .map(|source| PathBuf::from(source.replace('\0', " ")))
        .all(|source| modified(&source).is_some_and(|changed| changed <= built))
}

fn build(profile: &Path) -> Result<()> {
    let name = profile.file_name().and_then(|name| name.to_str()).context("a profile's name")?;
    let target = profile.parent().context("no target folder")?;
    let profile = if name == "debug" { "dev" } else { name };
    println!("building epmesh, profile {profile}");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "-p", "epmesh", "--bin", "epmesh", "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status()
        .context("starting cargo")?;
    ensure!(status.success(), "epmesh could not be built: {status}");
    Ok(())
}
