//! The three answers of a local read, and the fourth that means the question does not arise.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeStruct as _,
};

use crate::reason::{Reason, ReasonKind};

/// The answer to reading one fact on the host itself.
///
/// `Absent` is an answer; `Unreadable` is the lack of one. A call that succeeds and yields nothing
/// where something must be is `Unreadable`.
///
/// As JSON it is `reading` (which answer) and `value` (the fact, or the words of the reason); where the reason
/// has a kind, `kind` and its number `code` stand beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// The fact was read.
    Value(T),
    /// The fact was looked for and is not there.
    Absent,
    /// This platform has no such thing.
    NotApplicable,
    /// The fact could not be seen, and why.
    Unreadable(Reason),
}

impl<T> Reading<T> {
    /// The value, where one was read.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::NotApplicable | Self::Unreadable(_) => None,
        }
    }

    /// `Unreadable` with the reason of an error and its sources, cut to 300 characters.
    pub fn unreadable(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::Unreadable(Reason::of(error))
    }

    /// `Unreadable` for a reason, which may be words alone.
    pub fn unseen(why: impl Into<Reason>) -> Self {
        Self::Unreadable(why.into())
    }

    /// The value; without one, what `blank` makes of the answer in its place.
    pub fn or_blank(self, blank: impl FnOnce(&Blank) -> T) -> T {
        blank(&match self {
            Self::Value(value) => return value,
            Self::Absent => Blank::Absent,
            Self::NotApplicable => Blank::NotApplicable,
            Self::Unreadable(why) => Blank::Unreadable(why),
        })
    }

    /// This reading, or what `then` makes of the value.
    pub fn and_then<U>(self, then: impl FnOnce(T) -> Reading<U>) -> Reading<U> {
        match self {
            Self::Value(value) => then(value),
            Self::Absent => Reading::Absent,
            Self::NotApplicable => Reading::NotApplicable,
            Self::Unreadable(why) => Reading::Unreadable(why),
        }
    }

    /// The reading of a fact that its teller, being of an earlier version, does not tell.
    #[must_use]
    pub fn untold() -> Self {
        Self::unseen("the agent's version does not tell it")
    }

    /// This reading with something derived from the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Value(value) => Reading::Value(change(value)),
            Self::Absent => Reading::Absent,
            Self::NotApplicable => Reading::NotApplicable,
            Self::Unreadable(why) => Reading::Unreadable(why),
        }
    }
}

impl<T> Reading<Vec<T>> {
    /// A list that is of use only whole, since "it is not among them" is read off it: one with more than
    /// `most` entries could not be read. `what` says what the entries are.
    #[must_use]
    pub fn whole(list: Vec<T>, most: usize, what: &str) -> Self {
        match list.len() {
            count if count > most => {
                Self::unseen(format!("{count} {what}, and a report holds at most {most}"))
            }
            _ => Self::Value(list),
        }
    }
}

/// The answer to every question at once, where none has a value of its own: a section that could
/// not be read, or that the platform does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blank {
    /// Looked for, and not there.
    Absent,
    /// This platform has no such thing.
    NotApplicable,
    /// Could not be seen, and why.
    Unreadable(Reason),
}

impl Blank {
    /// "Could not be seen", the reason cut to 300 characters.
    #[must_use]
    pub fn unreadable(why: impl Into<Reason>) -> Self {
        Self::Unreadable(why.into().cut())
    }

    /// The answer for a fact of any type.
    #[must_use]
    pub fn reading<T>(&self) -> Reading<T> {
        match self {
            Self::Absent => Reading::Absent,
            Self::NotApplicable => Reading::NotApplicable,
            Self::Unreadable(why) => Reading::Unreadable(why.clone()),
        }
    }
}

/// The answers, as `reading` names them.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Value,
    Absent,
    NotApplicable,
    Unreadable,
}

impl<T: Serialize> Serialize for Reading<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Reading", 2)?;
        match self {
            Self::Value(value) => {
                fields.serialize_field("reading", &State::Value)?;
                fields.serialize_field("value", value)?;
            }
            Self::Absent => fields.serialize_field("reading", &State::Absent)?,
            Self::NotApplicable => fields.serialize_field("reading", &State::NotApplicable)?,
            Self::Unreadable(why) => {
                fields.serialize_field("reading", &State::Unreadable)?;
                fields.serialize_field("value", &why.words)?;
                let (kind, code) = why.kind.parts();
                if !kind.is_empty() {
                    fields.serialize_field("kind", kind)?;
                }
                if let Some(code) = code {
                    fields.serialize_field("code", &code)?;
                }
            }
        }
        fields.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Reading<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadingVisitor(PhantomData))
    }
}

struct ReadingVisitor<T>(PhantomData<T>);

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Field {
    Reading,
    Value,
    Kind,
    Code,
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ReadingVisitor<T> {
    type Value = Reading<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reading")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Reading<T>, A::Error> {
        let (mut state, mut value, mut words) = (None, None, None);
        let (mut kind, mut code) = (String::new(), None);
        while let Some(field) = map.next_key::<Field>()? {
            match (field, state) {
                (Field::Reading, _) => state = Some(map.next_value::<State>()?),
                (Field::Value, Some(State::Value)) => value = Some(map.next_value::<T>()?),
                (Field::Value, Some(State::Unreadable)) => {
                    words = Some(map.next_value::<String>()?);
                }
                // Sorted by name or as they are written, `reading` stands before `value`.
                (Field::Value, None) => return Err(A::Error::missing_field("reading")),
                (Field::Kind, _) => kind = map.next_value()?,
                (Field::Code, _) => code = map.next_value()?,
                (Field::Value | Field::Unknown, _) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let missing = || A::Error::missing_field("value");
        Ok(match state.ok_or_else(|| A::Error::missing_field("reading"))? {
            State::Value => Reading::Value(value.ok_or_else(missing)?),
            State::Absent => Reading::Absent,
            State::NotApplicable => Reading::NotApplicable,
            State::Unreadable => {
                let kind = ReasonKind::of_parts(&kind, code);
                Reading::Unreadable(Reason { kind, words: words.ok_or_else(missing)? })
            }
        })
    }
}

impl<T> From<Option<T>> for Reading<T> {
    /// `None` is `Absent`: use it only where the lack of a value was itself read.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_whole_or_could_not_be_read() {
        assert_eq!(Reading::whole(vec![1, 2], 2, "numbers"), Reading::Value(vec![1, 2]));
        assert_eq!(
            Reading::whole(vec![1, 2, 3], 2, "numbers"),
            Reading::unseen("3 numbers, and a report holds at most 2")
        );
    }

    #[test]
    fn the_kind_stands_beside_the_words_and_need_not_be_there() {
        let denied = Reason::of_kind(ReasonKind::System(13), "could not read it");
        let text =
            serde_json::to_string(&Reading::<u32>::Unreadable(denied.clone())).expect("JSON");
        assert_eq!(
            text,
            r#"{"reading":"unreadable","value":"could not read it","kind":"system","code":13}"#
        );
        let read = |text: &str| serde_json::from_str::<Reading<u32>>(text);
        assert_eq!(read(&text).expect("it comes back"), Reading::Unreadable(denied));
        let of_an_earlier_version = r#"{"reading":"unreadable","value":"denied"}"#;
        assert_eq!(read(of_an_earlier_version).expect("words"), Reading::unseen("denied"));
        let of_a_later_one = r#"{"kind":"new","reading":"unreadable","value":"no","more":[1]}"#;
        assert_eq!(read(of_a_later_one).expect("words"), Reading::unseen("no"));
        for whole in [Reading::Value(7), Reading::Absent, Reading::NotApplicable] {
            let text = serde_json::to_string(&whole).expect("JSON");
            assert_eq!(read(&text).expect("it comes back"), whole);
        }
        assert!(read(r#"{"reading":"value"}"#).is_err() && read(r#"{"value":7}"#).is_err());
    }
}
