//! The culprit: the exact thing that a verdict blames, with all that is known of it.
//!
//! The rules build it out of what they saw, and without words: a fleet is judged by the thousand links. Its
//! kind, name and value in JSON, the remedy and the faults of which incidents are made are all read off it.

mod named;
mod names;
mod network;
mod obstacle;
mod replication;
mod service;
mod settings;
mod text;

use std::net::IpAddr;

use epmesh_facts::{BootMode, DnsName, Failure};

pub use self::{
    named::Named,
    names::{
        AnswersThere, DnsRecord, FileLine, LeadsTo, NamePlace, NameServer, OtherHost,
        RecordTrouble, ServerHost,
    },
    network::{
        AnsweredTo, FilterEffect, FilterName, MapperStage, PortAt, PortTrouble, RightPorts,
        Witnesses,
    },
    obstacle::{
        Consequence, Obstacle, PortConflict, PortsTrouble, ProtocolsTrouble, RpcServiceTrouble,
        ServerPorts,
    },
    replication::RefusedReplication,
    service::{
        Losses, RegistrationHolder, RegistrationTrouble, Running, ServiceEnd, ServiceTrouble,
    },
    settings::{Older, StaleSettings},
    text::CulpritText,
};
use super::culprit_kind::CulpritKind;

/// The thing that a verdict blames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// A line of the destination's hosts file.
    HostsLine(FileLine),
    /// A line of the destination's LMHOSTS file.
    LmhostsLine(FileLine),
    /// A record of a WINS server.
    WinsRecord {
        /// The domain controller whose name it is.
        dc: DnsName,
        /// The WINS server.
        server: NameServer,
        /// The address in the record.
        leads: LeadsTo,
    },
    /// A name in the cache of the destination's DNS client.
    CachedName {
        /// The domain controller whose cache it is.
        dc: DnsName,
        /// The alias that leads to the name, where the name is not the source's own.
        alias: Option<DnsName>,
        /// The name.
        name: DnsName,
        /// The address in the cache.
        leads: LeadsTo,
    },
    /// A name as the destination's own resolver gives it, with no source behind that was seen to be wrong.
    ResolverAnswer {
        /// The domain controller whose resolver it is.
        dc: DnsName,
        /// The name.
        name: DnsName,
        /// The address that the resolver gives.
        leads: LeadsTo,
    },
    /// A DNS record that is wrong, missing, or in doubt.
    DnsRecord(DnsRecord),
    /// A name that has no address where the destination looks for it.
    NameWithoutAddress {
        /// The name.
        name: DnsName,
        /// Where it has none.
        place: NamePlace,
    },
    /// DNS servers that answer no question.
    SilentDnsServers(Vec<NameServer>),
    /// An address that two hosts have, or that is translated.
    SharedAddress {
        /// The address.
        address: IpAddr,
        /// The domain controller that has it by its own word.
        dc: DnsName,
        /// The other host that answers there, where it said who it is.
        answers: Option<OtherHost>,
    },
    /// An NTDS Settings object of the source that is not its present one.
    NtdsSettings(StaleSettings),
    /// The registration of the interface.
    Registration {
        /// Who should hold it.
        holder: RegistrationHolder,
        /// How it stands.
        trouble: RegistrationTrouble,
    },
    /// A service.
    Service {
        /// Its name, where that is known.
        service: Option<String>,
        /// Its domain controller.
        dc: DnsName,
        /// What is wrong with it.
        trouble: ServiceTrouble,
    },
    /// The mode in which the source was started.
    BootMode {
        /// The domain controller.
        dc: DnsName,
        /// The mode.
        mode: BootMode,
    },
    /// The service that is the endpoint mapper, which does not run.
    MapperService {
        /// Its name.
        service: String,
        /// Its domain controller.
        dc: DnsName,
        /// Whether it is disabled.
        is_disabled: bool,
        /// The address at which nothing listens because of that.
        address: IpAddr,
    },
    /// What answers on port 135, and not as an endpoint mapper has to.
    MapperAnswer {
        /// Where.
        at: PortAt,
        /// The stage that failed.
        stage: MapperStage,
        /// How it failed.
        failure: Failure,
        /// The policy RestrictRemoteClients of the source, where it refuses callers without credentials.
        restrict_remote_clients: Option<u32>,
        /// Who is answered at the same address, where somebody is.
        served: Option<AnsweredTo>,
    },
    /// The answer of the endpoint mapper, which is not the source's.
    AlteredAnswer {
        /// The port that the destination is told, and where.
        at: PortAt,
        /// What it should be told.
        right: RightPorts,
        /// How far the destination gets with it.
        failure: Failure,
        /// Whether what answers there says that it is the source.
        is_named: bool,
    },
    /// Port 135 of the source, which another host answers.
    OtherMapper {
        /// Where.
        at: PortAt,
        /// The name of that host, by its own word there.
        host: String,
    },
    /// An answer of several packets, which does not arrive.
    LargeAnswer {
        /// Where it comes from.
        at: PortAt,
        /// What does arrive of it.
        failure: Failure,
        /// The witnesses to whom it arrives.
        served: Option<Named>,
    },
    /// A port.
    Port {
        /// Which.
        at: PortAt,
        /// What is wrong with it.
        trouble: PortTrouble,
    },
    /// The source's own firewall.
    Firewall {
        /// The port that it keeps closed.
        at: PortAt,
        /// What the destination sees there.
        failure: Failure,
        /// What the other witnesses see there.
        witnesses: Witnesses,
    },
    /// An RPC filter of the source.
    RpcFilter {
        /// Which.
        filter: FilterName,
        /// The domain controller.
        dc: DnsName,
        /// The address at which the destination met it.
        address: IpAddr,
        /// What it does.
        effect: FilterEffect,
    },
    /// What keeps, or will keep, a service of the source from registering.
    Obstacle {
        /// What it is.
        obstacle: Obstacle,
        /// The domain controller.
        dc: DnsName,
        /// Its effect: now, or at the next restart.
        consequence: Consequence,
    },
    /// The policy RestrictRemoteClients with the value 2.
    RemoteClientsPolicy {
        /// The domain controller that has it.
        dc: DnsName,
    },
    /// The replication of a naming context, as the destination itself recorded it.
    Replication(RefusedReplication),
    /// The dynamic TCP ports of a host, nearly all of which are in use.
    DynamicPorts {
        /// The host.
        dc: DnsName,
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
        /// Why it could not connect, where it tried and could not.
        failed: Option<String>,
    },
}

impl Culprit {
    /// The kind of thing that it is.
    #[must_use]
    pub const fn kind(&self) -> CulpritKind {
        match self {
            Self::HostsLine(_) => CulpritKind::HostsLine,
            Self::LmhostsLine(_) => CulpritKind::LmhostsLine,
            Self::WinsRecord { .. } => CulpritKind::WinsRecord,
            Self::CachedName { .. } => CulpritKind::DnsCache,
            Self::ResolverAnswer { .. } => CulpritKind::SystemResolver,
            Self::DnsRecord(_) | Self::NameWithoutAddress { .. } => CulpritKind::DnsRecord,
            Self::SilentDnsServers(_) => CulpritKind::DnsServer,
            Self::SharedAddress { .. } => CulpritKind::Address,
            Self::NtdsSettings(_) => CulpritKind::NtdsSettings,
            Self::Registration { .. } => CulpritKind::Registration,
            Self::Service { .. } => CulpritKind::Service,
            Self::BootMode { .. } => CulpritKind::BootMode,
            Self::MapperService { .. } | Self::MapperAnswer { .. } => CulpritKind::EndpointMapper,
            Self::Port { .. } => CulpritKind::Port,
            Self::AlteredAnswer { .. } => CulpritKind::Answer,
            Self::OtherMapper { .. } => CulpritKind::EndpointMapper,
            Self::LargeAnswer { .. } => CulpritKind::Path,
            Self::Firewall { .. } => CulpritKind::Firewall,
            Self::RpcFilter { .. } => CulpritKind::RpcFilter,
            Self::Obstacle { obstacle, .. } => obstacle.kind(),
            Self::RemoteClientsPolicy { .. } => CulpritKind::RegistryValue,
            Self::Replication(_) => CulpritKind::Replication,
            Self::DynamicPorts { .. } => CulpritKind::PortRange,
        }
    }

    /// The name of the thing: `A dc2.lab.test on DNS server 10.99.0.11`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::HostsLine(line) => line.name("hosts file"),
            Self::LmhostsLine(line) => line.name("LMHOSTS file"),
            Self::WinsRecord { dc, server, .. } => format!("{} on WINS server {server}", dc.host()),
            Self::CachedName { dc, alias: Some(alias), name, .. } => {
                format!("CNAME {alias}, {name}, in the DNS client's cache of {dc}")
            }
            Self::CachedName { dc, alias: None, name, .. } => {
                format!("{name} in the DNS client's cache of {dc}")
            }
            Self::ResolverAnswer { dc, name, .. } => {
                format!("{name} as the system's resolver of {dc} has it")
            }
            Self::DnsRecord(record) => record.title(),
            Self::NameWithoutAddress { name, place: NamePlace::Dns(server) } => {
                format!("A {name} on DNS server {server}")
            }
            Self::NameWithoutAddress { name, place: NamePlace::Other(source) } => {
                format!("{name} in {source}")
            }
            Self::SilentDnsServers(servers) => names::list(servers),
            Self::SharedAddress { address, dc, .. } => format!("{address}, an address of {dc}"),
            Self::NtdsSettings(settings) => settings.name(),
            Self::Registration { holder, .. } => holder.to_string(),
            Self::Service { service, dc, .. } => {
                format!("{} on {dc}", service::name_of(service.as_deref()))
            }
            Self::BootMode { dc, .. } => dc.to_string(),
            Self::MapperService { service, dc, .. } => format!("{service} on {dc}"),
            Self::MapperAnswer { at, .. }
            | Self::Port { at, .. }
            | Self::AlteredAnswer { at, .. }
            | Self::OtherMapper { at, .. }
            | Self::LargeAnswer { at, .. } => at.to_string(),
            Self::Firewall { at, .. } => format!("the firewall of {} at {}", at.dc, at.address),
            Self::RpcFilter { filter, dc, address, .. } => {
                format!("{filter} on {dc} at {address}")
            }
            Self::Obstacle { obstacle, dc, .. } => format!("{} on {dc}", obstacle.name()),
            Self::RemoteClientsPolicy { dc } => format!(
                r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc, RestrictRemoteClients on {dc}"
            ),
            Self::Replication(refused) => refused.name(),
            Self::DynamicPorts { dc, first, last, .. } => {
                format!("{} of {dc}", obstacle::dynamic_ports(*first, *last))
            }
        }
    }

    /// The trouble with it, in words.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::HostsLine(line) | Self::LmhostsLine(line) => line.leads.to_string(),
            Self::WinsRecord { leads, .. }
            | Self::CachedName { leads, .. }
            | Self::ResolverAnswer { leads, .. } => leads.to_string(),
            Self::DnsRecord(record) => record.trouble.to_string(),
            Self::NameWithoutAddress { .. } => "no address".to_owned(),
            Self::SilentDnsServers(_) => "no answer to any question".to_owned(),
            Self::SharedAddress { answers, .. } => {
                let who = answers.as_ref().map_or("another host".to_owned(), ToString::to_string);
                format!("{who} answers there: two hosts have this address, or it is translated")
            }
            Self::NtdsSettings(settings) => settings.to_string(),
            Self::Registration { trouble, .. } => trouble.to_string(),
            Self::Service { trouble, .. } => trouble.to_string(),
            Self::BootMode { mode, .. } => {
                let mode = settings::mode_words(*mode);
                format!("started in {mode}; the directory service does not run")
            }
            Self::MapperService { is_disabled, address, .. } => {
                let how = if *is_disabled { "disabled" } else { "not running" };
                format!("{how}: nothing listens on {address} port 135")
            }
            Self::MapperAnswer { stage, failure, restrict_remote_clients, served, .. } => {
                let policy = restrict_remote_clients
                    .map_or(String::new(), |policy| format!("; RestrictRemoteClients is {policy}"));
                let served = served.as_ref().map_or(String::new(), |to| format!("; {to}"));
                format!("{stage}: {failure}{policy}{served}")
            }
            Self::AlteredAnswer { right, failure, is_named, .. } => {
                let who =
                    if *is_named { "" } else { ", and what answers there did not say who it is" };
                format!(
                    "the destination is told this port ({failure}), but {right}: the answer is altered on the \
                     way, or another machine answers at this address{who}"
                )
            }
            Self::OtherMapper { at, host } => format!(
                "{host} answers there, while {} answers on other ports of the same address",
                at.dc
            ),
            Self::LargeAnswer { failure, served, .. } => {
                let served = served
                    .as_ref()
                    .map_or(String::new(), |from| format!("; the whole map arrives at {from}"));
                format!(
                    "the whole endpoint map, an answer of many packets: {failure}; a single entry of the map \
                     arrives{served}"
                )
            }
            Self::Port { trouble, .. } => trouble.to_string(),
            Self::Firewall { at, failure, witnesses } => {
                let PortAt { address, port, dc } = at;
                format!(
                    "{dc} itself says that its firewall is on and that it listens on {address} port {port}; the \
                     destination's own attempt there: {failure}; {witnesses}"
                )
            }
            Self::RpcFilter { effect, .. } => effect.to_string(),
            Self::Obstacle { obstacle, consequence, .. } => format!("{obstacle}{consequence}"),
            Self::RemoteClientsPolicy { .. } => {
                "the value is 2: after a restart every unauthenticated caller is refused".to_owned()
            }
            Self::Replication(refused) => refused.to_string(),
            Self::DynamicPorts { failed: None, .. } => "more than 95 % in use".to_owned(),
            Self::DynamicPorts { failed: Some(why), .. } => {
                format!("more than 95 % in use, and the host could not connect: {why}")
            }
        }
    }

    /// The culprit in words.
    #[must_use]
    pub fn text(&self) -> CulpritText {
        CulpritText::new(self.kind(), self.name(), self.value())
    }

    /// The DNS record that it is, with what is needed to correct it.
    #[must_use]
    pub const fn record(&self) -> Option<&DnsRecord> {
        match self {
            Self::DnsRecord(record) => Some(record),
            _ => None,
        }
    }

    /// The address of the source at which it stands in the way, where it is at one.
    #[must_use]
    pub const fn at_address(&self) -> Option<IpAddr> {
        match self {
            Self::Port { at, .. }
            | Self::MapperAnswer { at, .. }
            | Self::AlteredAnswer { at, .. }
            | Self::OtherMapper { at, .. }
            | Self::LargeAnswer { at, .. }
            | Self::Firewall { at, .. } => Some(at.address),
            Self::Registration { holder: RegistrationHolder::At { address, .. }, .. }
            | Self::RpcFilter { address, .. }
            | Self::SharedAddress { address, .. } => Some(*address),
            _ => None,
        }
    }

    /// Whether it comes and goes: to start it once more will not do.
    #[must_use]
    pub const fn is_flapping(&self) -> bool {
        match self {
            Self::Service { trouble, .. } => trouble.is_flapping(),
            Self::Registration { trouble, .. } => trouble.is_flapping(),
            _ => false,
        }
    }
}
