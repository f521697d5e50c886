//! The destination got to the right server: what is wrong there, or on the way.

mod altered;
mod filtered;
mod hangs;
mod large;
mod mapper;
mod not_serving;
mod pattern;
mod port;
mod reason;
mod registration;

pub(super) use self::{
    filtered::turned_away,
    hangs::stuck,
    large::large_packets,
    mapper::{mapper, unreached},
    not_serving::{alone, lost_since, not_registered},
    port::{one_port, port_bind, port_unreached},
    reason::{breaks_at_restart, protocols_trouble},
    registration::{BOOTING, ended},
};
pub(in crate::diagnosis) use self::{
    not_serving::does_not_serve,
    reason::{RPC_SERVICES, dynamic_used_up},
};
