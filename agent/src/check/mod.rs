//! `check`: one host looked at from here, once, with a verdict from this side alone; with `--join` the
//! domain controllers of a domain. It needs no coordinator and no domain controller.

mod args;
mod domain_join;
mod listing;
mod one_host;
mod own_host;
mod render;
mod report;
mod run;

pub use self::{
    args::{Arguments, Command, Wanted},
    domain_join::{Srv, SrvAnswer, srv_answer},
    listing::Entry,
    one_host::check,
    own_host::own_name,
    report::{Exit, Report},
    run::run,
};
