//! A report as a file: whole or not at all, and told from a torn one by its sum.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use epmesh_common::facts::Report;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A spooled report is no report any more.
#[derive(Debug, Error)]
pub(super) enum RecordError {
    /// The system does not give it out.
    #[error("could not be read: {0}")]
    Read(io::Error),
    /// Its sum or its number is wrong.
    #[error("was damaged on disk")]
    Damaged,
}

/// The file of the report `number` while it waits.
pub(super) fn report(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:020}.report"))
}

/// The file of the last report that was acknowledged, while no other waits.
pub(super) fn mark(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:020}.mark"))
}

/// The bytes of a report's file: its sum in hex, a line's end, the report as JSON.
///
/// # Errors
/// When the report cannot be told as JSON.
pub fn encode(report: &Report) -> io::Result<Vec<u8>> {
    Ok(sealed(&serde_json::to_vec(report).map_err(io::Error::other)?))
}

/// The bytes of a file with this body: its sum before it.
#[must_use]
pub fn sealed(body: &[u8]) -> Vec<u8> {
    let mut bytes = hex(&Sha256::digest(body)).into_bytes();
    bytes.push(b'\n');
    bytes.extend(body);
    bytes
}

/// The report `number` in the file at `path`.
///
/// # Errors
/// When the file cannot be read, is torn, or holds something else.
pub(super) fn read(path: &Path, number: u64) -> Result<Report, RecordError> {
    let bytes = fs::read(path).map_err(RecordError::Read)?;
    decode(&bytes).filter(|report| report.sequence == number).ok_or(RecordError::Damaged)
}

/// The report in the bytes of a file; `None` where they are torn, or something else.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Report> {
    let (sum, rest) = bytes.split_at_checked(64)?;
    let body = rest.strip_prefix(b"\n")?;
    if hex(&Sha256::digest(body)).as_bytes() != sum {
        return None;
    }
    serde_json::from_slice(body).ok()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
