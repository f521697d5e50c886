//! Alerts: what changed on a link, sent to webhook receivers through a durable outbox.
//!
//! [`Alerts::note`] takes verdicts and decides, against the stored state of each link, whether
//! there is something to say. What there is to say is written to the outbox in the same
//! transaction as the new state, so a crash can neither lose an event nor send a second one for
//! the same turn. [`Alerts::deliver`] sends what the outbox holds: at least once, in order for
//! each receiver, the same id on every try.
//!
//! The outbox knows nothing of links: an event is an id, a type, a subject and the bytes to send.

mod deliver;
mod event;
mod outbox;
mod receiver;
mod sign;
mod state;

pub use self::{
    deliver::{AlertError, Alerts},
    event::{Event, EventKind},
    outbox::{Attempt, AttemptOutcome, OutboxRecord, Status},
    receiver::{Receiver, ReceiverError, Secret},
};
