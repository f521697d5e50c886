//! The culprit as a verdict holds it: the culprit itself, or its words where the verdict was read
//! from JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::culprit::{Culprit, CulpritText};

/// The culprit that a verdict blames. It serialises as its words: kind, name and value.
#[derive(Clone, Debug)]
pub struct Blamed(Inner);

#[derive(Clone, Debug)]
enum Inner {
    Known(Box<Culprit>),
    /// The words of a culprit that another program put into JSON.
    Read(Box<CulpritText>),
}

impl Blamed {
    /// The culprit itself; `None` where the verdict was read from JSON.
    #[must_use]
    pub fn culprit(&self) -> Option<&Culprit> {
        match &self.0 {
            Inner::Known(culprit) => Some(culprit),
            Inner::Read(_) => None,
        }
    }

    /// The culprit in words.
    #[must_use]
    pub fn text(&self) -> CulpritText {
        match &self.0 {
            Inner::Known(culprit) => culprit.text(),
            Inner::Read(text) => CulpritText::clone(text),
        }
    }
}

impl From<Box<Culprit>> for Blamed {
    fn from(culprit: Box<Culprit>) -> Self {
        Self(Inner::Known(culprit))
    }
}

impl From<Culprit> for Blamed {
    fn from(culprit: Culprit) -> Self {
        Self::from(Box::new(culprit))
    }
}

impl From<CulpritText> for Blamed {
    fn from(text: CulpritText) -> Self {
        Self(Inner::Read(Box::new(text)))
    }
}

/// Two that are known are compared by all that is known of them, others by their words.
impl PartialEq for Blamed {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Inner::Known(one), Inner::Known(another)) => one == another,
            _ => self.text() == other.text(),
        }
    }
}

impl Eq for Blamed {}

impl Serialize for Blamed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Blamed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CulpritText::deserialize(deserializer).map(Self::from)
    }
}
