//! The row of an event, whichever way it was written. What a value is, a naming context, an NTDS Settings
//! object, a `GUID._msdcs` name, is known by its looks, and its place among the others differs by version; which
//! of them an event has, and whether a number is an error, stands in the table of events.

use epmesh_rpc::{names, windows_error};

use super::{
    super::{
        messages,
        outcome::Outcome,
        page::Page,
        scan,
        told::{Party, Told, Tool},
    },
    catalogue::{ErrorAt, Known, Provider, Writer, known},
};

pub(super) const TOOL: Tool = Tool::Event;

/// An event.
#[derive(Debug, Default)]
pub(super) struct Event {
    pub(super) id: Option<i64>,
    pub(super) computer: Option<String>,
    pub(super) when: Option<String>,
    pub(super) provider: String,
    /// Whether it says of itself that it is information (level 4).
    pub(super) is_information: bool,
    pub(super) values: Vec<String>,
    /// An error number that stands in the record's binary data (1265 of old).
    pub(super) binary: Option<i64>,
    pub(super) whole: bool,
    /// With a sentence and labels around the values.
    pub(super) is_text: bool,
}

impl Event {
    /// The row of the table for it: not for one of another provider that has the same number.
    pub(super) fn known(&self) -> Option<&'static Known> {
        let provider = Provider::named(&self.provider);
        let fits = provider.is_some() || self.provider.is_empty();
        known(provider, self.id.filter(|_| fits)?)
    }
}

/// Makes a row of it.
pub(super) fn tell(page: &mut Page<'_>, event: &Event, lines: Vec<u32>) {
    let mut told = Told::new(TOOL, lines);
    told.when.clone_from(&event.when);
    let id =
        event.id.map_or_else(|| "an event without a number".to_owned(), |id| format!("event {id}"));
    let cut = if event.whole { "" } else { " (its end is missing)" };
    match event.known() {
        Some(known) => {
            fill(&mut told, event, known);
            told.words = format!("{id}: {}{cut}", known.meaning);
        }
        None => {
            told.observer = event.computer.as_deref().and_then(Party::named);
            let of = match event.provider.as_str() {
                "" => String::new(),
                provider => format!(" of {provider}"),
            };
            told.words = format!(
                "{id}{of}, which is not known here, so that no number in it is taken for an error: {}{cut}",
                event.values.join("; ")
            );
        }
    }
    page.tell(told);
}

fn fill(told: &mut Told, event: &Event, known: &Known) {
    let computer = event.computer.as_deref().and_then(Party::named);
    let mut source = Party::default();
    for (at, value) in event.values.iter().map(|value| value.trim()).enumerate() {
        if let Some(guid) = scan::alias(value) {
            source.dsa_guid = source.dsa_guid.or(Some(guid));
        } else if let Some((site, server)) = scan::ntds_settings(value) {
            source.site = Some(site);
            source.name = Some(server);
        } else if scan::is_dn(value) {
            let transport = value.to_ascii_lowercase().contains("cn=inter-site transports");
            if known.has_context && !transport && told.naming_context.is_none() {
                told.naming_context = Some(value.to_owned());
            }
        } else if let Some(host) = value.strip_prefix("\\\\") {
            let party = Party::named(host.split([' ', '\\']).next().unwrap_or_default());
            source.name = source.name.or_else(|| party?.name);
        } else if let Some(code) = code(event, known.error, at) {
            told.code = told.code.or(Some(code));
        } else if known.has_host
            && source.name.is_none()
            && (!event.is_text || at.checked_sub(1).is_some_and(|at| is_label(event, at)))
            && scan::is_host(value)
            && (known.provider != Provider::Dfsr || value.contains('.'))
        {
            source.name = Some(value.to_owned());
        }
    }
    if known.has_success {
        told.last_success = event.values.iter().find_map(|value| scan::moments(value).pop());
    }
    // 1265 of old has its error in the record's data alone; of 5719 that is a status of another kind.
    let binary = event.binary.filter(|_| known.error == ErrorAt::Number);
    told.code = told.code.or(binary).filter(|code| *code != 0);
    let source = (source != Party::default()).then_some(source);
    match known.writer {
        Writer::Client => (told.destination, told.source) = (computer, source),
        Writer::Server => told.source = computer,
    }
    let interface = known.interface.and_then(names::find);
    told.interface = interface;
    // What calls itself information is no failure.
    told.outcome = match known.outcome {
        Outcome::Succeeded => Outcome::Succeeded,
        _ if event.is_information => Outcome::Unclear,
        outcome => outcome,
    };
}

/// The error in a value, where the event has its error so.
pub(super) fn code(event: &Event, at: ErrorAt, place: usize) -> Option<i64> {
    let value = event.values.get(place)?.trim();
    match at {
        ErrorAt::Nowhere => None,
        ErrorAt::Number => error(value),
        // `%%1311` is the number of the message that stands there.
        ErrorAt::Message => messages::code(value).or_else(|| {
            let number: i64 = value.strip_prefix("%%")?.parse().ok()?;
            windows_error::symbol(number).map(|_| number)
        }),
        ErrorAt::BesideItsMessage => {
            let next = event.values.get(place + 1).map_or("", |next| next.trim());
            let message = next.contains(' ') && next.ends_with(['.', '。']);
            let alone = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            let code = error(value).filter(|code| windows_error::symbol(*code).is_some())?;
            (!alone || message).then_some(code)
        }
    }
}

/// Whether a value of a text is the label of the next: of a sentence one word may stand in a line, too.
fn is_label(event: &Event, at: usize) -> bool {
    event.values.get(at).is_some_and(|label| label.trim().ends_with([':', '：']))
}

/// A value that is an error: a number by itself, or one with its text behind it.
fn error(value: &str) -> Option<i64> {
    if let Some(code) = scan::paired_code(value) {
        return Some(code);
    }
    let first = scan::numbers(value).first().copied().filter(|first| first.start == 0)?;
    let rest = value.get(first.end..)?.trim();
    // `1753 There are …`, `1753 (There are …)`; a registry path of these events begins "22 DS RPC Client"
    // behind a backslash, never here.
    let message = rest.strip_prefix(['(', ':', '-']).unwrap_or(rest).trim_start();
    let text = rest.is_empty() || message.starts_with(|c: char| c.is_alphabetic());
    (text && first.value != 0).then(|| scan::signed(first.value))
}
