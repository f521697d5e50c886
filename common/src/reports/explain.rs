//! A report in plain words: every failing pair once, with its naming contexts, its error and whom to ask.

use serde::{Deserialize, Serialize};

use super::{Outcome, Party, Report, Told, about, extended_words};
use crate::rpc::{InterfaceId, names, windows_error};

/// A pair that fails, as a report tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pair {
    /// The client.
    pub destination: Option<Party>,
    /// The server.
    pub source: Option<Party>,
    /// The interface.
    pub interface: Option<InterfaceId>,
    /// The error.
    pub code: Option<i64>,
    /// Its symbolic name.
    pub error: Option<String>,
    /// The naming contexts that fail with it.
    pub naming_contexts: Vec<String>,
    /// The lines that say so.
    pub lines: Vec<u32>,
    /// What it means.
    pub says: Vec<String>,
    /// Whom to ask.
    pub ask: Option<String>,
}

/// Every failing pair of a report, in the order in which they are first told.
#[must_use]
pub fn pairs(report: &Report) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for told in report.told.iter().filter(|told| told.outcome == Outcome::Failed) {
        let same = |pair: &&mut Pair| {
            pair.code == told.code
                && pair.destination == told.destination
                && pair.source == told.source
                && pair.interface == told.interface
                && (told.code.is_some() || pair.says.contains(&told.words))
        };
        if let Some(pair) = pairs.iter_mut().find(same) {
            pair.naming_contexts.extend(told.naming_context.clone());
            pair.lines.extend(&told.lines);
            for text in extended_words(&told.extended) {
                if !pair.says.contains(&text) {
                    pair.says.push(text);
                }
            }
        } else {
            pairs.push(pair(told));
        }
    }
    for pair in &mut pairs {
        pair.lines.sort_unstable();
        pair.lines.dedup();
    }
    pairs
}

fn pair(told: &Told) -> Pair {
    let known = told.code.and_then(about);
    let mut says = vec![told.words.clone()];
    says.extend(known.map(|known| known.meaning.to_owned()));
    if let Some(code) = told.code.filter(|code| *code != 1753) {
        says.push(format!("it is {code} and not 1753: the causes are other ones"));
    }
    says.extend(extended_words(&told.extended));
    let returned = told.extended.iter().any(|record| {
        let count = record.parameters.get(3).and_then(|text| text.parse::<u32>().ok());
        record.location == Some(500) && count.is_some_and(|count| count & 0xffff > 0)
    });
    if returned {
        says.push(
            "the endpoint mapper did give an endpoint: look at that port and at who answers there, not at a missing registration"
                .to_owned(),
        );
    }
    Pair {
        destination: told.destination.clone(),
        source: told.source.clone(),
        interface: told.interface,
        code: told.code,
        error: told.code.and_then(windows_error::symbol).map(str::to_owned),
        naming_contexts: told.naming_context.iter().cloned().collect(),
        lines: told.lines.clone(),
        says,
        ask: known.map(|known| known.ask.to_owned()),
    }
}

/// The lists of endpoint maps in a report, in plain words.
#[must_use]
pub fn lists(report: &Report) -> Vec<String> {
    let drsuapi = names::by_name("drsuapi").map(|known| known.id);
    let words = |told: &Told| {
        let list = told.endpoints.as_ref()?;
        let of = told.source.as_ref().map_or_else(|| "a server".to_owned(), Party::label);
        Some(format!("{of}: {}; {}", told.words, list.words(drsuapi?)))
    };
    report.told.iter().filter_map(words).collect()
}
