//! `epmesh-circles`: a check of the workspace's own sources.
//!
//! Two files make a circle when each takes names from the other, directly or over other files. The
//! check reads `mod`, `use` and every path in the code of each crate, follows re-exports to the file
//! that defines a name, and leaves tests out. It prints what it read, then each circle with the names
//! that tie it, and exits with 1 when there is one.
//!
//! Folders are held to the same: the files and folders within one folder take names from each other in one
//! direction only.

mod graph;
mod load;
mod module;
mod names;
mod packages;
mod resolve;

#[cfg(test)]
mod tests;

use std::{io::Write as _, path::Path, process::ExitCode};

use anyhow::Result;

fn main() -> Result<ExitCode> {
    let workspace = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let (mut out, mut circles) = (std::io::stdout().lock(), 0);
    for root in packages::roots(Path::new(&workspace))? {
        let found = check(&root)?;
        writeln!(
            out,
            "{:<40} {:>4} files, {:>5} arrows, {} circles",
            root.name,
            found.files,
            found.arrows,
            found.circles.len()
        )?;
        for circle in &found.circles {
            writeln!(out, "{circle}")?;
        }
        circles += found.circles.len();
    }
    writeln!(out, "{circles} circles")?;
    Ok(if circles == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the check saw in one crate.
struct Found {
    files: usize,
    arrows: usize,
    /// Each circle in words: its files or folders, then the names that tie them.
    circles: Vec<String>,
}

fn check(root: &packages::Root) -> Result<Found> {
    let tree = load::load(&root.file)?;
    let folder = root.file.parent().unwrap_or(&root.file);
    let arrows = resolve::arrows(&tree);
    let mut circles = graph::circles_of_files(&arrows, &tree, folder);
    circles.extend(graph::circles_of_folders(&arrows, &tree, folder));
    Ok(Found { files: tree.files.len(), arrows: graph::count(&arrows), circles })
}
