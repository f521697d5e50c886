//! The fleet in memory: every domain controller, as far as the coordinator knows it, and the
//! verdict on every link.
//!
//! [`View`] is the state and the rules, without a clock and without I/O. [`Fleet`] shares one
//! among tasks and keeps its verdicts up to date.
//!
//! All times are on the coordinator's clock ([`corrected`]). Who is known follows from the enrolled
//! agents and from what their copies of the directory name; a link leads from an agent's domain
//! controller to every one that its plan has it look at.

mod answers;
mod apply;
mod bundle;
mod dc;
mod dirty_links;
mod examples;
mod grouping;
mod history;
mod limits;
mod named;
mod names;
mod outcome;
mod owners;
mod restore;
#[cfg(test)]
pub(crate) mod samples;
mod shared;
mod snapshot;
mod source_evidence;
mod stage;
mod staged;
mod stamp;
mod status;
#[cfg(test)]
mod tests;
mod topology;
mod verdicts;
mod view;
mod witnesses;

pub use self::{
    bundle::{BundleError, BundleLine, Header, Member as BundleMember},
    dc::Acknowledged,
    grouping::{LinkCounts, LinkStatus},
    history::{HISTORY, History, MapReading},
    outcome::Outcome,
    shared::{Fleet, Transition},
    snapshot::Snapshot,
    source_evidence::SourceEvidence,
    staged::{Restored, Staged, StagedBody},
    stamp::{Skew, corrected},
    status::{DcStatus, FindError},
    topology::Rearranged,
    view::{Settings, View},
};
