//! Alerts: what happened to an incident, sent to webhook receivers through a durable outbox.
//!
//! [`Alerts::send`] writes an event to the outbox in the same transaction as the state that it tells
//! of, so a crash can neither lose an event nor send a second one for the same turn.
//! [`Alerts::deliver`] sends what the outbox holds: at least once, in order for each receiver, the
//! same id on every try.
//!
//! What there is to tell is decided in [`crate::incident`]. The outbox knows nothing of it: an event
//! is an id, a type, a subject and the bytes to send.

mod deliver;
mod event;
mod outbox;
mod receiver;
mod sign;

pub use self::{
    deliver::{AlertError, Alerts},
    event::{Event, EventKind},
    outbox::{Attempt, AttemptOutcome, OutboxRecord, Status},
    receiver::{Receiver, ReceiverError, Secret},
};
