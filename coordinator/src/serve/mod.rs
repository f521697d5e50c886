//! The coordinator as a running service.
//!
//! [`serve`] opens the store and the certificate authority in the data directory and runs until
//! it is told to stop; [`serve_parts`] does the same with what it is given.

mod grpc;
mod parts;
mod planner;
mod run;
#[cfg(test)]
mod tests;
mod web;

pub use self::{
    parts::Parts,
    run::{Bound, serve, serve_parts},
};
