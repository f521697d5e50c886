//! The start type of Samba, from the files that systemd itself goes by: no call to it is needed.

use std::{fs, io, path::Path};

use epmesh_facts::{Reading, StartType};

/// The units under which distributions ship the AD domain controller.
const UNITS: [&str; 2] = ["samba-ad-dc.service", "samba.service"];

/// Where units lie; the first found counts (systemd.unit(5)).
const UNIT_DIRS: [&str; 4] =
    ["etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];

/// The start type of the unit of the AD domain controller; not applicable on a host that systemd does not run,
/// absent when it has no such unit.
#[must_use]
pub fn samba_start(root: &Path) -> Reading<StartType> {
    // sd_booted(3): this directory exists exactly where systemd is the init of the host.
    match is_there(&root.join("run/systemd/system")) {
        Ok(true) => {}
        Ok(false) => return Reading::NotApplicable,
        Err(error) => return Reading::unreadable(&error),
    }
    for unit in UNITS {
        match start_of(root, unit) {
            Ok(Some(start)) => return Reading::Value(start),
            Ok(None) => {}
            Err(error) => return Reading::unreadable(&error),
        }
    }
    Reading::Absent
}

fn start_of(root: &Path, unit: &str) -> io::Result<Option<StartType>> {
    let mut installed = false;
    for dir in UNIT_DIRS.map(|dir| root.join(dir)) {
        let path = dir.join(unit);
        if fs::read_link(&path).is_ok_and(|target| target == Path::new("/dev/null")) {
            return Ok(Some(StartType::Disabled));
        }
        installed |= is_there(&path)?;
        if is_wanted(&dir, unit)? {
            return Ok(Some(StartType::Automatic));
        }
    }
    Ok(installed.then_some(StartType::Manual))
}

/// Whether a target in `dir` wants or requires the unit.
fn is_wanted(dir: &Path, unit: &str) -> io::Result<bool> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let pulls = path.extension().is_some_and(|kind| kind == "wants" || kind == "requires");
        if pulls && is_there(&path.join(unit))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether there is something at `path`, a link that leads nowhere included.
fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn goes_by_the_files_of_systemd() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path();
        let make = |path: &str| fs::create_dir_all(root.join(path)).expect("a directory");
        assert_eq!(samba_start(root), Reading::NotApplicable);
        make("run/systemd/system");
        assert_eq!(samba_start(root), Reading::Absent);
        make("lib/systemd/system");
        let unit = root.join("lib/systemd/system/samba-ad-dc.service");
        fs::write(&unit, "[Unit]\n").expect("a file");
        assert_eq!(samba_start(root), Reading::Value(StartType::Manual));
        make("etc/systemd/system/multi-user.target.wants");
        symlink(&unit, root.join("etc/systemd/system/multi-user.target.wants/samba-ad-dc.service"))
            .expect("a link");
        assert_eq!(samba_start(root), Reading::Value(StartType::Automatic));
        symlink("/dev/null", root.join("etc/systemd/system/samba-ad-dc.service")).expect("a link");
        assert_eq!(samba_start(root), Reading::Value(StartType::Disabled));
    }
}
