//! Files that are given on the command line.

use std::{
    fs::File,
    io::{Cursor, Read, stdin},
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

/// How much of a file is looked at to tell what it is.
const BEGINNING: u64 = 4096;

/// A file of which the beginning has been looked at; a pipe can be read once only.
pub(super) struct Opened {
    /// The name, for errors.
    pub(super) name: String,
    beginning: Vec<u8>,
    rest: File,
}

impl Opened {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let mut rest = File::open(path).with_context(|| format!("{name} cannot be opened"))?;
        let mut beginning = Vec::new();
        let read = Read::by_ref(&mut rest).take(BEGINNING).read_to_end(&mut beginning);
        read.with_context(|| format!("{name} cannot be read"))?;
        Ok(Self { name, beginning, rest })
    }

    /// Whether the file is JSON by its beginning, as a bundle is; one that is empty may be.
    pub(super) fn is_json(&self) -> bool {
        self.beginning.trim_ascii_start().first().is_none_or(|first| *first == b'{')
    }

    /// All of the file.
    pub(super) fn read(self) -> impl Read {
        Cursor::new(self.beginning).chain(self.rest)
    }
}
