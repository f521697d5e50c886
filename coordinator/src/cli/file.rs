//! Files that are given on the command line.

use std::{
    fs::File,
    io::{Read, stdin},
    path::Path,
};

use anyhow::Context;
use epmesh_common::reports;

/// A file, or standard input; no more of it than is read.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let name = file.display();
    let most = u64::try_from(reports::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        stdin().take(most).read_to_end(&mut bytes).context("standard input cannot be read")?;
    } else {
        let opened = File::open(file).with_context(|| format!("{name} cannot be opened"))?;
        opened
            .take(most)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{name} cannot be read"))?;
    }
    Ok(bytes)
}
