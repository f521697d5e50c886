//! Calls into Windows about files (who may read them, which folder is for the data of programs) and about the
//! service.

#![expect(unsafe_code, reason = "these functions have no safe wrapper in windows-sys")]

pub mod access;
pub mod folders;
pub mod service;
pub mod text;
