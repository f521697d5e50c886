//! `self-test`: what the agent may read on this host and what not, with the right that is missing;
//! and whether it could run: its state folder, its identity, its clock, its coordinators.

mod facts;
mod own;
mod render;
mod report;
mod right;
mod run;
mod settings;

pub use self::{
    report::{Outcome, Report, Row},
    run::{Arguments, run, test},
    settings::Settings,
};
