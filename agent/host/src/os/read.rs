//! Reading small files, bounded, with errors that name the file.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _},
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
    /// The file has more bytes than are read of it.
    #[error("{} is longer than what is read of a file", path.display())]
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
    let bytes = read_bytes(path, usize::try_from(MAX_FILE).unwrap_or(usize::MAX))?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The bytes of the file at `path`, at most `max`.
///
/// # Errors
/// When it cannot be read or has more.
pub fn read_bytes(path: &Path, max: usize) -> Result<Vec<u8>, FileError> {
    let fail = |source| FileError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() > max {
        return Err(FileError::TooLong { path: path.to_owned() });
    }
    Ok(bytes)
}

/// The most that is read of a file line by line.
const MAX_STREAM: u64 = 256 << 20;

/// Gives every line of the file at `path` to `each`, without holding the whole: the kernel's tables
/// of sockets are longest when it matters most what is in them. Bytes that are no UTF-8 are replaced.
///
/// # Errors
/// When it cannot be read or has more than 256 MiB.
pub fn each_line(path: &Path, mut each: impl FnMut(&str)) -> Result<(), FileError> {
    let fail = |source| FileError::Read { path: path.to_owned(), source };
    let mut reader = BufReader::new(File::open(path).map_err(fail)?.take(MAX_STREAM));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(fail)? > 0 {
        each(String::from_utf8_lossy(&line).trim_end_matches('\n'));
        line.clear();
    }
    if reader.into_inner().limit() == 0 {
        return Err(FileError::TooLong { path: path.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_every_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lines");
        std::fs::write(&path, b"one\n\nthr\xffe").expect("a file");
        let mut seen = Vec::new();
        each_line(&path, |line| seen.push(line.to_owned())).expect("it can be read");
        assert_eq!(seen, ["one", "", "thr\u{fffd}e"]);
        assert!(each_line(dir.path(), |_| {}).is_err());
    }

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
