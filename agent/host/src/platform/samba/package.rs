//! The Samba that the package manager installed, from dpkg's status file.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{Mutex, PoisonError},
};

use crate::os::read::each_line;

/// dpkg's list of packages.
pub(super) const STATUS: &str = "/var/lib/dpkg/status";

/// What tells one file at a path from another: device, inode, size, times of data and of inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sign {
    place: (u64, u64),
    size: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Sign {
    fn of(path: &Path) -> io::Result<Self> {
        let data = fs::metadata(path)?;
        Ok(Self {
            place: (data.dev(), data.ino()),
            size: data.size(),
            written: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
        })
    }
}

/// dpkg's status file as last read, and the Samba that it names.
#[derive(Debug, Default)]
pub(super) struct PackageCache(Mutex<Option<(Sign, Option<String>)>>);

impl PackageCache {
    /// The version of Samba's package, by the status file at `path`: asking the binary would start a
    /// process.
    ///
    /// The file has a megabyte, and this is one of its packages: it is read line by line, and again only
    /// when it is another one. dpkg never writes into it, but puts a new one in its place.
    pub(super) fn installed(&self, path: &Path) -> Option<String> {
        // Before it is read: one that comes in between is kept under the sign of the old, and read again.
        let sign = Sign::of(path).ok()?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((last, version)) = &*kept
            && *last == sign
        {
            return version.clone();
        }
        let mut package = DpkgVersion::of("samba");
        each_line(path, |line| package.line(line)).ok()?;
        let found = package.found;
        *kept = Some((sign, found.clone()));
        found
    }
}

/// The installed version of a package, by the lines of dpkg's status file.
pub fn version_in<'l>(lines: impl IntoIterator<Item = &'l str>, package: &str) -> Option<String> {
    let mut version = DpkgVersion::of(package);
    lines.into_iter().for_each(|line| version.line(line));
    version.found
}

/// The installed version of a package, from the lines of the file.
#[derive(Debug)]
struct DpkgVersion<'a> {
    package: &'a str,
    /// Whether the present block is the package's, and says that it is installed.
    here: bool,
    installed: bool,
    version: Option<String>,
    found: Option<String>,
}

impl<'a> DpkgVersion<'a> {
    const fn of(package: &'a str) -> Self {
        Self { package, here: false, installed: false, version: None, found: None }
    }

    /// Takes the next line. `Package` is the first field of a block (deb-control(5)).
    fn line(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("Package: ") {
            (self.here, self.installed, self.version) = (name == self.package, false, None);
        } else if !self.here || self.found.is_some() {
            return;
        } else if let Some(status) = line.strip_prefix("Status: ") {
            self.installed = status.ends_with(" installed");
        } else if let Some(version) = line.strip_prefix("Version: ") {
            self.version = Some(version.to_owned());
        }
        if self.installed {
            self.found = self.version.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_package_and_no_other_is_told_while_it_is_installed() {
        let dpkg_version = |text: &str| version_in(text.lines(), "samba");
        let status = "Package: samba-libs\nStatus: install ok installed\nVersion: 1\n\n\
            Package: samba\nStatus: install ok installed\nVersion: 2:4.17.12\n\n\
            Package: samba-vfs\nStatus: install ok installed\nVersion: 3\n";
        assert_eq!(dpkg_version(status).as_deref(), Some("2:4.17.12"));
        let removed = "Package: samba\nStatus: deinstall ok config-files\nVersion: 2:4.17.12\n";
        assert_eq!(dpkg_version(removed), None);
    }

    #[test]
    fn another_file_is_read_again() {
        let root = tempfile::tempdir().expect("a directory");
        let (cache, folder) = (PackageCache::default(), root.path().join("var/lib/dpkg"));
        let status = folder.join("status");
        fs::create_dir_all(&folder).expect("a folder");
        assert_eq!(cache.installed(&status), None, "there is no such file");
        for version in ["2:4.17.12", "2:4.17.13"] {
            let block =
                format!("Package: samba\nStatus: install ok installed\nVersion: {version}\n\n");
            // As dpkg does it: the time may be the same, the file is not.
            fs::write(folder.join("status-new"), block).expect("a file");
            fs::rename(folder.join("status-new"), &status).expect("in its place");
            for _ in 0..2 {
                assert_eq!(cache.installed(&status).as_deref(), Some(version));
            }
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(lines in proptest::collection::vec(
            "(Package: samba|Status: install ok installed|Version: .{0,5}|.{0,9})", 0..9,
        )) {
            let version = version_in(lines.iter().map(String::as_str), "samba");
            let version = version.map(|version| format!("Version: {version}"));
            prop_assert!(version.is_none_or(|version| lines.contains(&version)));
        }
    }
}
