//! Sentences that are the same but for names, addresses and numbers count as one; the first stands for them.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use uuid::Uuid;

/// Sentences by what they are about.
#[derive(Default)]
pub(crate) struct Sentences {
    by_subject: BTreeMap<String, BTreeMap<String, String>>,
    all: Vec<String>,
}

impl Sentences {
    pub(crate) fn add(&mut self, about: &str, sentence: &str) {
        let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
        let known = self.by_subject.entry(about.to_owned()).or_default();
        known.entry(template(&sentence)).or_insert_with(|| sentence.clone());
        self.all.push(sentence);
    }

    /// All sentences, one a line.
    pub(crate) fn everything(&self) -> String {
        self.all.join("\n")
    }
}

impl fmt::Display for Sentences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (about, sentences) in &self.by_subject {
            writeln!(f, "# {about}")?;
            sentences.values().try_for_each(|sentence| writeln!(f, "{sentence}"))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A sentence without what is put into it.
fn template(sentence: &str) -> String {
    let words = sentence.split(' ').map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let kind = match bare {
            _ if bare.parse::<IpAddr>().is_ok() => "ADDRESS",
            _ if bare.parse::<Uuid>().is_ok() => "GUID",
            _ if is_host(bare) => "HOST",
            _ => return numbers(word),
        };
        word.replace(bare, kind)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A name in the forest of the scenarios.
fn is_host(word: &str) -> bool {
    let short = word.strip_suffix(|c: char| c.is_ascii_digit()).unwrap_or_default();
    word.contains('.') && !word.contains(['/', '\\']) && word.chars().any(char::is_alphabetic)
        || matches!(short.to_ascii_lowercase().as_str(), "dc" | "app")
}

/// Every number as one digit.
fn numbers(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('0') {
            out.push('0');
        }
    }
    out
}
