//! Writing files that only the service may read, whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

#[cfg(windows)]
use super::windows::access;

/// Makes `directory` and what is above it; private to its owner where it is new.
///
/// # Errors
/// What the system says.
#[cfg(not(windows))]
pub fn private_dir(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Makes `directory` and what is above it; private to SYSTEM, the administrators and the service
/// where it is new (a protected access control list).
///
/// # Errors
/// What the system says.
#[cfg(windows)]
pub fn private_dir(directory: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = directory.ancestors().take_while(|folder| !folder.is_dir()).collect();
    missing.into_iter().rev().try_for_each(access::create_private_dir)
}

/// Writes `bytes` to `path`, readable by its owner alone (on Windows: as [`private_dir`] says):
/// beside it first, then flushed, then renamed, then the folder flushed.
///
/// # Errors
/// What the system says; the old file, if there was one, is then still there.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    let written = write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written?;
    path.parent().map_or(Ok(()), flush_dir)
}

/// Writes `value` as JSON to `path` in `directory`, which it makes where it is not there; as [`write_private`].
///
/// # Errors
/// What the system says, or serde; the old file, if there was one, is then still there.
pub fn write_private_json(
    directory: &Path,
    path: &Path,
    value: &impl serde::Serialize,
) -> io::Result<()> {
    private_dir(directory)?;
    write_private(path, &serde_json::to_vec_pretty(value).map_err(io::Error::other)?)
}

/// Removes a file that need not be there.
///
/// # Errors
/// What the system says.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    // Before the first byte is in it.
    #[cfg(windows)]
    access::make_private(path, false)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Brings the names in a folder to disk; Windows does that by itself.
fn flush_dir(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
