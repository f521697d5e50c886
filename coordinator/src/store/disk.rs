//! Durable files and directories: replacing, moving aside, locking.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    // Windows has no such operation; its file systems journal names themselves.
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Creates a directory that only its owner can look into, with its parents.
pub(crate) fn create_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    directory.parent().filter(|parent| parent.is_dir()).map_or(Ok(()), sync_directory)
}

/// Options for a new file that only its owner can read.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Replaces a file: afterwards it is durable and has either all of the new content or, after a
/// crash on the way, all of the old. Only its owner can read it.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let temporary = path.with_file_name(name);
    // A leftover may have any permissions; a file made afresh has ours.
    remove_if_there(&temporary)?;
    let mut file = private_file().create_new(true).open(&temporary)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
        // The first error is the one to report; the leftover is removed the next time.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    path.parent().map_or(Ok(()), sync_directory)
}

/// Removes a file that need not be there.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a directory that need not be there, with all its content.
pub(crate) fn remove_directory_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The bytes the files of a directory take, those in directories beneath it included.
pub(crate) fn directory_size(directory: &Path) -> io::Result<u64> {
    let mut size = 0_u64;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let bytes = if metadata.is_dir() { directory_size(&entry.path())? } else { metadata.len() };
        size = size.saturating_add(bytes);
    }
    Ok(size)
}

/// Renames `path` to `path.WHY-TIME`, durably, and returns the new name. Never over something.
pub(crate) fn move_aside(path: &Path, why: &str, now: u64) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stamp = stamp(now);
    let mut attempt = 1_u32;
    let aside = loop {
        let suffix = if attempt == 1 { String::new() } else { format!("-{attempt}") };
        let aside = path.with_file_name(format!("{name}.{why}-{stamp}{suffix}"));
        if !aside.try_exists()? {
            break aside;
        }
        attempt += 1;
    };
    fs::rename(path, &aside)?;
    path.parent().map_or(Ok(()), sync_directory)?;
    Ok(aside)
}

/// A time in milliseconds since the Unix epoch as it can stand in a file's name.
pub(crate) fn stamp(now: u64) -> String {
    let seconds = now / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days to a civil date, counting years from 1 March so that the leap day comes last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Holds a directory for this process; released when dropped, or when the process dies.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Takes the lock, without waiting for it. Where the directory is not there, it is created.
    pub(crate) fn take(directory: &Path) -> Result<Self, StoreError> {
        create_private_directory(directory)
            .map_err(|error| StoreError::io("creating", directory, error))?;
        let path = directory.join("lock");
        let failed = |error| StoreError::io("locking", &path, error);
        let mut file =
            private_file().read(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Whose lock it is only makes the message better; without it, it is still right.
                let _ = file.take(16).read_to_string(&mut text);
                let path = directory.to_path_buf();
                return Err(StoreError::InUse { path, holder: text.trim().parse().ok() });
            }
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        // As above: the lock is held with or without the number in it, on a full disk too.
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_stamped_in_utc() {
        assert_eq!(stamp(0), "19700101T000000Z");
        assert_eq!(stamp(951_782_400_000), "20000229T000000Z");
        assert_eq!(stamp(1_763_685_712_999), "20251121T004152Z");
        assert_eq!(stamp(4_107_542_399_000), "21000228T235959Z");
        assert_eq!(stamp(4_107_542_400_000), "21000301T000000Z");
    }

    #[test]
    fn a_file_is_replaced_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        fs::write(directory.path().join("ca.pem.new"), "left over").unwrap();
        replace_file(&path, b"one").unwrap();
        replace_file(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn nothing_is_moved_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sled");
        for expected in ["sled.corrupt-19700101T000000Z", "sled.corrupt-19700101T000000Z-2"] {
            fs::create_dir(&path).unwrap();
            let aside = move_aside(&path, "corrupt", 0).unwrap();
            assert_eq!(aside.file_name().unwrap(), expected);
        }
    }

    #[test]
    fn the_second_to_lock_is_told_who_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let held = DirectoryLock::take(directory.path()).unwrap();
        let refused = DirectoryLock::take(directory.path()).unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("another coordinator"), "{text}");
        assert!(text.contains(&std::process::id().to_string()), "{text}");
        drop(held);
        DirectoryLock::take(directory.path()).unwrap();
    }
}
