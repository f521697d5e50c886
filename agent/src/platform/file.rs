//! Reading small files, bounded, with errors that name the file.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use thiserror::Error;

/// The most that is read of one file.
pub const MAX_FILE: u64 = 4 << 20;

/// A file could not be read.
#[derive(Debug, Error)]
pub enum FileError {
    /// Opening or reading it failed.
    #[error("could not read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It has more than [`MAX_FILE`] bytes.
    #[error("{} is longer than {MAX_FILE} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
}

impl FileError {
    /// Whether the file is not there, as opposed to not readable.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// The text of the file at `path`; bytes that are no UTF-8 are replaced.
///
/// # Errors
/// When it cannot be read or is too long.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    let fail = |source| FileError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(fail)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(FileError::TooLong { path: path.to_owned() });
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_absent_from_unreadable() {
        let dir = tempfile::tempdir().expect("a directory");
        let gone = read_text(&dir.path().join("gone")).expect_err("there is no such file");
        assert!(gone.is_absent());
        let other = read_text(dir.path()).expect_err("a directory is no file");
        assert!(!other.is_absent());
    }

    #[test]
    fn refuses_what_is_too_long() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("long");
        File::create(&path).and_then(|file| file.set_len(MAX_FILE + 1)).expect("a sparse file");
        assert!(matches!(read_text(&path), Err(FileError::TooLong { .. })));
    }
}
