//! What a NETSETUP.LOG says, in plain words.

use std::path::Path;

use anyhow::Context as _;
use epmesh_common::{
    facts::DnsName,
    reports::{
        self,
        netsetup::{self, Attempt, code_words, meaning},
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
    let bytes = crate::platform::file::read_bytes(path, reports::MAX_BYTES)?;
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
        let of_step = self.attempt.decisive.as_ref().and_then(|step| step.controller.as_deref());
        let of_attempt = self.attempt.controller.as_ref().map(|noted| noted.value.as_str());
        of_step.or(of_attempt)?.parse().ok()
    }

    /// What it says, a sentence a line.
    pub(super) fn words(&self) -> Vec<String> {
        let Attempt { first_line, last_line, .. } = self.attempt;
        let mut words = vec![format!(
            "{}, lines {first_line} to {last_line}{}: the last attempt to join{}{}",
            self.file,
            self.attempt.began.as_ref().map_or_else(String::new, |at| format!(", {at}")),
            self.attempt.domain.as_ref().map_or_else(String::new, |one| format!(" {}", one.value)),
            self.attempt
                .machine
                .as_ref()
                .map_or_else(String::new, |one| format!(", of the computer {}", one.value)),
        )];
        if let Some(controller) = &self.attempt.controller {
            words.push(format!(
                "line {}: it spoke to the domain controller {}",
                controller.line, controller.value
            ));
        }
        if let Some(step) = &self.attempt.decisive {
            let more = meaning(step.code).map_or_else(String::new, |words| format!(": {words}"));
            words.push(format!(
                "line {}: it could not {}: {}{more}",
                step.line,
                step.stage.words(),
                code_words(step.code)
            ));
            let others = self.attempt.failures.iter().filter(|other| other.line < step.line);
            for other in others {
                let more = meaning(other.code).map_or("not what it failed on", |words| words);
                words.push(format!(
                    "line {}: before that, {}: {more}",
                    other.line,
                    code_words(other.code)
                ));
            }
        }
        words.push(match self.attempt.status {
            Some(status) if status.code == 0 => format!("line {}: it succeeded", status.line),
            Some(status) => {
                format!("line {}: it failed with {}", status.line, code_words(status.code))
            }
            None => "how it ended is not in the log".to_owned(),
        });
        if self.controller().is_none() && self.attempt.controller.is_some() {
            words.push("the domain controller's name in it cannot be looked up".to_owned());
        }
        words
    }
}
