//! A Windows machine of its own: a copy of the prefix that `deploy/windows/wine` prepared.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Between two looks at something that is awaited.
const PAUSE: Duration = Duration::from_millis(200);

/// A Windows machine under Wine; everything in it ends when it is dropped.
pub(crate) struct Machine {
    folder: TempDir,
    /// Wine ends its services with the last program that is none: this one waits for its input.
    keeper: Option<(Child, ChildStdin)>,
}

/// The output of a command, and how it ended.
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) status: Option<i32>,
}

/// A package, as a program in Wine names it.
pub(crate) fn package(variable: &str) -> String {
    let path = required(variable);
    assert!(Path::new(&path).is_file(), "{variable}: {path} is missing");
    format!("Z:{}", path.replace('/', "\\"))
}

fn required(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: see tests/run wine"))
}

impl Machine {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut machine = Self { folder, keeper: None };
        let copied = Command::new("cp")
            .args(["-a", "--reflink=auto", &format!("{}/.", required("EPMESH_WINE_TEMPLATE"))])
            .arg(machine.folder.path())
            .status();
        assert!(copied.expect("cp runs").success(), "the template cannot be copied");
        let keeper = machine.wine(&["cmd"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut keeper = keeper.expect("Wine starts");
        let input = keeper.stdin.take().expect("a pipe");
        machine.keeper = Some((keeper, input));
        // The service manager comes up beside the first program.
        machine.until(Duration::from_secs(60), "services are listed", || {
            machine.run(&["sc", "query", "EventLog"]).status == Some(0)
        });
        machine
    }

    /// A program of Windows' own, by its file: one that is only named is started by a second one.
    fn wine(&self, arguments: &[&str]) -> Command {
        let (program, arguments) = arguments.split_first().expect("a program");
        let mut command = Command::new(required("EPMESH_WINE"));
        command
            .arg(self.path(&format!("windows/system32/{program}.exe")))
            .args(arguments)
            .env("WINEPREFIX", self.folder.path())
            .env_remove("DISPLAY")
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        command
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.wine(arguments).output().expect("Wine runs");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        Ran { out, status: output.status.code() }
    }

    /// Installs silently.
    pub(crate) fn install(&self, msi: &str, properties: &[&str]) -> Ran {
        self.run(&[&["msiexec", "/i", msi, "/qn"], properties].concat())
    }

    /// Removes silently.
    pub(crate) fn remove(&self, msi: &str, properties: &[&str]) -> Ran {
        self.run(&[&["msiexec", "/x", msi, "/qn"], properties].concat())
    }

    pub(crate) fn is_running(&self, service: &str) -> bool {
        self.run(&["sc", "query", service]).out.contains("RUNNING")
    }

    fn path(&self, below_c: &str) -> PathBuf {
        self.folder.path().join("drive_c").join(below_c)
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.path(file).exists()
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    pub(crate) fn until(&self, limit: Duration, what: &str, is_so: impl Fn() -> bool) {
        let begin = Instant::now();
        while !is_so() {
            if begin.elapsed() > limit {
                let log = self.path("ProgramData/epmesh-agent/log/epmesh-agent.log");
                let log = fs::read_to_string(log).unwrap_or_default();
                panic!("not after {} s: {what}; the agent's log: {log}", limit.as_secs());
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if thread::panicking() {
            let log = self.path("ProgramData/epmesh-agent/log/epmesh-agent.log");
            eprintln!("the agent's log:\n{}", fs::read_to_string(log).unwrap_or_default());
        }
        let keeper = self.keeper.take();
        for end in ["-k", "-w"] {
            // All programs of this prefix, and no other.
            let server = env::var_os("EPMESH_WINESERVER").unwrap_or_else(|| "wineserver".into());
            let _ = Command::new(server).arg(end).env("WINEPREFIX", self.folder.path()).status();
        }
        if let Some((mut keeper, _)) = keeper {
            let _ = keeper.wait();
        }
    }
}
