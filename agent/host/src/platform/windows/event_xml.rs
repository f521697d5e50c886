//! One event of a Windows event log, from the XML that `EvtRender` makes of it (the event schema
//! of the Windows SDK, `http://schemas.microsoft.com/win/2004/08/events/event`).

use epmesh_facts::{LoggedEvent, Timestamp};
use roxmltree::{Document, Node, ParsingOptions};
use thiserror::Error;

/// The longest XML that is read; an event has at most 64 KiB of data.
pub const MAX_BYTES: usize = 512 << 10;

/// The most elements and texts of one event.
const MAX_NODES: u32 = 4096;

/// The most parameters that are kept.
const MAX_PARAMETERS: usize = 64;

/// The longest parameter that is kept; the rest is cut off.
const MAX_PARAMETER: usize = 1024;

/// An event could not be read.
#[derive(Debug, Error)]
pub enum EventXmlError {
    /// The event is longer than [`MAX_BYTES`].
    #[error("the event is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// The event is not XML.
    #[error("the event is not XML")]
    Xml(#[source] roxmltree::Error),
    /// Something of every event is missing or of another form.
    #[error("at line {line}, column {column} of the event: {what}")]
    Content {
        /// The line, from 1.
        line: u32,
        /// The column, from 1.
        column: u32,
        /// What is wrong.
        what: &'static str,
    },
}

/// Reads one event. Its parameters are the data of `EventData` or `UserData` in order, whether or
/// not they have names, then the binary data in hexadecimal where there is some. The localized
/// message, where it was rendered too, is passed over.
///
/// # Errors
/// See [`EventXmlError`].
pub fn parse(xml: &str) -> Result<LoggedEvent, EventXmlError> {
    if xml.len() > MAX_BYTES {
        return Err(EventXmlError::TooLong);
    }
    // No document type: entities of its own are how a small text becomes a large one.
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let text = xml.trim_start_matches('\u{feff}').trim_matches('\0');
    let document = Document::parse_with_options(text, options).map_err(EventXmlError::Xml)?;
    let event = document.root_element();
    let fail = |node: Node<'_, '_>, what| {
        let at = document.text_pos_at(node.range().start);
        EventXmlError::Content { line: at.row, column: at.col, what }
    };
    if event.tag_name().name() != "Event" {
        return Err(fail(event, "the root element is not Event"));
    }
    let system = child(event, "System").ok_or_else(|| fail(event, "there is no System"))?;
    let element = |name, what| child(system, name).ok_or_else(|| fail(system, what));
    let provider = element("Provider", "there is no Provider")?;
    let id = element("EventID", "there is no EventID")?;
    let record = element("EventRecordID", "there is no EventRecordID")?;
    let created = element("TimeCreated", "there is no TimeCreated")?;
    let channel = element("Channel", "there is no Channel")?;
    let name = provider.attribute("Name").or_else(|| provider.attribute("EventSourceName"));
    Ok(LoggedEvent {
        log: cut(&words(channel)),
        provider: cut(name.ok_or_else(|| fail(provider, "the Provider has no Name"))?),
        id: words(id).trim().parse().map_err(|_| fail(id, "the EventID is no number"))?,
        record: words(record)
            .trim()
            .parse()
            .map_err(|_| fail(record, "the EventRecordID is no number"))?,
        at: created
            .attribute("SystemTime")
            .and_then(moment)
            .ok_or_else(|| fail(created, "the SystemTime is no time"))?,
        parameters: parameters(event),
    })
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

/// `2026-11-21T09:26:37.1234567Z`, in UTC; Windows 2008 writes nine digits, later ones seven.
fn moment(text: &str) -> Option<Timestamp> {
    serde_json::from_value(serde_json::Value::String(text.trim().to_owned())).ok()
}

fn parameters(event: Node<'_, '_>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(data) = child(event, "EventData") {
        let elements = data.children().filter(Node::is_element);
        // Binary stands last in what EvtRender makes; should it not, its place is last anyhow.
        let (binary, data): (Vec<_>, Vec<_>) =
            elements.partition(|element| element.tag_name().name() == "Binary");
        found.extend(data.into_iter().map(words));
        found.extend(binary.into_iter().map(words).filter(|text| !text.is_empty()));
    } else if let Some(data) = child(event, "UserData") {
        // An element of the provider's own with elements below it: the leaves are the data.
        let leaves = data.descendants().filter(|node| {
            node.is_element() && *node != data && !node.children().any(|child| child.is_element())
        });
        found.extend(leaves.map(words));
    }
    found.truncate(MAX_PARAMETERS);
    found.iter().map(|text| cut(text)).collect()
}

/// The whole text of an element, however it is divided into text and CDATA.
fn words(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_PARAMETER);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KCC_1925: &str = include_str!("../../../tests/data/windows/events/1925.xml");
    const NETLOGON_5809: &str = include_str!("../../../tests/data/windows/events/5809.xml");
    const SECURITY_5712: &str = include_str!("../../../tests/data/windows/events/5712.xml");
    const USER_DATA: &str = include_str!("../../../tests/data/windows/events/user-data.xml");

    #[test]
    fn parameters_without_names() {
        let event = parse(KCC_1925).expect("an event");
        assert_eq!((event.log.as_str(), event.id, event.record), ("Directory Service", 1925, 4711));
        assert_eq!(event.provider, "Microsoft-Windows-ActiveDirectory_DomainService");
        assert_eq!(event.at.to_string(), "2026-11-20T22:15:03.482Z");
        let parameters: Vec<&str> = event.parameters.iter().map(String::as_str).collect();
        assert_eq!(
            parameters,
            [
                "CN=Configuration,DC=contoso,DC=com",
                "CN=NTDS Settings,CN=DC2,CN=Servers,CN=R&D <West>,CN=Sites,CN=Configuration,DC=contoso,DC=com",
                "74fbe06c-932c-46b5-831b-af9e31f496b2._msdcs.contoso.com",
                "",
                "1753",
                "There are no more endpoints available from the endpoint mapper.",
            ]
        );
    }

    #[test]
    fn parameters_with_names_and_binary_data() {
        let event = parse(NETLOGON_5809).expect("an event");
        assert_eq!((event.log.as_str(), event.provider.as_str()), ("System", "NETLOGON"));
        assert_eq!(event.parameters, ["50000", "C0060000"]);
        let event = parse(SECURITY_5712).expect("an event");
        assert_eq!(event.id, 5712);
        assert_eq!(event.parameters.len(), 8);
        assert_eq!(event.parameters[6], "{e3514235-4b06-11d1-ab04-00c04fc2dcd2}");
    }

    #[test]
    fn data_of_the_provider_s_own_form() {
        let event = parse(USER_DATA).expect("an event");
        assert_eq!(event.parameters, ["49152", "in use"]);
    }

    #[test]
    fn says_where_it_is_wrong() {
        let at = |xml: &str| parse(xml).expect_err(xml).to_string();
        assert!(at("<Other/>").contains("line 1, column 1"), "{}", at("<Other/>"));
        assert!(at("<Event>\n <System/></Event>").contains("line 2, column 2"));
        let odd = KCC_1925.replace("4711", "many");
        assert!(at(&odd).contains("EventRecordID is no number"), "{}", at(&odd));
        let error = parse("<Event><System></Event>").expect_err("it is not XML");
        let error = epmesh_facts::error::chain(&error);
        assert!(error.contains("1:16"), "{error}");
        assert!(parse(&KCC_1925[..300]).is_err());
    }

    #[test]
    fn is_bounded() {
        let many = "<Data>x</Data>".repeat(100);
        let event = KCC_1925.replace("<EventData>", &format!("<EventData>{many}"));
        assert_eq!(parse(&event).expect("an event").parameters.len(), MAX_PARAMETERS);
        let long = "é".repeat(MAX_PARAMETER);
        let event = KCC_1925.replace("<EventData>", &format!("<EventData><Data>{long}</Data>"));
        assert_eq!(parse(&event).expect("an event").parameters[0].len(), MAX_PARAMETER);
        assert!(matches!(parse(&" ".repeat(MAX_BYTES + 1)), Err(EventXmlError::TooLong)));
        let nodes = "<Data>x</Data>".repeat(5000);
        let event = KCC_1925.replace("<EventData>", &format!("<EventData>{nodes}"));
        assert!(matches!(parse(&event), Err(EventXmlError::Xml(_))));
        let bomb = "<!DOCTYPE e [<!ENTITY a \"aaaa\">]><Event>&a;</Event>";
        assert!(matches!(parse(bomb), Err(EventXmlError::Xml(_))));
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn takes_a_damaged_event(at in 0_usize..2000, to in any::<char>()) {
            let mut chars: Vec<char> = KCC_1925.chars().collect();
            let at = at % chars.len();
            chars[at] = to;
            let _ = parse(&chars.into_iter().collect::<String>());
        }
    }
}
