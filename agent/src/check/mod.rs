//! `check`: one host looked at from here, once, with a verdict from this side alone; with `--join` the
//! domain controllers of a domain. It needs no coordinator and no domain controller.

mod args;
mod domain_join;
mod one_host;
mod own_host;
mod render;
mod report;
mod run;

pub(crate) use self::args::{interface, seconds};
pub use self::{
    args::{Arguments, Command, Wanted},
    domain_join::{Srv, SrvAnswer, srv_answer},
    one_host::check,
    own_host::own_name,
    report::{Exit, Report},
    run::run,
};
