//! Knowledge about Windows: how a domain controller is set up by default, and what its settings do
//! to its RPC servers. Rules and tables over facts; nothing here reads anything.
//!
//! A rule gives [`Note`]s, never a verdict: a setting that is off the default is a finding before
//! any link fails, and seldom the cause alone. A default that is not confirmed is only ever a
//! [`Severity::Note`].

mod boot;
mod client_protocols;
mod known;
mod near_misses;
mod note;
mod port_ranges;
mod protocol_majority;
mod release;
mod rpc_internet;
mod rpc_linkage;
mod rpc_policy;
mod rules;
mod runtime;
mod service_defaults;
mod services;
mod static_ports;
#[cfg(test)]
mod testing;

pub use self::{
    client_protocols::{ClientProtocolRule, Expected},
    note::{About, Note, Severity},
    protocol_majority::ProtocolMajority,
    release::Release,
    rpc_internet::{RpcPorts, joined, ports_left, rpc_ports, rpc_ranges},
    rules::{notes, notes_beside},
    service_defaults::{DEFAULTS, ServiceDefault, Weight, defaults_of},
    services::other_account,
    static_ports::{WELL_KNOWN, static_port_setting},
};
