//! A NETSETUP.LOG in plain words.

use std::path::Path;

use anyhow::Context as _;
use epmesh_common::{
    facts::DnsName,
    reports::{
        self,
        netsetup::{self, Attempt},
    },
};
use serde::Serialize;

/// A log and the last attempt in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Log {
    file: String,
    attempt: Attempt,
}

/// Reads the file.
///
/// # Errors
/// When it cannot be read, or has no attempt to join.
pub(super) fn read(path: &Path) -> anyhow::Result<Log> {
    let file = path.display().to_string();
    let bytes = epmesh_agent_host::os::read::read_bytes(path, reports::MAX_BYTES)?;
    let text = reports::decode(&bytes).with_context(|| format!("could not read {file}"))?;
    let attempt = netsetup::last_join(&text).with_context(|| {
        format!(
            "{file} has no attempt to join a domain: give the NETSETUP.LOG of the computer that \
             was to join (%systemroot%\\debug)"
        )
    })?;
    Ok(Log { file, attempt })
}

impl Log {
    /// The domain controller that it names, where that is a name that can be looked up.
    pub(super) fn controller(&self) -> Option<DnsName> {
        self.attempt.joined_at()?.parse().ok()
    }

    /// The log in plain words, a sentence a line.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = self.attempt.words(&self.file);
        if self.controller().is_none() && self.attempt.controller.is_some() {
            words.push("the domain controller's name in it cannot be looked up".to_owned());
        }
        words
    }
}
