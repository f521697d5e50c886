//! The crates of the workspace, as cargo names them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// The file with which a crate begins.
pub(crate) struct Root {
    /// The package, and the kind of target: `epmesh-agent (lib)`.
    pub(crate) name: String,
    /// `src/lib.rs` or what stands in its place.
    pub(crate) file: PathBuf,
}

/// The roots of all libraries and programs of the workspace in `folder`.
///
/// # Errors
/// When cargo cannot be asked, or answers something else.
pub(crate) fn roots(folder: &Path) -> Result<Vec<Root>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--locked", "--format-version", "1"])
        .current_dir(folder)
        .output()
        .context("cargo metadata could not be started")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata answered no JSON")?;
    let mut roots = Vec::new();
    for package in list(&metadata, "packages") {
        let name = text(package.get("name"));
        for target in list(package, "targets") {
            let kind = text(list(target, "kind").first());
            let file = text(target.get("src_path"));
            if ["lib", "bin"].contains(&kind) {
                let target = text(target.get("name"));
                let name = match kind {
                    "lib" => format!("{name} (library)"),
                    _ => format!("{name} (program {target})"),
                };
                roots.push(Root { name, file: PathBuf::from(file) });
            }
        }
    }
    if roots.is_empty() {
        bail!("cargo metadata names no library and no program");
    }
    Ok(roots)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}
