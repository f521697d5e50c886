//! The pure engine: the evidence on one link in, a verdict out.
//!
//! A **link** is a client (the destination DC, which pulls) that needs one RPC interface of a
//! server (the source DC). [`diagnose`] compares what the source says of itself with what the
//! destination and other witnesses saw of it, and names one cause. It reads no clock: `now` is an
//! argument.

mod case;
mod decide;
mod engine;
mod evidence;
mod finding;
mod misled;
mod naming;
mod proof;
mod remarks;
mod root;
mod roots;
mod server;
mod shown;
mod verdict;
mod words;

pub use self::{
    engine::diagnose,
    evidence::{DcFacts, Evidence, Link, Observed, Registration, Stamped},
    remarks::Remarks,
    root::{Root, ServerName, Shown, Subject, Traffic},
    verdict::{
        Cause, Confidence, Culprit, EvidenceItem, RuledOut, Side, State, Step, Verdict,
        WindowsError,
    },
};
