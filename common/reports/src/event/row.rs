//! The meaning of an event, whichever way it was written. Its values are known by what they look like:
//! a naming context, an NTDS Settings object, a `GUID._msdcs` name, a number; the order differs by
//! event and version.

use epmesh_rpc::names;

use super::super::{
    outcome::Outcome,
    page::Page,
    scan,
    told::{Party, Told, Tool},
};

pub(super) const TOOL: Tool = Tool::Event;

/// An event.
#[derive(Debug, Default)]
pub(super) struct Event {
    pub(super) id: Option<i64>,
    pub(super) computer: Option<String>,
    pub(super) when: Option<String>,
    pub(super) provider: String,
    pub(super) values: Vec<String>,
    /// An error number that stands in the record's binary data (1265 of old).
    pub(super) binary: Option<i64>,
    pub(super) whole: bool,
    /// With a sentence and labels around the values.
    pub(super) is_text: bool,
}

/// The meaning of an event that bears on replication.
pub(super) fn meaning(id: i64) -> Option<&'static str> {
    Some(match id {
        1655 => "a global catalog could not be reached",
        1925 => "a replication link could not be established",
        1265 => "the KCC could not add a replication agreement",
        1311 => "the KCC found that its sites and links do not connect all domain controllers",
        1865 => "the KCC could not connect all sites",
        1960 => "an inbound replication of a naming context was refused",
        1125 => "the installation wizard could not connect to a domain controller",
        2087 => {
            "no name of the source could be resolved: not its GUID name, host name or NetBIOS name"
        }
        2088 => {
            "the source's GUID name could not be resolved; another of its names did, and it replicated"
        }
        1113 | 1115 => {
            "replication was switched off by an administrator (error 8456 or 8457, not 1753)"
        }
        _ => return None,
    })
}

/// Makes a row of it.
pub(super) fn tell(page: &mut Page<'_>, event: &Event, lines: Vec<u32>) {
    let mut told = Told::new(TOOL, lines);
    told.destination = event.computer.as_deref().and_then(Party::named);
    told.when.clone_from(&event.when);
    let mut source = Party::default();
    for (at, value) in event.values.iter().map(|value| value.trim()).enumerate() {
        if let Some(guid) = scan::alias(value) {
            source.dsa_guid = source.dsa_guid.or(Some(guid));
        } else if let Some((site, server)) = scan::ntds_settings(value) {
            source.site = Some(site);
            source.name = Some(server);
        } else if scan::is_dn(value) {
            let transport = value.to_ascii_lowercase().contains("cn=inter-site transports");
            if !transport && told.naming_context.is_none() {
                told.naming_context = Some(value.to_owned());
            }
        } else if let Some(host) = value.strip_prefix("\\\\") {
            let party = Party::named(host.trim_end_matches('\\'));
            source.name = source.name.or_else(|| party?.name);
        } else if let Some(code) = error(value) {
            told.code = told.code.or(Some(code));
        } else if source.name.is_none()
            && (!event.is_text || at.checked_sub(1).is_some_and(|at| is_label(event, at)))
            && matches!(event.id, Some(1655 | 2087 | 2088))
            && scan::is_host(value)
        {
            source.name = Some(value.to_owned());
        }
    }
    told.code = told.code.or(event.binary).filter(|code| *code != 0);
    told.source = (source != Party::default()).then_some(source);
    told.interface = told.code.and_then(|_| names::by_name("drsuapi")).map(|known| known.id);
    let id =
        event.id.map_or_else(|| "an event without a number".to_owned(), |id| format!("event {id}"));
    let known = event.id.and_then(meaning);
    told.outcome = match (event.id, known, event.whole) {
        (Some(2088), ..) => Outcome::Delayed,
        (_, Some(_), _) => Outcome::Failed,
        (_, None, _) if told.code.is_some() => Outcome::Failed,
        _ => Outcome::Unclear,
    };
    let said = known.map_or_else(|| event.values.join("; "), str::to_owned);
    let cut = if event.whole { "" } else { " (its end is missing)" };
    told.words = match (known, event.provider.as_str()) {
        (Some(_), _) | (None, "") => format!("{id}: {said}{cut}"),
        (None, provider) => format!("{id} of {provider}: {said}{cut}"),
    };
    page.tell(told);
}

/// Whether a value of a text is the label of the next: of a sentence one word may stand in a line, too.
fn is_label(event: &Event, at: usize) -> bool {
    event.values.get(at).is_some_and(|label| label.trim().ends_with([':', '：']))
}

/// A value that is an error: a number by itself, or one with its text behind it.
pub(super) fn error(value: &str) -> Option<i64> {
    if let Some(code) = scan::paired_code(value) {
        return Some(code);
    }
    let first = scan::numbers(value).first().copied().filter(|first| first.start == 0)?;
    let rest = value.get(first.end..)?.trim();
    let text = rest.is_empty() || rest.starts_with(|c: char| c.is_alphabetic());
    // A registry path of these events begins "22 DS RPC Client" behind a backslash, never here.
    (text && first.value != 0).then(|| scan::signed(first.value))
}
