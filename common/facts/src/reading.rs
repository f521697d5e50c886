//! The three answers of a local read, and the fourth that means the question does not arise.

use serde::{Deserialize, Serialize};

/// The answer to reading one fact on the host itself.
///
/// `Absent` is an answer; `Unreadable` is the lack of one. A call that succeeds and yields nothing
/// where something must be is `Unreadable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reading", content = "value", rename_all = "kebab-case")]
pub enum Reading<T> {
    /// The fact was read.
    Value(T),
    /// It was looked for and is not there.
    Absent,
    /// This platform has no such thing.
    NotApplicable,
    /// It could not be seen, and why.
    Unreadable(String),
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
    pub fn unreadable(error: &dyn std::error::Error) -> Self {
        let text = crate::error::chain(error);
        Self::Unreadable(text.chars().take(300).collect())
    }

    /// The same answer, or what `then` makes of the value.
    pub fn and_then<U>(self, then: impl FnOnce(T) -> Reading<U>) -> Reading<U> {
        match self {
            Self::Value(value) => then(value),
            Self::Absent => Reading::Absent,
            Self::NotApplicable => Reading::NotApplicable,
            Self::Unreadable(why) => Reading::Unreadable(why),
        }
    }

    /// Of a fact that its teller, being of an earlier version, does not tell.
    #[must_use]
    pub fn untold() -> Self {
        Self::Unreadable("the agent's version does not tell it".to_owned())
    }

    /// The same answer about something derived from the value.
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
                Self::Unreadable(format!("{count} {what}, and a report holds at most {most}"))
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
    Unreadable(String),
}

impl Blank {
    /// "Could not be seen", the reason cut to 300 characters.
    #[must_use]
    pub fn unreadable(why: &str) -> Self {
        Self::Unreadable(why.chars().take(300).collect())
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
            Reading::Unreadable("3 numbers, and a report holds at most 2".to_owned())
        );
    }
}
