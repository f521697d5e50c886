//! Running a program of Windows for what it prints.

use std::{
    io::{self, Read as _},
    os::windows::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use thiserror::Error;

use crate::platform::windows::ffi;

/// `CREATE_NO_WINDOW`: a service has no console to show one on.
const NO_WINDOW: u32 = 0x0800_0000;

/// The most output that is read.
const MAX_OUTPUT: u64 = 64 << 10;

/// A program was of no use.
#[derive(Debug, Error)]
pub(super) enum CommandError {
    /// The program could not be run.
    #[error("could not run {program}")]
    Run {
        /// The program.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The program took too long, and was ended.
    #[error("{program} did not end within {} s", most.as_secs())]
    TimedOut {
        /// The program.
        program: String,
        /// How long it could have taken.
        most: Duration,
    },
    /// The program said that it failed.
    #[error("{program} ended with exit code {code}")]
    Failed {
        /// The program.
        program: String,
        /// Its exit code.
        code: i32,
    },
}

/// A program that is ended when nobody wants it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already in the good case, and both then do nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The output of `program`, up to 64 KiB of it.
///
/// # Errors
/// When it cannot be run, takes longer than `most`, or says that it failed. That it printed nothing
/// is for the caller to judge.
pub(super) fn output(
    program: &Path,
    arguments: &[&str],
    most: Duration,
) -> Result<Vec<u8>, CommandError> {
    let shown = || program.display().to_string();
    let fail = |source| CommandError::Run { program: shown(), source };
    let late = || CommandError::TimedOut { program: shown(), most };
    let until = Instant::now() + most;
    let mut running = Running(
        Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .creation_flags(NO_WINDOW)
            .spawn()
            .map_err(fail)?,
    );
    let Some(stdout) = running.0.stdout.take() else {
        return Err(fail(io::Error::other("it has no output")));
    };
    let (done, read) = channel();
    // Ends when the program does, which the caller sees to.
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let result = stdout.take(MAX_OUTPUT).read_to_end(&mut bytes).map(|_| bytes);
        let _ = done.send(result);
    });
    let bytes = match read.recv_timeout(most) {
        Ok(result) => result.map_err(fail)?,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Err(late()),
    };
    let left = until.saturating_duration_since(Instant::now());
    if !ffi::process::ended(&running.0, left).map_err(fail)? {
        return Err(late());
    }
    let status = running.0.wait().map_err(fail)?;
    match status.code() {
        Some(0) => Ok(bytes),
        code => Err(CommandError::Failed { program: shown(), code: code.unwrap_or(-1) }),
    }
}
