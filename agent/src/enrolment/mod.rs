//! Enrolment: how an agent gets its identity, at once from the command line, or when it starts from an
//! enrolment that an installer left pending.

pub mod at_once;
pub mod at_start;
pub mod pending;
pub mod settings;
pub mod token;

pub use self::{
    at_once::{enroll, leave_pending},
    at_start::{host_name, identity},
    pending::{PendingEnrolment, PendingError},
    settings::EnrolmentSettings,
    token::token,
};
