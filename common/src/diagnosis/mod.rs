//! The pure engine: the evidence on one link in, a verdict out.
//!
//! A **link** is a client (the destination DC, which pulls) that needs one RPC interface of a
//! server (the source DC). [`diagnose`] compares what the source says of itself with what the
//! destination and other witnesses saw of it, and names one cause. It reads no clock: `now` is an
//! argument.

mod at_one_address;
mod blamed;
mod candidates;
mod case;
mod cause;
mod closed_port;
pub mod culprit;
mod culprit_kind;
mod engine;
mod evidence;
mod explain;
mod fault;
mod indexed_observation;
mod join;
mod name_source;
mod observation_index;
mod proven_reachable;
mod remarks;
mod replication_error;
mod rules;
mod serving;
mod verdict;

pub use self::{
    blamed::Blamed,
    cause::{Cause, Confidence, Side, State, Step},
    closed_port::{ClosedPort, JOIN_PORTS, closed_everywhere, closed_ports},
    culprit::{Culprit, CulpritText},
    culprit_kind::CulpritKind,
    engine::{diagnose, judge, judge_for},
    evidence::{Evidence, Link, Observed, Registration},
    fault::{CandidateFault, Fault, ServerName, Traffic},
    indexed_observation::IndexedObservation,
    join::{JOIN_INTERFACES, JoinVerdict, judge_join},
    proven_reachable::ProvenReachable,
    remarks::Remarks,
    serving::serving,
    verdict::{EvidenceItem, RuledOut, Share, Verdict, WindowsError},
};
