//! A report in plain words: every failing pair once, with its naming contexts, its error and whom to ask.

use std::collections::HashMap;

use epmesh_rpc::{InterfaceId, names, windows_error};
use serde::{Deserialize, Serialize};

use super::{
    ErrorRecord, Outcome, Party, Report, Told, Tool, about, about_samba, codes::SIDES,
    extended_words, netsetup,
};

/// The most that is said of one pair, in sentences.
const MAX_SAYS: usize = 12;

/// The most rows of one pair whose times are kept.
const MAX_ATTEMPTS: usize = 64;

/// A pair that fails, as a report tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pair {
    /// Who said so first.
    pub tool: Tool,
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
    /// The times and the count of every row that tells some.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// The lines that say so.
    pub lines: Vec<u32>,
    /// What it means.
    pub says: Vec<String>,
    /// Whom to ask.
    pub ask: Option<String>,
}

/// The times and the count of failures of a row, as the tool writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attempt {
    /// Its naming context.
    pub naming_context: Option<String>,
    /// When it was tried last.
    pub when: Option<String>,
    /// When it last worked.
    pub last_success: Option<String>,
    /// How often in a row it failed.
    pub failures: Option<u64>,
}

impl Attempt {
    /// The times and the count of a row; `None` where it tells none.
    #[must_use]
    pub fn of(told: &Told) -> Option<Self> {
        let this = Self {
            naming_context: told.naming_context.clone(),
            when: told.when.clone(),
            last_success: told.last_success.clone(),
            failures: told.failures,
        };
        let empty = this.when.is_none() && this.last_success.is_none() && this.failures.is_none();
        (!empty).then_some(this)
    }

    /// The times and the count in words.
    #[must_use]
    pub fn words(&self) -> String {
        let when = self.when.as_ref().map(|when| format!("last attempt {when}"));
        let success = self.last_success.as_ref().map(|when| format!("last success {when}"));
        let count = self.failures.map(|count| match count {
            1 => "1 failure".to_owned(),
            count => format!("{count} failures"),
        });
        let all: Vec<String> = [when, success, count].into_iter().flatten().collect();
        all.join(", ")
    }
}

/// What makes two rows one pair.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    destination: Option<String>,
    source: Option<String>,
    interface: Option<InterfaceId>,
    code: Option<i64>,
    /// Only where no number tells what failed, or no end whose.
    words: Option<String>,
}

/// Every failing pair of a report, in the order in which they are first told.
#[must_use]
pub fn pairs(report: &Report) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut known: HashMap<Key, Vec<usize>> = HashMap::new();
    let failed = report.told.iter().filter(|told| told.outcome == Outcome::Failed);
    for told in failed.filter(|told| !is_result(told)) {
        let alike = known.entry(key(told)).or_default();
        // The same name with another GUID is another machine, or an old life of it.
        let same = alike.iter().copied().find(|at| {
            pairs.get(*at).is_some_and(|pair| {
                may_be(&pair.destination, &told.destination) && may_be(&pair.source, &told.source)
            })
        });
        match same.and_then(|at| pairs.get_mut(at)) {
            Some(pair) => add(pair, told),
            None => {
                alike.push(pairs.len());
                pairs.push(pair(told));
            }
        }
    }
    for pair in &mut pairs {
        pair.lines.sort_unstable();
        pair.lines.dedup();
    }
    pairs
}

/// The tests of dcdiag that failed: they name no error and one machine, and repeat what rows above them say.
#[must_use]
pub fn failed_tests(report: &Report) -> Vec<String> {
    let failed = report.told.iter().filter(|told| told.outcome == Outcome::Failed);
    let words = |told: &Told| {
        let line = told.lines.first().copied().unwrap_or_default();
        format!("line {line}: {}", told.words)
    };
    failed.filter(|told| is_result(told)).map(words).collect()
}

/// The lists of endpoint maps in a report, in plain words.
#[must_use]
pub fn lists(report: &Report) -> Vec<String> {
    let drsuapi = names::find("drsuapi");
    let words = |told: &Told| {
        let list = told.endpoints.as_ref()?;
        let of = told.source.as_ref().map_or_else(|| "a server".to_owned(), Party::label);
        Some(format!("{of}: {} {}; {}", told.tool.words(), told.words, list.words(drsuapi?)))
    };
    report.told.iter().filter_map(words).collect()
}

/// The outcomes of the lists for the interface that replication needs.
#[must_use]
pub fn list_outcomes(report: &Report) -> Vec<Outcome> {
    let drsuapi = names::find("drsuapi");
    let lists = report.told.iter().filter_map(|told| told.endpoints.as_ref());
    lists.filter_map(|list| Some(list.outcome(drsuapi?))).collect()
}

/// A line such as `DC1 failed test Connectivity`.
fn is_result(told: &Told) -> bool {
    told.tool == Tool::Dcdiag && told.code.is_none() && told.destination.is_none()
}

fn key(told: &Told) -> Key {
    let name = |party: &Option<Party>| {
        let party = party.as_ref()?;
        let name = party.name.as_ref().map(|name| name.to_lowercase());
        name.or_else(|| party.dsa_guid.map(|guid| guid.to_string()))
    };
    Key {
        destination: name(&told.destination),
        source: name(&told.source),
        interface: told.interface,
        code: told.code,
        words: (told.code.is_none() || (told.destination.is_none() && told.source.is_none()))
            .then(|| told.words.clone()),
    }
}

fn may_be(one: &Option<Party>, other: &Option<Party>) -> bool {
    let guid = |party: &Option<Party>| party.as_ref().and_then(|party| party.dsa_guid);
    guid(one).is_none_or(|one| guid(other).is_none_or(|other| one == other))
}

/// What another row says of the same pair.
fn add(pair: &mut Pair, told: &Told) {
    let fill = |held: &mut Option<Party>, more: &Option<Party>| {
        if let (Some(held), Some(more)) = (held.as_mut(), more) {
            held.dsa_guid = held.dsa_guid.or(more.dsa_guid);
            if held.site.is_none() {
                held.site.clone_from(&more.site);
            }
        }
    };
    fill(&mut pair.destination, &told.destination);
    fill(&mut pair.source, &told.source);
    if let Some(context) = &told.naming_context
        && !pair.naming_contexts.contains(context)
    {
        pair.naming_contexts.push(context.clone());
    }
    if let Some(attempt) = Attempt::of(told)
        && pair.attempts.len() < MAX_ATTEMPTS
        && !pair.attempts.contains(&attempt)
    {
        pair.attempts.push(attempt);
    }
    pair.lines.extend(&told.lines);
    let words = Some(told.words.clone()).filter(|_| !is_numbers(told));
    for text in words.into_iter().chain(extended_words(&told.extended)) {
        if pair.says.len() < MAX_SAYS && !pair.says.iter().any(|said| alike(said, &text)) {
            pair.says.push(text);
        }
    }
}

/// Whether it is a row of numbers, which says what the error's own line says.
fn is_numbers(told: &Told) -> bool {
    told.tool == Tool::ShowreplCsv && told.naming_context.is_some()
}

/// Whether one holds the other, but for the full stop.
fn alike(one: &str, other: &str) -> bool {
    let bare = |text: &str| text.trim_end_matches(['.', '。']).to_lowercase();
    let (one, other) = (bare(one), bare(other));
    one.contains(&other) || other.contains(&one)
}

fn pair(told: &Told) -> Pair {
    let mut says = Vec::from_iter((!is_numbers(told)).then(|| told.words.clone()));
    let records = extended_words(&told.extended);
    let (meaning, ask) = if returned_an_endpoint(&told.extended) {
        says.extend(records);
        (RETURNED.0.to_owned(), Some(RETURNED.1.to_owned()))
    } else if let Some(meaning) = of_a_join(told) {
        (meaning.to_owned(), Some(JOIN.to_owned()))
    } else {
        says.extend(records);
        let known = told.code.and_then(if told.by_samba { about_samba } else { about });
        let unknown = told.code.filter(|_| !told.by_samba);
        let unknown = unknown.map(|code| format!("what {code} means: net helpmsg {code}"));
        let meaning = known.map(|known| known.meaning.to_owned()).or(unknown).unwrap_or_default();
        let ask = match told {
            _ if told.tool == Tool::Services => LOCAL,
            _ if is_by_itself(told, 1753) => SIDES,
            _ if is_by_itself(told, 1722) => UNREACHED,
            _ => known.map_or("", |known| known.ask),
        };
        (meaning, Some(ask.to_owned()).filter(|ask| !ask.is_empty()))
    };
    if !meaning.is_empty() && !says.iter().any(|said| alike(said, &meaning)) {
        says.push(meaning);
    }
    Pair {
        tool: told.tool,
        destination: told.destination.clone(),
        source: told.source.clone(),
        interface: told.interface,
        code: told.code,
        error: told
            .code
            .filter(|code| !told.by_samba || code.unsigned_abs() > 100)
            .and_then(windows_error::symbol)
            .map(str::to_owned),
        naming_contexts: told.naming_context.iter().cloned().collect(),
        attempts: Attempt::of(told).into_iter().collect(),
        lines: told.lines.clone(),
        says,
        ask,
    }
}

/// Whether a row is this error alone, and nobody is named to ask.
fn is_by_itself(told: &Told, code: i64) -> bool {
    let named = told.destination.is_some() || told.source.is_some();
    told.tool == Tool::Unknown && told.code == Some(code) && !named
}

/// Whom to ask about the error that a service ended with.
const LOCAL: &str = "the computer that the service runs on: its System log beside the time (Service Control Manager), \
                     and the services that it depends on. It is no failure between two machines";

/// Whom to ask about 1722 alone.
const UNREACHED: &str = "the client: which server did it call, and is port 135 of it reached from there, and the port \
                         behind it; then the server: does it run";

/// What it means, and whom to ask, where the server did return an endpoint.
const RETURNED: (&str, &str) = (
    "so the endpoint mapper did know the interface: the call failed on the port behind it, not for want \
     of a registration",
    "the destination: is that port of the source reached, and is it the source that answers there; then \
     the source: which process listens on the port",
);

/// Whom to ask about a join.
const JOIN: &str = "the joining computer: are the domain controller's port 135, and the port that its \
                    endpoint mapper names, reached from there (epmesh-agent check --join DOMAIN); then \
                    the domain controller: is the interface registered (epmesh diagnose --join CLIENT DC)";

/// Whether the records say that the server's list of endpoints was not empty.
fn returned_an_endpoint(records: &[ErrorRecord]) -> bool {
    records.iter().any(|record| record.returned().is_some_and(|(count, _)| count > 0))
}

/// What the error of a join means.
fn of_a_join(told: &Told) -> Option<&'static str> {
    let code = told.code.filter(|_| told.tool == Tool::Netsetup)?;
    let code =
        u32::try_from(code).ok().or_else(|| i32::try_from(code).ok().map(i32::cast_unsigned));
    netsetup::meaning(code?)
}
