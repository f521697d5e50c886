//! The operator's command line.

mod args;
mod bundle;
mod client;
mod diagnose;
mod exit;
mod explain;
mod facts;
mod file;
#[cfg(test)]
mod golden;
mod incidents;
mod join;
mod output;
mod render;
mod run;
#[cfg(feature = "scenarios")]
mod scenario;

pub use self::{
    args::{Arguments, Command, ConfigCommand, Output, ServeArguments},
    exit::Exit,
    render::verdict as render_verdict,
    run::ask,
};
