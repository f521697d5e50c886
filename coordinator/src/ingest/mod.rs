//! Where agents come in: enrolment, the stream of each, their reports into store and fleet, and
//! looks on demand.
//!
//! What is acknowledged is durable: a report is staged against the view, committed, applied, and
//! only then acknowledged. An agent that is slow, or a store that fails, holds up its own session
//! and no other.

mod enrolment;
mod hub;
mod intake;
mod look;
mod peer;
mod records;
mod session;
mod storage;

pub use self::{
    enrolment::EnrolmentService,
    hub::Hub,
    intake::IntakeError,
    look::{DEADLINE, LookOutcome},
    peer::{operator, refusal},
    session::AgentsService,
    storage::write as write_report,
};
