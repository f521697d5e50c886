//! `endpoints`: the endpoint map of one host, entry for entry, and nothing else. A connection, a bind and
//! one question for each 500 entries; no name of the host is judged, and nobody is logged on.

mod args;
mod read;
mod render;
mod run;

pub use self::{
    args::{Arguments, Form},
    read::{Listed, read},
    run::run,
};
