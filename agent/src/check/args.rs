//! The arguments of `check`.

use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

use clap::{Args, builder::ArgPredicate};
use epmesh_common::{
    facts::DnsName,
    rpc::{InterfaceId, names},
};
use uuid::Uuid;

use crate::output::Output;

/// Look at one host from here, or at a domain as a computer that joins it does.
#[derive(Clone, Debug, Args)]
pub struct Command {
    /// What is looked at, and how.
    #[command(flatten)]
    pub one: Arguments,
    /// Instead of one host: look at the domain controllers of this domain, and at each for all that
    /// joining the domain needs.
    #[arg(long, value_name = "DOMAIN", conflicts_with_all = ["host", "guid", "forest"])]
    pub join: Option<DnsName>,
    /// The NETSETUP.LOG of a join that failed: say what it says, and look at the domain controller
    /// that it names too.
    #[arg(long, value_name = "FILE", requires = "join", conflicts_with = "host")]
    pub netsetup_log: Option<PathBuf>,
}

/// Look at one host from here.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit status: 0 healthy, 1 failing or latent, 2 wrong usage, 4 unknown.")]
pub struct Arguments {
    /// The host: a DNS name, or an address, of which then no names are judged.
    // With --join there is none; the default is never looked at.
    #[arg(
        value_name = "HOST|ADDRESS",
        required = false,
        required_unless_present = "join",
        default_value_if("join", ArgPredicate::IsPresent, "join.invalid")
    )]
    pub host: Wanted,
    /// An interface to ask for, by name, UUID or "UUID vMAJOR.MINOR"; may be repeated
    /// [default: drsuapi; with --join lsarpc, samr, netlogon and drsuapi].
    #[arg(long, short, value_name = "INTERFACE", value_parser = interface)]
    pub interface: Vec<InterfaceId>,
    /// The GUID of the host's NTDS Settings object, to check its alias in _msdcs [default: what
    /// the host itself says].
    #[arg(long)]
    pub guid: Option<Uuid>,
    /// The DNS name of the forest [default: what the host itself says].
    #[arg(long, value_name = "DNSNAME")]
    pub forest: Option<DnsName>,
    /// List the whole endpoint map.
    #[arg(long, short)]
    pub all: bool,
    /// A DNS server to ask instead of this host's own; may be repeated.
    #[arg(long, value_name = "SERVER")]
    pub dns: Vec<IpAddr>,
    /// The longest that one look may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "8", value_parser = seconds)]
    pub timeout: Duration,
    /// The form of the output.
    #[arg(long, value_enum, default_value = "table")]
    pub output: Output,
}

/// What is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A name.
    Name(DnsName),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Ok(Self::Address(address));
        }
        text.parse().map(Self::Name).map_err(|error| error.to_string())
    }
}

/// An interface by its name or its UUID.
pub(crate) fn interface(text: &str) -> Result<InterfaceId, String> {
    names::find(text).ok_or_else(|| {
        "no interface is known by that; give a name such as drsuapi or \"UUID vMAJOR.MINOR\""
            .to_owned()
    })
}

/// A time of 0.1 to 300 seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if !(0.1..=300.0).contains(&seconds) {
        return Err("from 0.1 to 300 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}
