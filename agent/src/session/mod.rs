//! The life of the connection to a coordinator: enrolment, the stream, the spool, back-off.

mod backoff;
mod certificate;
mod coordinator_url;
mod enrolment;
mod identity;
mod order;
mod outbox;
mod pinned_ca;
mod renewal;
mod session_loop;
mod settings;
mod spool;
mod stream;

pub use self::{
    backoff::Backoff,
    certificate::Validity,
    coordinator_url::coordinator_url,
    enrolment::{EnrolError, Enrolment, enrol},
    identity::{Identity, IdentityError},
    order::Order,
    outbox::Outbox,
    pinned_ca::{Fingerprint, FingerprintError, JoinToken, PinnedCa, TokenError},
    session_loop::run,
    settings::SessionSettings,
    spool::{Spool, SpoolError, SpoolLimits, record as spool_record},
    stream::SessionError,
};

#[cfg(test)]
pub(crate) mod tests;
