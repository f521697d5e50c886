//! This host's own facts, printed.

use std::fmt::Write as _;

use comfy_table::{Table, presets::NOTHING};
use epmesh_common::facts::{Section, SectionKind};
use serde_json::Value;

use crate::platform::Platform;

/// Reads the sections `kinds`, at the same time.
pub async fn collect(
    platform: &std::sync::Arc<dyn Platform>,
    kinds: &[SectionKind],
) -> Vec<Section> {
    let mut reading = tokio::task::JoinSet::new();
    for kind in kinds.iter().copied() {
        let platform = std::sync::Arc::clone(platform);
        reading.spawn(async move { platform.collect(kind).await });
    }
    let mut sections = reading.join_all().await;
    sections.sort_by_key(|section| kinds.iter().position(|kind| *kind == section.kind()));
    sections
}

/// The sections as JSON, one document.
///
/// # Errors
/// None that these types can have.
pub fn json(sections: &[Section]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(sections)
}

/// The sections as text for people: one line a fact, whatever could not be read with its reason.
///
/// # Errors
/// None that these types can have.
pub fn table(sections: &[Section]) -> serde_json::Result<String> {
    let mut text = String::new();
    for section in sections {
        let Value::Object(mut whole) = serde_json::to_value(section)? else { continue };
        let mut table = Table::new();
        table.load_preset(NOTHING);
        if let Some(facts) = whole.remove("facts") {
            rows(&mut table, "", &facts);
        }
        let _ = writeln!(text, "{}\n{}\n", section.kind(), table.trim_fmt());
    }
    Ok(text)
}

fn rows(table: &mut Table, name: &str, value: &Value) {
    match value {
        Value::Object(fields) => match (fields.get("reading"), fields.get("value")) {
            (Some(Value::String(kind)), None) => add(table, name, &kind.replace('-', " ")),
            (Some(Value::String(kind)), Some(value)) if kind == "value" => rows(table, name, value),
            (Some(Value::String(kind)), Some(why)) => {
                add(table, name, &format!("{kind}: {}", plain(why)));
            }
            _ => {
                for (field, value) in fields {
                    let name =
                        if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                    rows(table, &name, value);
                }
            }
        },
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                if item.to_string().len() < 400 {
                    add(table, name, &one_line(item));
                } else {
                    rows(table, name, item);
                }
            }
        }
        other => add(table, name, &one_line(other)),
    }
}

fn add(table: &mut Table, name: &str, text: &str) {
    table.add_row([name, text]);
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(field, value)| match (value.get("reading"), value.get("value")) {
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
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::unreadable;

    #[test]
    fn what_could_not_be_read_is_shown_with_its_reason() {
        let name = "dc1.lab.test".parse().expect("a name");
        let sections: Vec<Section> = SectionKind::ALL
            .into_iter()
            .map(|kind| {
                unreadable(kind, epmesh_common::facts::Platform::Samba, &name, "no\u{1b}way")
            })
            .collect();
        let text = table(&sections).expect("text");
        for kind in SectionKind::ALL {
            assert!(text.contains(kind.as_str()), "{text}");
        }
        assert!(text.contains("dsa-guid") && text.contains("unreadable: no\u{fffd}way"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
