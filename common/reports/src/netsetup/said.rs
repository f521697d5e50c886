//! An attempt to join in plain words.

use super::{
    attempt::Attempt,
    codes::{code_words, meaning},
};

impl Attempt {
    /// The domain controller of the step that decided, else the one that was last spoken to, as written.
    #[must_use]
    pub fn joined_at(&self) -> Option<&str> {
        let of_step = self.decisive.as_ref().and_then(|step| step.controller.as_deref());
        of_step.or(self.controller.as_ref().map(|noted| noted.value.as_str()))
    }

    /// The attempt in plain words, a sentence a line, each with the line of the file. `file` is how that is
    /// called.
    #[must_use]
    pub fn words(&self, file: &str) -> Vec<String> {
        let Self { first_line, last_line, .. } = self;
        let mut words = vec![format!(
            "{file}, lines {first_line} to {last_line}{}: the last attempt to join{}{}",
            self.began.as_ref().map_or_else(String::new, |at| format!(", {at}")),
            self.domain.as_ref().map_or_else(String::new, |one| format!(" {}", one.value)),
            self.machine
                .as_ref()
                .map_or_else(String::new, |one| format!(", of the computer {}", one.value)),
        )];
        if let Some(controller) = &self.controller {
            words.push(format!(
                "line {}: it spoke to the domain controller {}",
                controller.line, controller.value
            ));
        }
        if let Some(step) = &self.decisive {
            let more = meaning(step.code).map_or_else(String::new, |words| format!(": {words}"));
            words.push(format!(
                "line {}: it could not {}: {}{more}",
                step.line,
                step.stage.words(),
                code_words(step.code)
            ));
            for other in self.failures.iter().filter(|other| other.line < step.line) {
                let more = meaning(other.code).map_or("not what it failed on", |words| words);
                words.push(format!(
                    "line {}: before that, {}: {more}",
                    other.line,
                    code_words(other.code)
                ));
            }
        }
        words.push(match self.status {
            Some(status) if status.code == 0 => format!("line {}: it succeeded", status.line),
            Some(status) => {
                format!("line {}: it failed with {}", status.line, code_words(status.code))
            }
            None => "how it ended is not in the log".to_owned(),
        });
        words
    }
}
