//! The vocabulary of [`epmesh_facts`] on the wire, `epmesh.v1`.
//!
//! To the wire: [`OnWire::to_wire`], always possible. From the wire: [`OnWire::from_wire`],
//! which checks every bound of [`limits`] and names the field it refuses. A report is taken apart
//! by [`Received`]: one refused statement does not cost the others.
//!
//! A sender brings each body within the bounds with [`fit`] before it computes the digest, so
//! that what it saw is cut and said to be cut, and not refused.

mod convert;
mod directory;
mod directory_objects;
mod error;
mod events;
mod failure;
mod filters;
mod fit;
mod host;
pub mod limits;
mod map;
mod observation;
mod plan;
mod port_use;
mod probe;
mod reader;
mod reading;
mod resolver;
mod rpc_settings;
mod section;
mod service;
mod shorthand;
mod statement;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use self::{
    convert::OnWire,
    error::{Problem, WireError},
    fit::{Fitted, fit},
    shorthand::{Longhand, Shorthand, ShorthandError},
    statement::{Received, Refused, held, held_from, report},
};
