//! A section as lines for people.

use serde_json::Value;

use super::Section;

/// The longest item of a list, as JSON, that is put on one line.
const LONG: usize = 400;

/// A line: a fact and what was read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The name of the fact: its field, or the path of fields to it.
    pub fact: String,
    /// What it is, or `absent`, `not applicable`, `unreadable:` and why. Control characters are
    /// replaced.
    pub text: String,
}

/// The lines of a section, one a fact, in the order of the fields; one line an item where a fact is a list of
/// things with fields of their own.
///
/// # Errors
/// None that these types can have.
pub fn listing(section: &Section) -> serde_json::Result<Vec<Row>> {
    let mut rows = Vec::new();
    if let Value::Object(mut whole) = serde_json::to_value(section)?
        && let Some(facts) = whole.remove("facts")
    {
        list(&mut rows, "", &facts);
    }
    Ok(rows)
}

fn list(rows: &mut Vec<Row>, name: &str, value: &Value) {
    match value {
        Value::Object(fields) => match (fields.get("reading"), fields.get("value")) {
            (Some(Value::String(kind)), None) => add(rows, name, kind.replace('-', " ")),
            (Some(Value::String(kind)), Some(value)) if kind == "value" => list(rows, name, value),
            (Some(Value::String(kind)), Some(why)) => {
                add(rows, name, format!("{kind}: {}", plain(why)));
            }
            _ => {
                for (field, value) in fields {
                    let name =
                        if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                    list(rows, &name, value);
                }
            }
        },
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                if item.to_string().len() < LONG {
                    add(rows, name, one_line(item));
                } else {
                    list(rows, name, item);
                }
            }
        }
        other => add(rows, name, one_line(other)),
    }
}

fn add(rows: &mut Vec<Row>, name: &str, text: String) {
    rows.push(Row { fact: name.to_owned(), text });
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(field, value)| match (value.get("reading"), value.get("value")) {
                (Some(Value::String(kind)), Some(why)) if kind != "value" => {
                    format!("{field}=({kind}: {})", plain(why))
                }
                (Some(_), Some(inner)) => format!("{field}={}", plain(inner)),
                (Some(kind), None) => format!("{field}={}", plain(kind)),
                _ => format!("{field}={}", plain(value)),
            })
            .collect::<Vec<_>>()
            .join(" "),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => plain(other),
    }
}

/// What a value says, fit for a screen.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Object(_) => format!("({})", one_line(value)),
        other => other.to_string(),
    };
    plain_text(&text)
}

/// A text with its control characters replaced, fit for a screen.
#[must_use]
pub fn plain_text(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Blank, PortUse, Reading, Service, ServiceState, Services};

    fn text(section: &Section, fact: &str) -> Vec<String> {
        let rows = listing(section).expect("a section is JSON");
        rows.into_iter().filter(|row| row.fact == fact).map(|row| row.text).collect()
    }

    #[test]
    fn three_answers_stay_three() {
        let use_of = |blank| Section::PortUse(PortUse::blank(&blank));
        assert_eq!(text(&use_of(Blank::Absent), "top"), ["absent"]);
        assert_eq!(text(&use_of(Blank::NotApplicable), "top"), ["not applicable"]);
        assert_eq!(
            text(&use_of(Blank::unreadable("no\u{1b}way")), "top"),
            ["unreadable: no\u{fffd}way"]
        );
        let mut service = Service::blank("NTDS", ServiceState::Running, &Blank::Absent);
        service.account = Reading::Value("LocalSystem".to_owned());
        service.delayed = Reading::unseen("error 5");
        let one = Section::Services(Services { list: Reading::Value(vec![service]) });
        let line = &text(&one, "list")[0];
        for said in ["account=LocalSystem", "delayed=(unreadable: error 5)", "start=absent"] {
            assert!(line.contains(said), "{line}");
        }
        let none = Section::Services(Services { list: Reading::Value(Vec::new()) });
        assert_eq!(text(&none, "list"), ["none"]);
    }
}
