//! Processes, as `/proc` tells them (proc(5)).

use std::{collections::BTreeMap, fs, io, os::unix::fs::MetadataExt as _, path::Path};

use epmesh_facts::{MissingRight, Process, Reason, ReasonKind, Timestamp};

use crate::os::read::{FileError, read_text};

/// Clock ticks a second in every time that `/proc` shows. Linux fixes this at 100 for programs on
/// all architectures that Samba is packaged for.
const TICKS: u64 = 100;

/// The most processes that are looked at.
const MAX_PROCESSES: usize = 65_536;

/// A running process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The process id.
    pub pid: u32,
    /// The process id of its parent.
    pub parent: u32,
    /// The command name, at most 15 bytes.
    pub comm: String,
    /// The command line, or the title that the process gave itself; arguments divided by blanks.
    pub title: String,
    /// When it started, in ticks since the kernel started.
    pub start_ticks: u64,
    /// The user id that it runs under; `None` where its status cannot be read.
    pub uid: Option<u32>,
}

impl Running {
    /// This process in the terms of a report, on a kernel that started at `boot`.
    #[must_use]
    pub fn process(&self, boot: Timestamp) -> Process {
        Process { pid: self.pid, started: moment(boot, self.start_ticks) }
    }
}

/// The moment `ticks` after `boot`.
#[must_use]
pub fn moment(boot: Timestamp, ticks: u64) -> Timestamp {
    Timestamp::from_millis(
        boot.as_millis().saturating_add(ticks.saturating_mul(1000).wrapping_div(TICKS)),
    )
}

/// Reads `/proc/PID/stat`: the command name, the parent and the start time (fields 2, 4 and 22).
#[must_use]
pub fn parse_stat(text: &str) -> Option<(String, u32, u64)> {
    // The command name may hold blanks and brackets: it ends at the last closing one.
    let (head, tail) = text.rsplit_once(')')?;
    let (_, comm) = head.split_once('(')?;
    let mut fields = tail.split_ascii_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let start = fields.nth(17)?.parse().ok()?;
    Some((comm.to_owned(), parent, start))
}

/// Reads a command line: what stands between zero bytes becomes words.
#[must_use]
pub fn parse_cmdline(text: &str) -> String {
    text.split('\0').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Reads the moment the kernel started, `btime` of `/proc/stat`.
#[must_use]
pub fn parse_boot(text: &str) -> Option<Timestamp> {
    let seconds: u64 =
        text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(Timestamp::from_millis(seconds.saturating_mul(1000)))
}

/// Reads the effective user id of `/proc/self/status`.
#[must_use]
pub fn parse_effective_uid(text: &str) -> Option<u32> {
    let ids = text.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Whether this process sees every other one of its process namespace: only root is sure to.
#[must_use]
pub fn sees_all(proc: &Path) -> bool {
    read_text(&proc.join("self/status"))
        .ok()
        .and_then(|text| parse_effective_uid(&text))
        .is_some_and(|uid| uid == 0)
}

/// The processes of root whose title `wanted` takes: a Samba server is one, and a process of another user
/// that calls itself `samba: root process` is not. Of the others, which are most of a host's, nothing but
/// the title is read.
///
/// A process that ends while it is looked at is left out, and so is one in another process or
/// network namespace: a domain controller in a container on this host is another host.
///
/// # Errors
/// When `proc` itself cannot be listed.
pub fn of_root(proc: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Running>, FileError> {
    let fail = |source: io::Error| FileError::Read { path: proc.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(proc).map_err(fail)?.take(MAX_PROCESSES) {
        let entry = entry.map_err(fail)?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let of_root = entry.metadata().is_ok_and(|data| data.uid() == 0);
        if of_root
            && let Some(title) = title(&entry.path()).filter(|title| wanted(title))
            && is_here(proc, &entry.path())
        {
            found.extend(one(&entry.path(), pid, title));
        }
    }
    found.sort_by_key(|running| (running.start_ticks, running.pid));
    Ok(found)
}

/// Whether the process is in the namespaces of this one; one that does not tell is taken to be.
fn is_here(proc: &Path, process: &Path) -> bool {
    ["ns/pid", "ns/net"].iter().all(|namespace| {
        let own = fs::read_link(proc.join("self").join(namespace));
        let its = fs::read_link(process.join(namespace));
        own.ok().zip(its.ok()).is_none_or(|(own, its)| own == its)
    })
}

fn title(dir: &Path) -> Option<String> {
    Some(parse_cmdline(&read_text(&dir.join("cmdline")).ok()?))
}

fn one(dir: &Path, pid: u32, title: String) -> Option<Running> {
    let (comm, parent, start_ticks) = parse_stat(&read_text(&dir.join("stat")).ok()?)?;
    let uid = read_text(&dir.join("status")).ok().and_then(|text| parse_effective_uid(&text));
    Some(Running { pid, parent, comm, title, start_ticks, uid })
}

/// The name of the user `uid` in the text of a passwd(5) file.
#[must_use]
pub fn user_name(passwd: &str, uid: u32) -> Option<&str> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

/// The most sockets of all processes together whose owners are kept.
const MAX_OWNED: usize = 1 << 20;

/// The processes that hold sockets, by the inode of the socket; where several do, the one with the lowest id.
///
/// # Errors
/// In words, with the right that is missing, where a process does not show what it holds: half of
/// the owners would be taken for all.
pub fn socket_owners(proc: &Path) -> Result<BTreeMap<u64, u32>, Reason> {
    let listed = fs::read_dir(proc).map_err(|error| Reason {
        words: format!("{}: {error}", proc.display()),
        ..Reason::of(&error)
    })?;
    let mut pids: Vec<u32> = listed
        .take(MAX_PROCESSES)
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    let mut owners = BTreeMap::new();
    for pid in pids {
        let fds = match fs::read_dir(proc.join(pid.to_string()).join("fd")) {
            Ok(fds) => fds,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(Reason::of_kind(
                    ReasonKind::MissingRight(MissingRight::Ptrace),
                    format!(
                        "the sockets of process {pid} cannot be seen: that takes root with \
                         CAP_SYS_PTRACE"
                    ),
                ));
            }
            // It has ended.
            Err(_) => continue,
        };
        for inode in fds.flatten().filter_map(|fd| socket_inode(&fd.path())) {
            if owners.len() >= MAX_OWNED {
                return Ok(owners);
            }
            owners.entry(inode).or_insert(pid);
        }
    }
    Ok(owners)
}

/// The inode of the socket that an entry of `/proc/PID/fd` leads to, where it is one.
#[must_use]
pub fn socket_inode(fd: &Path) -> Option<u64> {
    let target = fs::read_link(fd).ok()?;
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_stat_whatever_the_process_calls_itself() {
        let text = "24 (a) b (c) S 1 24 24 0 -1 4194624 1 2 3 4 5 6 7 8 20 0 1 0 123456 999 1";
        assert_eq!(parse_stat(text), Some(("a) b (c".into(), 1, 123_456)));
        assert_eq!(parse_stat("24 (samba) S 1"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn reads_the_rest() {
        assert_eq!(parse_cmdline("samba: root process\0\0\0"), "samba: root process");
        assert_eq!(parse_cmdline("/usr/sbin/smbd\0-D\0"), "/usr/sbin/smbd -D");
        let boot = parse_boot("cpu 1 2\nbtime 1795219200\nprocesses 5\n").expect("a boot time");
        assert_eq!(moment(boot, 250).as_millis(), 1_795_219_202_500);
        assert_eq!(parse_effective_uid("Name:\tx\nUid:\t1000\t0\t0\t0\n"), Some(0));
        let passwd = "root:x:0:0:root:/root:/bin/sh\nsamba:x:120:65534::/:/bin/false\n:x:7:\n";
        assert_eq!(user_name(passwd, 120), Some("samba"));
        assert_eq!(user_name(passwd, 7), None);
    }

    #[test]
    fn a_container_on_the_host_is_another_host() {
        let dir = tempfile::tempdir().expect("a directory");
        for (process, namespace) in [("self", "net:[1]"), ("5", "net:[1]"), ("6", "net:[2]")] {
            let ns = dir.path().join(process).join("ns");
            fs::create_dir_all(&ns).expect("a folder");
            std::os::unix::fs::symlink(namespace, ns.join("net")).expect("a link");
        }
        fs::create_dir(dir.path().join("7")).expect("a folder");
        let here = |pid: &str| is_here(dir.path(), &dir.path().join(pid));
        assert_eq!([here("5"), here("6"), here("7")], [true, false, true]);
    }

    #[test]
    fn finds_this_very_process_in_the_real_proc() {
        let proc = Path::new("/proc");
        if !sees_all(proc) {
            return; // not root: this process is none of root's
        }
        let all = of_root(proc, |_| true).expect("proc can be listed");
        let me = all.iter().find(|running| running.pid == std::process::id());
        assert!(me.is_some_and(|me| !me.title.is_empty() && me.start_ticks > 0));
        let title = &me.expect("it runs").title;
        let named = of_root(proc, |other| other == title).expect("proc can be listed");
        assert!(named.iter().any(|running| running.pid == std::process::id()));
        assert_eq!(of_root(proc, |_| false).expect("proc can be listed"), []);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>(), ticks in any::<u64>()) {
            let _ = (parse_stat(&text), parse_cmdline(&text), parse_boot(&text));
            let _ = (parse_effective_uid(&text), user_name(&text, 0));
            let _ = moment(Timestamp::from_millis(ticks), ticks);
        }
    }
}
