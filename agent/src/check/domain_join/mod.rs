//! `check --join DOMAIN`: whether a computer could join the domain from here, as far as the network
//! tells. It looks for the domain controllers as a joining computer does, and at each of them for
//! everything that a join needs. Nobody is logged on, and nothing is changed.

mod findings;
mod log;
mod look;
mod ports;
mod render;
mod run;
mod srv;

pub(super) use self::run::run;
pub use self::srv::{Srv, SrvAnswer, answer as srv_answer};
