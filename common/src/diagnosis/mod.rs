//! The pure engine: the evidence on one link in, a verdict out.
//!
//! A **link** is a client (the destination DC, which pulls) that needs one RPC interface of a
//! server (the source DC). [`diagnose`] compares what the source says of itself with what the
//! destination and other witnesses saw of it, and names one cause. It reads no clock: `now` is an
//! argument.

mod candidates;
mod case;
mod decide;
mod directory;
mod engine;
mod evidence;
mod fault;
mod finding;
mod indexed_observation;
mod join;
mod latent;
mod misled;
mod naming;
mod owner;
mod path;
mod proof;
mod remarks;
mod server;
mod serving;
mod sight;
mod unanswered;
mod verdict;
mod words;
mod works;

pub use self::{
    engine::{diagnose, judge},
    evidence::{Evidence, Link, Observed, Registration},
    fault::{CandidateFault, Fault, ProvenReachable, ServerName, Traffic},
    indexed_observation::IndexedObservation,
    join::{
        ClosedPort, JOIN_INTERFACES, JOIN_PORTS, JoinVerdict, closed_everywhere, closed_ports,
        judge_join,
    },
    remarks::Remarks,
    serving::serving,
    verdict::{
        Cause, Confidence, Culprit, EvidenceItem, RuledOut, Share, Side, State, Step, Verdict,
        WindowsError,
    },
};
