//! The operating system as the agent uses it, apart from the facts: the time of day, files that
//! nobody else may read, a log file, and small files read with bounds.

pub mod clock;
pub mod log_file;
pub mod private_files;
pub mod read;
#[cfg(windows)]
pub mod windows;
