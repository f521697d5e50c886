//! A section as tables for people.

use std::collections::{BTreeMap, BTreeSet};

use epmesh_rpc::{InterfaceId, names};
use serde_json::{Map, Value};

use super::Section;

/// A part of a section: the facts that stand alone, or a list of things with fields of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The name of the list: its field, or the path of fields to it, behind the thing that it belongs to. Empty for the
    /// facts that stand alone.
    pub title: String,
    /// The heads of the columns. There are none where a row is a fact and what it is.
    pub columns: Vec<String>,
    /// The rows. A value that was not read is `absent`, `not applicable`, or `unreadable:` and why. Control characters
    /// are replaced.
    pub rows: Vec<Vec<String>>,
    /// The columns that are left out, because they do not apply to any row.
    pub not_applicable: Vec<String>,
}

impl Block {
    /// The line above a table, with what is left out; nothing above the facts that stand alone.
    #[must_use]
    pub fn heading(&self) -> String {
        match (self.title.as_str(), self.not_applicable.as_slice()) {
            ("", _) => String::new(),
            (title, []) => format!("{title}:\n"),
            (title, left_out) => format!("{title} (not applicable: {}):\n", left_out.join(", ")),
        }
    }
}

/// The columns that come first, in this order; the others follow by name.
const FIRST: [&str; 12] = [
    "name",
    "through",
    "naming-context",
    "source",
    "host",
    "family",
    "transport",
    "interface",
    "binding.sequence",
    "binding.endpoint",
    "address",
    "at",
];

const NOT_APPLICABLE: &str = "not applicable";

/// The parts of a section: first the facts that stand alone, then each list in a table of its own, and behind it the lists
/// that its things have.
///
/// # Errors
/// None that these types can have.
pub fn listing(section: &Section) -> serde_json::Result<Vec<Block>> {
    let mut blocks = Vec::new();
    if let Value::Object(mut whole) = serde_json::to_value(section)?
        && let Some(facts) = whole.remove("facts")
    {
        let Fields { cells, lists } = Fields::of(&facts);
        // The tables of the lists come right behind.
        let is_list = |fact: &String| lists.iter().any(|(list, _)| list == fact);
        let alone = cells.into_iter().filter(|(fact, _)| !is_list(fact));
        let rows: Vec<_> = alone.map(|(fact, text)| vec![fact, text]).collect();
        if !rows.is_empty() {
            let (title, columns, not_applicable) = (String::new(), Vec::new(), Vec::new());
            blocks.push(Block { title, columns, rows, not_applicable });
        }
        for (name, items) in lists {
            put_list(&mut blocks, &name, items);
        }
    }
    Ok(blocks)
}

/// The block of a list, and those of the lists in it.
fn put_list(blocks: &mut Vec<Block>, title: &str, items: &[Value]) {
    let read: Vec<Fields<'_>> = items.iter().map(Fields::of).collect();
    let named: BTreeSet<&String> =
        read.iter().flat_map(|fields| fields.cells.iter().map(|(name, _)| name)).collect();
    let mut columns: Vec<&String> = named.into_iter().collect();
    columns.sort_by_key(|name| {
        let first = FIRST.iter().position(|first| first == name);
        (first.unwrap_or(FIRST.len()), *name)
    });
    let by_name: Vec<BTreeMap<&str, &str>> = read
        .iter()
        .map(|fields| fields.cells.iter().map(|(name, text)| (&**name, &**text)).collect())
        .collect();
    let text = |row: &BTreeMap<&str, &str>, column: &str| {
        row.get(column).copied().unwrap_or_default().to_owned()
    };
    let applies = |column: &&String| by_name.iter().any(|row| text(row, column) != NOT_APPLICABLE);
    let (shown, left_out): (Vec<&String>, Vec<&String>) = columns.into_iter().partition(applies);
    let rows: Vec<Vec<String>> =
        by_name.iter().map(|row| shown.iter().map(|column| text(row, column)).collect()).collect();
    let keys: Vec<String> =
        rows.iter().map(|row| row.first().cloned().unwrap_or_default()).collect();
    blocks.push(Block {
        title: title.to_owned(),
        columns: shown.into_iter().cloned().collect(),
        rows,
        not_applicable: left_out.into_iter().cloned().collect(),
    });
    for (fields, key) in read.into_iter().zip(keys) {
        for (name, items) in fields.lists {
            put_list(blocks, &format!("{title} {key}: {name}"), items);
        }
    }
}

/// The fields of a thing: those that are one text each, and those that are lists of things.
#[derive(Default)]
struct Fields<'v> {
    cells: Vec<(String, String)>,
    lists: Vec<(String, &'v [Value])>,
}

impl<'v> Fields<'v> {
    fn of(value: &'v Value) -> Self {
        let mut fields = Self::default();
        fields.take("", value);
        fields
    }

    fn take(&mut self, path: &str, value: &'v Value) {
        match opened(value) {
            Value::Null => {}
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let count = items.len();
                self.cells.push((path.to_owned(), format!("{count} below")));
                self.lists.push((path.to_owned(), items));
            }
            Value::Object(fields) if !is_one_text(fields) => {
                for (field, value) in fields {
                    let path =
                        if path.is_empty() { field.clone() } else { format!("{path}.{field}") };
                    self.take(&path, value);
                }
            }
            other => self.cells.push((path.to_owned(), text(other))),
        }
    }
}

/// What a value stands for: what was read, and what came of a question.
fn opened(value: &Value) -> &Value {
    let Value::Object(fields) = value else { return value };
    let is_read = fields.get("reading").is_some_and(|kind| kind == "value");
    match fields.get("value").filter(|_| is_read).or_else(|| fields.get("Ok")) {
        Some(inner) => opened(inner),
        None => value,
    }
}

/// Whether an object is one text: what was not read, what failed, or one of several with its value.
fn is_one_text(fields: &Map<String, Value>) -> bool {
    let is_plain = |value: &Value| !(value.is_object() || value.is_array());
    fields.contains_key("reading")
        || fields.contains_key("Err")
        || fields.contains_key("failure")
        || (fields.len() == 1 && fields.values().all(is_plain))
}

fn text(value: &Value) -> String {
    match opened(value) {
        Value::String(text) => named(&plain_text(text)),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => of_object(fields),
        other => other.to_string(),
    }
}

fn of_object(fields: &Map<String, Value>) -> String {
    let word =
        |key: &str| fields.get(key).and_then(Value::as_str).map(|word| word.replace('-', " "));
    let with_why = |kind: String| match fields.get("value") {
        Some(why) => format!("{kind}: {}", text(why)),
        None => kind,
    };
    if let Some(failure) = fields.get("Err") {
        return format!("could not be read: {}", text(failure));
    }
    if let Some(kind) = word("reading") {
        return with_why(kind);
    }
    if let Some(kind) = word("failure") {
        return with_why(kind);
    }
    let said = fields.iter().filter(|(_, value)| !value.is_null());
    said.map(|(field, value)| format!("{field} {}", text(value))).collect::<Vec<_>>().join(", ")
}

/// An interface behind its name, where it has one.
fn named(text: &str) -> String {
    match text.parse::<InterfaceId>() {
        Ok(interface) => match names::by_uuid(interface.uuid) {
            Some(known) => format!("{} ({text})", known.name),
            None => text.to_owned(),
        },
        Err(_) => text.to_owned(),
    }
}

/// A text with its control characters replaced, fit for a screen.
#[must_use]
pub fn plain_text(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use epmesh_rpc::{Binding, Endpoint};

    use super::*;
    use crate::{
        Blank, EndpointMap, Failure, MapView, PortUse, Reading, Service, ServiceState, Services,
        Through,
    };

    fn blocks(section: &Section) -> Vec<Block> {
        listing(section).expect("a section is JSON")
    }

    fn fact(section: &Section, fact: &str) -> Vec<String> {
        let blocks = blocks(section);
        let alone = blocks.iter().filter(|block| block.columns.is_empty());
        let rows = alone.flat_map(|block| &block.rows).filter(|row| row[0] == fact);
        rows.map(|row| row[1].clone()).collect()
    }

    #[test]
    fn three_answers_stay_three() {
        let use_of = |blank| Section::PortUse(PortUse::blank(&blank));
        assert_eq!(fact(&use_of(Blank::Absent), "top"), ["absent"]);
        assert_eq!(fact(&use_of(Blank::NotApplicable), "top"), ["not applicable"]);
        assert_eq!(
            fact(&use_of(Blank::unreadable("no\u{1b}way")), "top"),
            ["unreadable: no\u{fffd}way"]
        );
        let none = Section::Services(Services { list: Reading::Value(Vec::new()) });
        assert_eq!(fact(&none, "list"), ["none"]);
    }

    #[test]
    fn a_list_is_a_table() {
        let mut one = Service::blank("NTDS", ServiceState::Running, &Blank::Absent);
        one.account = Reading::Value("LocalSystem".to_owned());
        one.delayed = Reading::unseen("error 5");
        one.dependencies = Reading::NotApplicable;
        let mut other = Service::blank("Netlogon", ServiceState::Paused, &Blank::Absent);
        other.dependencies = Reading::NotApplicable;
        let section = Section::Services(Services { list: Reading::Value(vec![one, other]) });
        let blocks = blocks(&section);
        let list = blocks.iter().find(|block| block.title == "list").expect("it has a table");
        let column = |name: &str| {
            let at = list.columns.iter().position(|column| column == name).expect(name);
            list.rows.iter().map(|row| row[at].as_str()).collect::<Vec<_>>()
        };
        assert_eq!(list.columns[0], "name");
        assert_eq!(column("name"), ["NTDS", "Netlogon"]);
        assert_eq!(column("account"), ["LocalSystem", "absent"]);
        assert_eq!(column("delayed"), ["unreadable: error 5", "absent"]);
        assert_eq!(list.not_applicable, ["dependencies"]);
    }

    #[test]
    fn the_entries_of_each_view_of_the_map_are_a_table() {
        let entry = Endpoint {
            interface: names::find("drsuapi").expect("it is known"),
            object: None,
            binding: Binding::tcp(49_152),
            annotation: "NTDS".to_owned(),
        };
        let at = Through::Address([127, 0, 0, 1].into());
        let views = vec![
            MapView { through: Through::Local, endpoints: Err(Failure::Refused) },
            MapView { through: at, endpoints: Ok(vec![entry]) },
        ];
        let blocks = blocks(&Section::EndpointMap(EndpointMap { views }));
        let shown = |title: &str| {
            blocks.iter().find(|block| block.title == title).map(|block| block.rows.clone())
        };
        let rows = |rows: &[&[&str]]| {
            let row = |row: &&[&str]| row.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
            Some(rows.iter().map(row).collect::<Vec<_>>())
        };
        let views =
            rows(&[&["local", "could not be read: refused"], &["address 127.0.0.1", "1 below"]]);
        assert_eq!(shown("views"), views);
        let interface = "drsuapi (e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0)";
        let entries = rows(&[&[interface, "ncacn_ip_tcp", "49152", "NTDS"]]);
        assert_eq!(shown("views address 127.0.0.1: endpoints"), entries);
    }
}
