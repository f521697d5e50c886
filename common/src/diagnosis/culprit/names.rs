//! Culprits in name resolution: a record, a line of a file, a cache, a DNS server.

use std::{fmt, net::IpAddr};

use epmesh_facts::{DnsName, RecordData, RecordType, Source};

use super::super::fault::ServerName;

/// A server that answers names, DNS or WINS, as one destination asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameServer {
    /// The address at which it is asked.
    pub address: IpAddr,
    /// The host that has this address, where that is known.
    pub host: Option<ServerHost>,
}

/// The host behind the address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerHost {
    /// This domain controller says that the address is its own.
    Dc(DnsName),
    /// The address is a loopback one: the server is the destination itself.
    Destination(DnsName),
}

impl NameServer {
    /// The server by the name that is the same for all who ask it.
    #[must_use]
    pub fn key(&self) -> ServerName {
        match &self.host {
            Some(ServerHost::Dc(name) | ServerHost::Destination(name)) => {
                ServerName::Dc(name.clone())
            }
            None => ServerName::Address(self.address),
        }
    }
}

impl fmt::Display for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address;
        match &self.host {
            Some(ServerHost::Dc(name)) => write!(f, "{address} ({name})"),
            Some(ServerHost::Destination(name)) => write!(f, "{address} (on {name})"),
            None => address.fmt(f),
        }
    }
}

/// Servers in a row: `10.0.0.11 (dc1.lab.test), 10.0.0.13`.
pub(super) fn list(servers: &[NameServer]) -> String {
    let all: Vec<String> = servers.iter().map(ToString::to_string).collect();
    all.join(", ")
}

/// The wrong address to which a name leads, and why it is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadsTo {
    /// The address.
    pub address: IpAddr,
    /// The domain controller whose address it should be.
    pub wanted: DnsName,
    /// The host that has it instead.
    pub there: AnswersThere,
}

/// A host that is not the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherHost {
    /// The host of this name.
    Named(String),
    /// Another machine that answers by the source's name.
    Namesake,
}

impl fmt::Display for OtherHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Namesake => f.write_str("another machine of that name"),
        }
    }
}

/// The host that is found at a wrong address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswersThere {
    /// Nobody is known to have it; the domain controller that is wanted has others.
    NotKnown,
    /// This host.
    Other(OtherHost),
    /// The domain controller of this name answers there and does not have the address: it is translated.
    Translated(String),
    /// No host gave its name there, while the DNS servers lead to where the domain controller answers.
    Nobody {
        /// Whether anything answered there at all.
        is_silent: bool,
        /// The address to which the DNS servers lead.
        right: IpAddr,
    },
}

impl fmt::Display for LeadsTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, wanted, there } = self;
        match there {
            AnswersThere::NotKnown => write!(f, "{address}, not an address of {wanted}"),
            AnswersThere::Other(name) => write!(f, "{address}, which is {name}"),
            AnswersThere::Translated(name) => write!(
                f,
                "{address}, where {name} answers although it does not own the address: the address is \
                 translated"
            ),
            AnswersThere::Nobody { is_silent, right } => {
                let there =
                    if *is_silent { "nobody answers" } else { "the host does not give its name" };
                write!(
                    f,
                    "{address}, where {there}; the DNS servers lead to {right}, where {wanted} \
                     answers"
                )
            }
        }
    }
}

/// A line of the destination's hosts or LMHOSTS file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// The domain controller whose file it is.
    pub dc: DnsName,
    /// The file's path, where it was seen.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The address on it.
    pub leads: LeadsTo,
}

impl FileLine {
    /// `/etc/hosts:4 on dc1.lab.test`; without a path `what` stands for the file.
    pub(super) fn name(&self, what: &str) -> String {
        let path = self.path.as_deref().unwrap_or(what);
        let line = self.line.map_or(String::new(), |line| format!(":{line}"));
        format!("{path}{line} on {}", self.dc)
    }
}

/// A DNS record that is wrong, that is missing, or of which it is not known whether it is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// Its name.
    pub name: DnsName,
    /// Its type.
    pub record: RecordType,
    /// The DNS servers that serve the wrong record or lack the right one. Where it cannot be told which is
    /// wrong, every server that answered.
    pub servers: Vec<NameServer>,
    /// What is wrong with it.
    pub trouble: RecordTrouble,
}

/// The trouble with a DNS record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordTrouble {
    /// The record does not exist.
    Missing,
    /// An address is missing on these servers, and other servers have one.
    MissingOnSome,
    /// The address is wrong.
    WrongAddress(LeadsTo),
    /// The alias names another host.
    WrongTarget {
        /// The host.
        target: DnsName,
        /// Its address.
        leads: LeadsTo,
    },
    /// The alias names another host, which has no address.
    TargetWithoutAddress(DnsName),
    /// The alias has several targets, and this one is not the source.
    OneOfSeveralTargets(DnsName),
    /// The servers give different addresses, and nobody has said which are right.
    Conflict(Vec<(Vec<IpAddr>, NameServer)>),
}

impl DnsRecord {
    /// The data of the record that has to be deleted, as it stands in the zone; `None` where nothing is.
    #[must_use]
    pub fn data(&self) -> Option<String> {
        Some(self.record_data()?.to_string())
    }

    /// That data, typed.
    #[must_use]
    pub fn record_data(&self) -> Option<RecordData> {
        match &self.trouble {
            RecordTrouble::WrongAddress(leads) => Some(RecordData::Address(leads.address)),
            RecordTrouble::WrongTarget { target, .. }
            | RecordTrouble::TargetWithoutAddress(target)
            | RecordTrouble::OneOfSeveralTargets(target) => Some(RecordData::Alias(target.clone())),
            RecordTrouble::Missing | RecordTrouble::MissingOnSome | RecordTrouble::Conflict(_) => {
                None
            }
        }
    }

    pub(super) fn title(&self) -> String {
        format!("{} {} on DNS server {}", self.record, self.name, list(&self.servers))
    }
}

impl RecordTrouble {
    /// Whether it is an alias that names a host without an address.
    #[must_use]
    pub const fn is_dead_alias(&self) -> bool {
        matches!(self, Self::TargetWithoutAddress(_))
    }
}

impl fmt::Display for RecordTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no such record"),
            Self::MissingOnSome => f.write_str("no address, while the other servers have one"),
            Self::WrongAddress(leads) => leads.fmt(f),
            Self::WrongTarget { target, leads } => write!(f, "{target}, {leads}"),
            Self::TargetWithoutAddress(target) => write!(f, "{target}, which has no address"),
            Self::OneOfSeveralTargets(target) => {
                write!(f, "{target}, one of several targets: an alias has only one")
            }
            Self::Conflict(said) => {
                for (addresses, server) in said {
                    let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                    write!(f, "{server} says {}; ", all.join(", "))?;
                }
                f.write_str("no host has confirmed which is right")
            }
        }
    }
}

/// The place that has no address for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePlace {
    /// A DNS server.
    Dns(NameServer),
    /// Another source of names.
    Other(Source),
}
