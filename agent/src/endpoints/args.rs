//! The arguments of `endpoints`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use epmesh_common::rpc::{InterfaceId, epm::TCP_PORT};

use crate::check::{Wanted, interface, seconds};

/// Print the endpoint map of one host.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit status: 0 the map was read and lists every interface asked for, 1 it does not list one, 2 wrong usage, 4 the map could not be read."
)]
pub struct Arguments {
    /// The host: a DNS name, as this host's system resolves it, or an address.
    #[arg(value_name = "HOST|ADDRESS")]
    pub host: Wanted,
    /// Only this interface, by name, UUID or "UUID vMAJOR.MINOR"; may be repeated [default: all].
    #[arg(long, short, value_name = "INTERFACE", value_parser = interface)]
    pub interface: Vec<InterfaceId>,
    /// The TCP port of the endpoint mapper.
    #[arg(long, value_name = "PORT", default_value_t = TCP_PORT, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// The longest that the connection to one address may take, and each answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub timeout: Duration,
    /// The form of the output.
    #[arg(long, value_enum, default_value = "table")]
    pub output: Form,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// For a spreadsheet: a head and a row for each entry (RFC 4180).
    Csv,
}
