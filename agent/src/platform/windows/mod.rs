//! A Windows domain controller.
//!
//! What is made of registry values, command output, event XML and files is a function over them, in
//! a file of its own, built and tested on every system. Only [`Windows`] and the calls into Windows
//! below it are built for Windows alone.

#[cfg(windows)]
mod ffi;
#[cfg(windows)]
mod here;
pub mod registry;

#[cfg(windows)]
pub use self::here::Windows;
