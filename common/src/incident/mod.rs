//! The fewest faults that explain all failing links of a fleet.
//!
//! The verdict on a failing link lists its candidates: the single faults that would each explain it.
//! [`Grouper`] holds the verdicts of a fleet and finds the smallest set of candidates that leaves no
//! link unexplained. One dead service behind four hundred links is one [`Incident`], and two faults
//! at the same time are two. What works on a healthy link cannot be broken; this tells a firewall
//! on the source from a blocked path.
//!
//! A change is worked out anew only in the part of the fleet that it can bear on, and the outcome
//! never depends on the order in which verdicts came.

mod alternatives;
mod compact;
mod compact_reach;
mod contradicted_by;
mod contradiction;
mod cover;
mod grouper;
mod kinship;
mod last_seen;
mod link_entry;
mod numbers;
mod pattern;
mod places;
mod regroup;
mod report;
mod slab;
mod success_count;
#[cfg(test)]
mod tests;
mod watch;

pub use self::{
    alternatives::Alternative,
    grouper::Grouper,
    pattern::{Pattern, Shape},
    regroup::Changes,
    report::Incident,
};
