//! Fleets through a day: faults that come, go and come again, one after the other and overlapping, with what
//! operators say of them, restarts of the coordinator, agents that are away, and looks on demand.
//!
//! The coordinator's own view, engine, incidents and store take part; time is played. What stands is known from
//! the injection, and what the reports that came in decide of it by the rule of `decidable`.
//!
//! | module | what |
//! |---|---|
//! | `times` | how long a fleet has to be left alone until it has to be told as it is |
//! | `trouble` | a fault that stands for a while |
//! | `land` | the healthy world, what stands in it, and the lives of hosts |
//! | `post` | one agent at its post: what it has seen of an unchanged world |
//! | `coordinator` | the coordinator's parts without network and clock |
//! | `open` | an incident that is not over, as it is read from the book |
//! | `stage` | the state of a history and its steps to come |
//! | `reports` | readings, looks and reports, to the coordinator |
//! | `plot` | what a history plays: whatever the dice say, or the same records again and again |
//! | `records` | records of one source that come one after the other |
//! | `overlap` | two faults on one link: which of them is seen there |
//! | `subject` | whether the subject of an incident is what a fault broke |
//! | `acts` | what happens next, drawn from the dice |
//! | `truth` | what is so, beside what the incidents say |
//! | `follow` | incidents from one moment to the next |
//! | `watch` | what holds at every moment |
//! | `check` | what holds at a quiet moment |
//! | `told` | what receivers have to know |
//! | `outcome` | what a history came to |
//! | `play` | a history from its seed |

mod acts;
mod check;
mod coordinator;
mod follow;
mod land;
mod open;
mod outcome;
mod overlap;
mod play;
mod plot;
mod post;
mod records;
mod reports;
mod stage;
mod subject;
mod times;
mod told;
mod trouble;
mod truth;
mod watch;

pub use self::{
    outcome::{Outcome, Violation, Wrong},
    play::play,
    plot::Plot,
};
