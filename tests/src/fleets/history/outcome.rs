//! What a history came to.

use std::{collections::BTreeMap, fmt};

use super::super::kind::Kind;

/// A property of histories that did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// Two open incidents have the same subject.
    TwoOfOneSubject,
    /// An incident went over to another subject although the first one had been seen to be well.
    TakenOver,
    /// A fault stands, had its open incident, and has none now.
    Lost,
    /// A fault stands, evidence has decided it for long enough, and no open incident is its own.
    NotOpen,
    /// The incident on the links of such a fault is about something else.
    OtherSubject,
    /// One fault has several open incidents.
    TwoOfOneFault,
    /// One open incident is of two faults.
    TwoInOne,
    /// An open incident whose fault is said to be there is of no fault that stands.
    NoFault,
    /// An incident is open although nothing has been wrong for longer than it is held.
    StaysOpen,
    /// Receivers do not know of an open incident that nobody silenced.
    NotTold,
    /// An operator knew of another fault, and receivers were not told of the one that came.
    Hidden,
    /// Receivers were told that something is wrong, without a verdict that says so.
    ToldWithoutVerdict,
    /// A verdict is proven and wrong.
    WronglyProven,
    /// A verdict finds something on a link that no fault bears on.
    FalseFinding,
    /// Evidence decides a fault, and cause, side or culprit are not the right ones.
    NotNamed,
}

/// One violation, with what shows it again.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The history.
    pub seed: u64,
    /// When, from the beginning of the history.
    pub second: u64,
    /// What did not hold.
    pub wrong: Wrong,
    /// The fault that it is about, where it is about one.
    pub kind: Option<Kind>,
    /// What was seen.
    pub said: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = (self.second / 3600, self.second / 60 % 60, self.second % 60);
        write!(f, "--seed {}, {hour}:{minute:02}:{second:02}: {}", self.seed, self.said)
    }
}

/// What one history, or many, came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Histories.
    pub histories: usize,
    /// Faults that struck.
    pub faults: usize,
    /// Of these such that at a quiet moment the reports that came in decided them.
    pub decided: usize,
    /// Of these named rightly at every quiet moment.
    pub right: usize,
    /// Quiet moments at which all was checked.
    pub checks: usize,
    /// Restarts of the coordinator.
    pub restarts: usize,
    /// What operators said.
    pub words: usize,
    /// What receivers were told.
    pub events: usize,
    /// Of each kind how many struck, and how many of these evidence decided.
    pub kinds: BTreeMap<Kind, [usize; 2]>,
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// What happened, where it is asked for.
    pub log: Vec<String>,
}

impl Outcome {
    /// Takes another one in.
    pub fn add(&mut self, other: Self) {
        self.histories += other.histories;
        self.faults += other.faults;
        self.decided += other.decided;
        self.right += other.right;
        self.checks += other.checks;
        self.restarts += other.restarts;
        self.words += other.words;
        self.events += other.events;
        for (kind, counts) in other.kinds {
            let own = self.kinds.entry(kind).or_default();
            own.iter_mut().zip(counts).for_each(|(own, count)| *own += count);
        }
        self.violations.extend(other.violations);
        self.log.extend(other.log);
    }
}
