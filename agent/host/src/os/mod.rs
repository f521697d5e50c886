//! What the agent needs of the operating system besides its facts: the time of day, files that nobody
//! else may read, a log file, and small files read with bounds.

pub mod clock;
pub mod log_file;
pub mod private_files;
pub mod read;
#[cfg(windows)]
pub mod windows;
