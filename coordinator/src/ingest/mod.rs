//! The agents' side of the coordinator: enrolment, the stream of each agent, taking reports into store and
//! fleet, and looks on demand.
//!
//! An acknowledged report is durable: it is staged against the view, committed, applied, and only then
//! acknowledged. A slow agent, or a store that fails, holds up one session and no other.

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
    records::{BodyRecord, HistoryRecord, StateRecord},
    session::AgentsService,
    storage::write as write_report,
};
