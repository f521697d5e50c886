//! Alerts: events that are sent to webhook receivers through a durable outbox.
//!
//! [`Alerts::enqueue`] prepares an event, and [`Enqueued::add_to`] puts it into the transaction that
//! also writes the state that it tells of. A crash can then neither lose the event nor send a second
//! one for the same change. [`Alerts::deliver`] sends the events: at least once, in order for each
//! receiver, with the same id on every try.
//!
//! The outbox does not know what its events say: an event is an id, a type, a subject and the bytes to
//! send.

mod alerts;
mod deliver;
mod event;
mod outbox;
mod receiver;
mod sign;

pub use self::{
    alerts::{AlertError, Alerts, Enqueued},
    event::Event,
    outbox::{Attempt, AttemptOutcome, OutboxRecord, Status},
    receiver::{Receiver, ReceiverError, Secret},
};
