//! Registry values of the type that is expected of them. A value of another type is not absent: it
//! is there, does nothing, and could not be read, with the types named.

use std::net::IpAddr;

use epmesh_facts::Reading;

use super::registry::{Data, Registry};

/// A `REG_SZ` (or `REG_EXPAND_SZ`, unexpanded). An empty one is a value.
#[must_use]
pub fn text(registry: &dyn Registry, key: &str, name: &str) -> Reading<String> {
    read(registry, key, name, "REG_SZ", |data| match data {
        Data::Text(text) => Ok(text),
        other => Err(other),
    })
}

/// A `REG_DWORD`.
#[must_use]
pub fn number(registry: &dyn Registry, key: &str, name: &str) -> Reading<u32> {
    read(registry, key, name, "REG_DWORD", |data| match data {
        Data::Number(number) => Ok(number),
        other => Err(other),
    })
}

/// A `REG_MULTI_SZ`. An empty one is a value.
#[must_use]
pub fn lines(registry: &dyn Registry, key: &str, name: &str) -> Reading<Vec<String>> {
    read(registry, key, name, "REG_MULTI_SZ", |data| match data {
        Data::Lines(lines) => Ok(lines),
        other => Err(other),
    })
}

/// The reading, "absent" where the text is empty: for values that the system writes empty when it has nothing
/// to say.
#[must_use]
pub fn filled(reading: Reading<String>) -> Reading<String> {
    match reading {
        Reading::Value(text) if text.trim().is_empty() => Reading::Absent,
        other => other,
    }
}

/// The addresses of a list as the registry writes one, with commas or blanks between them;
/// whatever is no address is left out. As many as the values hold, which are of bounded size.
#[must_use]
pub fn addresses<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<IpAddr> {
    texts
        .into_iter()
        .flat_map(|text| text.split([',', ' ', ';']))
        .filter_map(|word| word.trim().parse().ok())
        .collect()
}

/// The content of a value as text for people, cut to 200 characters.
#[must_use]
pub fn shown(data: &Data) -> String {
    let text = match data {
        Data::Text(text) => text.clone(),
        Data::Lines(lines) => lines.join(", "),
        Data::Number(number) => number.to_string(),
        Data::Large(number) => number.to_string(),
        Data::Other { kind, bytes } => format!("{} bytes of type {kind}", bytes.len()),
    };
    text.chars().take(200).collect()
}

/// The type of a value as the registry editor calls it.
#[must_use]
pub fn kind(data: &Data) -> String {
    match data {
        Data::Text(_) => "REG_SZ",
        Data::Lines(_) => "REG_MULTI_SZ",
        Data::Number(_) => "REG_DWORD",
        Data::Large(_) => "REG_QWORD",
        Data::Other { kind: 3, .. } => "REG_BINARY",
        Data::Other { kind, .. } => return format!("of type {kind}"),
    }
    .to_owned()
}

fn read<T>(
    registry: &dyn Registry,
    key: &str,
    name: &str,
    expected: &str,
    take: impl FnOnce(Data) -> Result<T, Data>,
) -> Reading<T> {
    match registry.value(key, name) {
        Ok(None) => Reading::Absent,
        Ok(Some(data)) => match take(data) {
            Ok(value) => Reading::Value(value),
            Err(other) => Reading::unseen(wrong_type(key, name, &other, expected)),
        },
        Err(error) => Reading::unreadable(&error),
    }
}

/// Why a value of another type than expected counts as not read.
#[must_use]
pub fn wrong_type(key: &str, name: &str, data: &Data, expected: &str) -> String {
    let kind = kind(data);
    format!("the value {name:?} of HKLM\\{key} is {kind} where {expected} is expected")
}
