//! The pure engine: the evidence on one link in, a verdict out.
//!
//! A **link** is a client (the destination DC, which pulls) that needs one RPC interface of a
//! server (the source DC). [`diagnose`] compares what the source says of itself with what the
//! destination and other witnesses saw of it, and names one cause. It reads no clock: `now` is an
//! argument.

mod case;
mod decide;
mod directory;
mod engine;
mod evidence;
mod finding;
mod join;
mod latent;
mod misled;
mod naming;
mod owner;
mod path;
mod proof;
mod remarks;
mod root;
mod roots;
mod server;
mod serving;
mod shown;
mod sight;
mod sighting;
mod unanswered;
mod verdict;
mod words;

pub use epmesh_facts::{DcFacts, Stamped};

pub use self::{
    engine::{diagnose, judge},
    evidence::{Evidence, Link, Observed, Registration},
    join::{
        ClosedPort, JOIN_INTERFACES, JOIN_PORTS, JoinVerdict, closed_everywhere, closed_ports,
        judge_join,
    },
    remarks::Remarks,
    root::{Root, ServerName, Shown, Subject, Traffic},
    serving::serving,
    sighting::Sighting,
    verdict::{
        Cause, Confidence, Culprit, EvidenceItem, RuledOut, Share, Side, State, Step, Verdict,
        WindowsError,
    },
};
