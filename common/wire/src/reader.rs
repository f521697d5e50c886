//! Reading messages field by field, with the path to where one is.

use std::{fmt::Write as _, net::IpAddr};

use uuid::Uuid;

use super::{
    error::{Problem, WireError},
    limits,
};

/// A type that has a message of its own.
pub(super) trait Wire: Sized {
    /// The message.
    type Message;

    /// To the wire.
    fn encode(&self) -> Self::Message;

    /// From the wire.
    fn decode(message: Self::Message, reader: &mut Reader) -> Result<Self, WireError>;
}

/// A type that is an enum on the wire.
pub(super) trait WireEnum: Copy {
    /// To the wire.
    fn number(self) -> i32;

    /// From the wire; `None` when the number is not known.
    fn from_number(number: i32) -> Option<Self>;
}

/// What to do with what is beyond a bound.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Refuse it: it comes from somebody else.
    Refuse,
    /// Cut it and note that: it is our own.
    Cut,
}

enum Step {
    Field(&'static str),
    Index(usize),
}

/// Reads the fields of messages, knows the path to the current one, and holds the bounds.
pub(super) struct Reader {
    manner: Manner,
    path: Vec<Step>,
    notes: Vec<String>,
}

impl Reader {
    /// A reader that refuses what is beyond a bound.
    pub(super) const fn strict() -> Self {
        Self { manner: Manner::Refuse, path: Vec::new(), notes: Vec::new() }
    }

    /// A reader that cuts what is beyond a bound.
    pub(super) const fn cutting() -> Self {
        Self { manner: Manner::Cut, path: Vec::new(), notes: Vec::new() }
    }

    /// The notes on what was cut, in words; at most [`limits::NOTES`].
    pub(super) fn into_notes(self) -> Vec<String> {
        self.notes
    }

    /// Does `read` inside the field `name`.
    pub(super) fn inside<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        self.step(Step::Field(name), read)
    }

    /// The refusal of the current field.
    pub(super) fn refuse<T>(&self, problem: Problem) -> Result<T, WireError> {
        Err(WireError { field: self.path(), problem })
    }

    /// The refusal of the field `name`.
    pub(super) fn refuse_field<T>(
        &mut self,
        name: &'static str,
        problem: Problem,
    ) -> Result<T, WireError> {
        self.inside(name, |reader| reader.refuse(problem))
    }

    /// A message that must be there.
    pub(super) fn message<T: Wire>(
        &mut self,
        name: &'static str,
        message: Option<T::Message>,
    ) -> Result<T, WireError> {
        self.inside(name, |reader| match message {
            Some(message) => T::decode(message, reader),
            None => reader.refuse(Problem::Missing),
        })
    }

    /// A message that may be there.
    pub(super) fn optional<T: Wire>(
        &mut self,
        name: &'static str,
        message: Option<T::Message>,
    ) -> Result<Option<T>, WireError> {
        message.map(|message| self.message(name, Some(message))).transpose()
    }

    /// Reads something that is of use only whole. When cutting, a refusal inside it becomes what
    /// `instead` makes of the reason.
    pub(super) fn or_instead<T, E>(
        &mut self,
        instead: impl FnOnce(String) -> E,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<Result<T, E>, WireError> {
        match read(self) {
            Ok(value) => Ok(Ok(value)),
            Err(error) if self.cuts() => {
                let reason = format!("beyond the bounds of a report: {error}");
                self.push_note(format!("left out, as it is {reason}"));
                Ok(Err(instead(self.plain_text(reason, limits::REASON_BYTES)?)))
            }
            Err(error) => Err(error),
        }
    }

    /// A list that is of use only whole: beyond `limit` it is refused in either manner.
    pub(super) fn list<M, T>(
        &mut self,
        name: &'static str,
        list: Vec<M>,
        limit: usize,
        mut read: impl FnMut(&mut Self, M) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        self.inside(name, |reader| {
            if list.len() > limit {
                return reader.refuse(Problem::TooMany { count: list.len(), limit });
            }
            list.into_iter()
                .enumerate()
                .map(|(at, entry)| reader.step(Step::Index(at), |reader| read(reader, entry)))
                .collect()
        })
    }

    /// A list that is of use only whole and has at least one entry.
    pub(super) fn filled_list<T: Wire>(
        &mut self,
        name: &'static str,
        list: Vec<T::Message>,
        limit: usize,
    ) -> Result<Vec<T>, WireError> {
        if list.is_empty() {
            return self.refuse_field(name, Problem::Empty);
        }
        self.list(name, list, limit, |reader, entry| T::decode(entry, reader))
    }

    /// A list of which the beginning is of use too.
    pub(super) fn cut_list<T: Wire>(
        &mut self,
        name: &'static str,
        mut list: Vec<T::Message>,
        limit: usize,
    ) -> Result<Vec<T>, WireError> {
        if self.cuts() && list.len() > limit {
            let count = list.len();
            list.truncate(limit);
            let path = self.inside(name, |reader| Ok(reader.path()))?;
            self.push_note(format!("{path}: {count} entries, of which the first {limit} are kept"));
        }
        self.list(name, list, limit, |reader, entry| T::decode(entry, reader))
    }

    /// A text without control characters, of at most `limit` bytes.
    pub(super) fn text(
        &mut self,
        name: &'static str,
        text: String,
        limit: usize,
    ) -> Result<String, WireError> {
        self.inside(name, |reader| reader.plain_text(text, limit))
    }

    /// [`Self::text`] where the current field is the text.
    pub(super) fn plain_text(&mut self, text: String, limit: usize) -> Result<String, WireError> {
        let control = text.char_indices().find(|(_, c)| is_control(*c));
        if text.len() <= limit && control.is_none() {
            return Ok(text);
        }
        if !self.cuts() {
            return self.refuse(match control {
                Some((offset, c)) if text.len() <= limit => {
                    Problem::ControlCharacter { character: u32::from(c), offset }
                }
                _ => Problem::TooLong { bytes: text.len(), limit },
            });
        }
        let mut clean = String::new();
        for c in text.chars() {
            let c = if is_control(c) { char::REPLACEMENT_CHARACTER } else { c };
            if clean.len() + c.len_utf8() > limit {
                let path = self.path();
                self.push_note(format!("{path}: {} bytes of text, cut to {limit}", text.len()));
                break;
            }
            clean.push(c);
        }
        Ok(clean)
    }

    /// A list of texts that is of use only whole.
    pub(super) fn texts(
        &mut self,
        name: &'static str,
        list: Vec<String>,
        limit: usize,
    ) -> Result<Vec<String>, WireError> {
        self.list(name, list, limit, |r, text| r.plain_text(text, limits::TEXT_BYTES))
    }

    /// A percentage.
    pub(super) fn percent(&mut self, name: &'static str, value: u32) -> Result<u8, WireError> {
        match u8::try_from(value) {
            Ok(percent) if percent <= 100 => Ok(percent),
            _ => self.refuse_field(name, Problem::OutOfRange { value: value.into(), limit: 100 }),
        }
    }

    /// A text that may be there.
    pub(super) fn optional_text(
        &mut self,
        name: &'static str,
        text: Option<String>,
        limit: usize,
    ) -> Result<Option<String>, WireError> {
        text.map(|text| self.text(name, text, limit)).transpose()
    }

    /// A DNS name.
    pub(super) fn name(&mut self, name: &'static str, text: &str) -> Result<DnsName, WireError> {
        self.inside(name, |reader| reader.plain_name(text))
    }

    /// [`Self::name`] where the current field is the name.
    pub(super) fn plain_name(&mut self, text: &str) -> Result<DnsName, WireError> {
        text.parse().or_else(|error| self.refuse(Problem::Name(error)))
    }

    /// A UUID.
    pub(super) fn guid(&mut self, name: &'static str, bytes: &[u8]) -> Result<Uuid, WireError> {
        Uuid::from_slice(bytes).or_else(|_| {
            let problem = Problem::WrongLength { found: bytes.len(), expected: "16" };
            self.refuse_field(name, problem)
        })
    }

    /// A UUID that may be there.
    pub(super) fn optional_guid(
        &mut self,
        name: &'static str,
        bytes: Option<&[u8]>,
    ) -> Result<Option<Uuid>, WireError> {
        bytes.map(|bytes| self.guid(name, bytes)).transpose()
    }

    /// An address.
    pub(super) fn address(
        &mut self,
        name: &'static str,
        bytes: &[u8],
    ) -> Result<IpAddr, WireError> {
        self.inside(name, |reader| reader.plain_address(bytes))
    }

    /// [`Self::address`] where the current field is the address.
    pub(super) fn plain_address(&mut self, bytes: &[u8]) -> Result<IpAddr, WireError> {
        if let Ok(four) = <[u8; 4]>::try_from(bytes) {
            return Ok(four.into());
        }
        if let Ok(sixteen) = <[u8; 16]>::try_from(bytes) {
            return Ok(sixteen.into());
        }
        self.refuse(Problem::WrongLength { found: bytes.len(), expected: "4 or 16" })
    }

    /// A number of 16 bits.
    pub(super) fn short(&mut self, name: &'static str, value: u32) -> Result<u16, WireError> {
        u16::try_from(value).or_else(|_| {
            let limit = u64::from(u16::MAX);
            self.refuse_field(name, Problem::OutOfRange { value: value.into(), limit })
        })
    }

    /// A moment.
    pub(super) fn moment(
        &mut self,
        name: &'static str,
        millis: u64,
    ) -> Result<Timestamp, WireError> {
        let moment = Timestamp::from_millis(millis);
        if moment.as_millis() == millis {
            return Ok(moment);
        }
        let limit = moment.as_millis();
        self.refuse_field(name, Problem::OutOfRange { value: millis, limit })
    }

    /// A moment that may be there.
    pub(super) fn optional_moment(
        &mut self,
        name: &'static str,
        millis: Option<u64>,
    ) -> Result<Option<Timestamp>, WireError> {
        millis.map(|millis| self.moment(name, millis)).transpose()
    }

    /// An enum.
    pub(super) fn known<T: WireEnum>(
        &mut self,
        name: &'static str,
        number: i32,
    ) -> Result<T, WireError> {
        self.inside(name, |reader| reader.plain_known(number))
    }

    /// [`Self::known`] where the current field is the enum.
    pub(super) fn plain_known<T: WireEnum>(&mut self, number: i32) -> Result<T, WireError> {
        match T::from_number(number) {
            Some(value) => Ok(value),
            None => self.refuse(Problem::UnknownValue(number)),
        }
    }

    fn cuts(&self) -> bool {
        self.manner == Manner::Cut
    }

    fn push_note(&mut self, note: String) {
        if self.notes.len() < limits::NOTES {
            self.notes.push(note);
        }
    }

    fn step<T>(
        &mut self,
        step: Step,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        self.path.push(step);
        let result = read(self);
        self.path.pop();
        result
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                // Writing into a String does not fail.
                Step::Index(at) => drop(write!(path, "[{at}]")),
            }
        }
        path
    }
}

/// The wire form of an address.
pub(super) fn address_bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// Messages for all of a list.
pub(super) fn encode_all<T: Wire>(list: &[T]) -> Vec<T::Message> {
    list.iter().map(Wire::encode).collect()
}

/// What a terminal, a log or a reader's eye could take for something else: control characters,
/// and the marks that turn the direction of text or break its lines.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Pairs the variants of an enum of the facts with those of an enum on the wire.
macro_rules! wire_enum {
    ($fact:ty = $message:ty { $($variant:ident),+ $(,)? }) => {
        impl $crate::reader::WireEnum for $fact {
            fn number(self) -> i32 {
                (match self { $(Self::$variant => <$message>::$variant,)+ }) as i32
            }

            fn from_number(number: i32) -> Option<Self> {
                match <$message>::try_from(number) {
                    $(Ok(<$message>::$variant) => Some(Self::$variant),)+
                    Ok(<$message>::Unspecified) | Err(_) => None,
                }
            }
        }
    };
}
use epmesh_facts::{DnsName, Timestamp};
pub(super) use wire_enum;
