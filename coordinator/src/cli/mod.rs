//! The operator's command line.

mod args;
mod client;
mod explain;
mod facts;
#[cfg(test)]
mod golden;
mod incidents;
mod join;
mod render;
mod run;
mod scenario;

pub use self::{
    args::{Arguments, Command, ConfigCommand, Output, ServeArguments},
    render::verdict as render_verdict,
    run::{Exit, ask},
};
