//! The state of a link as its client lives it: where an attempt ends, and with which errors.

use std::{collections::BTreeSet, fmt};

/// How a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// Every attempt gets there.
    Works,
    /// Some attempts get there.
    Partly,
    /// None does.
    Fails,
}

/// How far an attempt comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before anything is sent: the destination itself.
    Begin,
    /// Names are turned into addresses.
    Names,
    /// The connection to port 135.
    Connect,
    /// The bind to the endpoint mapper.
    Bind,
    /// `ept_map`.
    Map,
    /// The connection to the port that was told.
    PortConnect,
    /// The bind to the interface there.
    PortBind,
    /// The two prove to each other who they are.
    Identity,
    /// The call itself, with its large answers.
    Call,
    /// It got there.
    Done,
}

/// How one attempt may end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// Where.
    pub stage: Stage,
    /// The errors that a Windows destination may report of it; none where it gets there, or where it does
    /// not even try.
    pub codes: Vec<i64>,
}

impl End {
    /// An attempt that fails.
    #[must_use]
    pub fn at(stage: Stage, codes: &[i64]) -> Self {
        Self { stage, codes: codes.to_vec() }
    }

    /// One that gets there.
    #[must_use]
    pub const fn there() -> Self {
        Self { stage: Stage::Done, codes: Vec::new() }
    }
}

/// All ways in which an attempt may end, as far as the surroundings tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lived {
    /// The ways.
    pub ends: BTreeSet<End>,
    /// Something that decides was not seen: there may be others.
    pub is_open: bool,
}

impl Lived {
    /// How the link stands; `None` where that is open.
    #[must_use]
    pub fn stands(&self) -> Option<Stands> {
        let there = self.ends.contains(&End::there());
        let fails = self.ends.iter().any(|end| end.stage != Stage::Done);
        match (self.is_open, there, fails) {
            (true, _, _) | (false, false, false) => None,
            (false, true, false) => Some(Stands::Works),
            (false, false, true) => Some(Stands::Fails),
            (false, true, true) => Some(Stands::Partly),
        }
    }

    /// The errors that may come of it.
    #[must_use]
    pub fn codes(&self) -> BTreeSet<i64> {
        self.ends.iter().flat_map(|end| end.codes.iter().copied()).collect()
    }

    /// Whether no attempt is made at all, so that there is no error.
    #[must_use]
    pub fn is_untried(&self) -> bool {
        !self.ends.is_empty()
            && self.ends.iter().all(|end| end.stage != Stage::Done && end.codes.is_empty())
    }
}

impl fmt::Display for Lived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |end: &End| {
            let codes: Vec<String> = end.codes.iter().map(ToString::to_string).collect();
            format!("{:?} {}", end.stage, codes.join("/"))
        };
        let ends: Vec<String> = self.ends.iter().map(told).collect();
        f.write_str(ends.join(", ").trim())?;
        f.write_str(if self.is_open { " (open)" } else { "" })
    }
}
