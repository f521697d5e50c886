//! Calls into Windows about files: who may read them, and which folder is for the data of programs.

#![expect(unsafe_code, reason = "these functions have no safe wrapper in windows-sys")]

pub mod access;
pub mod folders;
pub mod text;
