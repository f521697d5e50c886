//! Candidate faults: the single faults that would each explain a finding.
//!
//! Every list has at least one fault that no healthy link can contradict, so that a failing link is
//! never left without an incident.

use epmesh_facts::{DnsName, Failure, RecordType, ServiceState};
use epmesh_rpc::epm::TCP_PORT;

use super::{
    at_one_address::{balanced_record, other_host},
    case::{Case, Reach, destination_site, effective, source_site},
    cause::{Cause, Confidence, Side, State},
    culprit::{
        Culprit, DnsRecord, FileLine, NamePlace, PortTrouble, RegistrationTrouble, ServiceTrouble,
    },
    fault::{CandidateFault, Fault, Traffic},
    name_source::NameSource,
    rules::{Finding, dynamic_used_up},
    serving::serving,
};

/// `ERROR_DS_DRA_SOURCE_DISABLED`: outbound replication is disabled.
const SOURCE_DISABLED: i64 = 8456;
/// `ERROR_DS_DRA_SINK_DISABLED`: inbound replication is disabled.
const SINK_DISABLED: i64 = 8457;

/// The single faults that would each explain the finding, the most specific first; none for a link
/// that is healthy or of which nothing is known.
pub(super) fn candidates(
    case: &Case<'_>,
    name_sources: &[NameSource<'_>],
    finding: &Finding,
) -> Vec<CandidateFault> {
    if !matches!(finding.state, State::Failing | State::Latent) {
        return Vec::new();
    }
    let mut list = List { case, finding, candidates: Vec::new() };
    match (finding.side, finding.cause) {
        (_, Cause::ReplicationRefused) => list.refusal(),
        (_, Cause::DestinationNotServing) => list.not_serving(),
        (Side::Directory, _) => list.directory(),
        (Side::NameResolution, _) => list.names(name_sources),
        (Side::Source, Cause::EpmUnreachable) if finding.confidence == Confidence::Proven => {
            list.closed(name_sources);
        }
        (_, Cause::EpmUnreachable | Cause::DynamicPortBlocked | Cause::HostFirewall) => {
            list.ways(name_sources);
            list.balanced(name_sources);
        }
        (Side::Network, Cause::AnswerAltered | Cause::LargePacketsLost) => {
            list.ways(name_sources);
            list.other_host();
        }
        (_, Cause::RpcFiltered) if list.is_contrast() => list.ways(name_sources),
        // Two hosts with one address, or a filter on the path: either is a condition of the source.
        (Side::Network, cause) => {
            list.add(Side::Network, condition(case.source(), cause));
            list.other_host();
        }
        (Side::Destination, cause) => {
            list.add(Side::Destination, condition(case.destination(), cause));
        }
        (Side::Source | Side::None, _) => list.server(name_sources),
    }
    list.candidates
}

fn condition(dc: &DnsName, cause: Cause) -> Fault {
    Fault::Condition { dc: dc.clone(), cause }
}

struct List<'a> {
    case: &'a Case<'a>,
    finding: &'a Finding,
    candidates: Vec<CandidateFault>,
}

impl<'a> List<'a> {
    fn culprit(&self) -> Option<&'a Culprit> {
        self.finding.culprit.as_deref()
    }

    fn add(&mut self, side: Side, fault: Fault) {
        self.push(CandidateFault { cause: self.finding.cause, side, fault, places: Vec::new() });
    }

    fn push(&mut self, candidate: CandidateFault) {
        if self.candidates.iter().all(|known| known.fault != candidate.fault) {
            self.candidates.push(candidate);
        }
    }

    fn directory(&mut self) {
        let source = self.case.source().clone();
        let fault = match self.culprit() {
            Some(Culprit::NtdsSettings(settings)) => {
                Fault::NtdsSettings { source, guid: settings.known.0 }
            }
            _ => condition(&source, self.finding.cause),
        };
        self.add(Side::Directory, fault);
    }

    /// Replication that is refused: with the end that the error lies on, or with either.
    fn refusal(&mut self) {
        let (side, error) = (self.finding.side, self.finding.error);
        let (source, destination) = (self.case.source(), self.case.destination());
        // A database that was put back sends nothing and takes nothing (KB 875495): where both are seen, it is one
        // fault.
        let errors =
            if error == SOURCE_DISABLED { vec![error, SINK_DISABLED] } else { vec![error] };
        for error in errors {
            let refusal = |dc: &DnsName| Fault::Refusal { dc: dc.clone(), error };
            if side != Side::Destination {
                self.add(side, refusal(source));
            }
            if side != Side::Source {
                self.add(side, refusal(destination));
            }
        }
    }

    /// The destination's own directory: the fault that its partners see as well, as of a source.
    fn not_serving(&mut self) {
        let dc = self.case.destination().clone();
        let services = self.case.destination_services;
        let serves = services.and_then(|held| serving(&held.fact, self.case.interface()));
        let serves = serves.filter(|service| service.state != ServiceState::Running);
        let fault = match self.culprit() {
            Some(Culprit::BootMode { .. }) => condition(&dc, Cause::DirectoryServicesRestoreMode),
            Some(Culprit::Service { service: Some(service), .. }) => {
                Fault::Service { dc: dc.clone(), service: service.clone() }
            }
            _ => condition(&dc, self.finding.cause),
        };
        self.add(Side::Destination, fault);
        if let Some(service) = serves {
            let service = service.name.clone();
            self.add(Side::Destination, Fault::Service { dc, service });
        }
    }

    /// Something at the source.
    fn server(&mut self, name_sources: &[NameSource<'_>]) {
        let dc = self.case.source().clone();
        let interface = self.case.interface();
        match self.finding.cause {
            Cause::ServiceDied | Cause::ServiceNotStarted => {
                if let Some(service) = self.case.service() {
                    let service = service.name.clone();
                    self.add(Side::Source, Fault::Service { dc: dc.clone(), service });
                }
            }
            Cause::ServiceHangs => {
                if self.is_of_mapper() {
                    self.add(Side::Source, Fault::EndpointMapper { dc: dc.clone() });
                    self.add(Side::Source, condition(&dc, self.finding.cause));
                    return;
                }
                if let Some(Culprit::Service { service: Some(service), .. }) = self.culprit() {
                    let service = service.clone();
                    self.add(Side::Source, Fault::Service { dc: dc.clone(), service });
                }
                // Netlogon is paused with the replication of such a database.
                if self.finding.error == SOURCE_DISABLED {
                    for error in [SOURCE_DISABLED, SINK_DISABLED] {
                        self.add(Side::Source, Fault::Refusal { dc: dc.clone(), error });
                    }
                }
                // What still works is registered.
                if self.finding.state == State::Latent && !self.candidates.is_empty() {
                    return;
                }
            }
            Cause::StaleEndpoint => {
                if let Some(port) = self.broken_port(name_sources) {
                    self.add(Side::Source, Fault::Port { dc: dc.clone(), port });
                }
            }
            Cause::EpmAccessDenied | Cause::NotError1753 => {
                self.add(Side::Source, Fault::EndpointMapper { dc: dc.clone() });
                self.add(Side::Source, condition(&dc, self.finding.cause));
                return;
            }
            Cause::RegistrationFailed | Cause::EndpointsUnregistered | Cause::Unknown => {}
            // Who finds no port to register has none to connect from either: one fault, whichever end of
            // a link it is at.
            Cause::PortRangeExhausted if dynamic_used_up(self.case).is_some() => {
                self.add(Side::Source, condition(&dc, Cause::PortExhaustion));
            }
            cause => self.add(Side::Source, condition(&dc, cause)),
        }
        self.add(Side::Source, Fault::Registration { dc: dc.clone(), interface });
        self.add(Side::Source, Fault::Application { dc });
    }

    /// Whether it is the endpoint mapper that takes connections and never answers.
    fn is_of_mapper(&self) -> bool {
        let Some(Culprit::Service { trouble, .. }) = self.culprit() else { return false };
        matches!(trouble, ServiceTrouble::NeverAnswers { at, .. } if at.port == TCP_PORT)
    }

    fn broken_port(&self, name_sources: &[NameSource<'_>]) -> Option<u16> {
        let mut addresses = effective(name_sources)?.addresses.iter();
        addresses.find_map(|mapped| match self.case.reach(mapped.address) {
            Reach::PortUnreached(port, _) | Reach::PortBind(port, _) => Some(port),
            _ => None,
        })
    }

    /// Whether others get through where the destination is kept out.
    fn is_contrast(&self) -> bool {
        match self.culprit() {
            Some(Culprit::MapperAnswer { served, .. }) => served.is_some(),
            Some(
                Culprit::Port { trouble: PortTrouble::BindCut(..), .. }
                | Culprit::Registration { trouble: RegistrationTrouble::WithheldFromOne(_), .. },
            ) => true,
            _ => false,
        }
    }

    /// Whether the firewall that is to blame lets port 135 through, and not the port that it names.
    fn is_of_dynamic_port(&self) -> bool {
        matches!(self.culprit(), Some(Culprit::Firewall { at, .. }) if at.port != TCP_PORT)
    }

    /// What the links have in common that meet another host on port 135 of the source.
    fn other_host(&mut self) {
        if let Some(fault) = other_host(self.case, self.culprit()) {
            self.add(Side::Network, fault);
        }
    }

    /// What the links have in common that a balancer sends to different machines.
    fn balanced(&mut self, name_sources: &[NameSource<'_>]) {
        let (cause, side) = (Cause::DnsAStale, Side::NameResolution);
        if let Some(fault) = balanced_record(self.case, self.culprit(), effective(name_sources)) {
            self.push(CandidateFault { cause, side, fault, places: Vec::new() });
        }
    }

    /// The faults where by the source's own word nothing listens there: neither a path nor a client has a part
    /// in that.
    fn closed(&mut self, name_sources: &[NameSource<'_>]) {
        let to = self.case.source().clone();
        let traffic = self.traffic(name_sources);
        self.add(Side::Source, condition(&to, self.finding.cause));
        self.way(Side::Source, Fault::Dc { dc: to, traffic });
    }

    /// The faults on the path and at its two ends: only the other links can tell which of them it is.
    fn ways(&mut self, name_sources: &[NameSource<'_>]) {
        let (from, to) = (self.case.destination().clone(), self.case.source().clone());
        let traffic = self.traffic(name_sources);
        self.way(Side::Network, Fault::Path { from: from.clone(), to: to.clone(), traffic });
        if traffic == Traffic::DynamicPorts
            && let Some(port) = self.broken_port(name_sources)
        {
            self.way(Side::Source, Fault::Port { dc: to.clone(), port });
        }
        let (one, other) = in_order(from.clone(), to.clone());
        self.way(Side::Source, Fault::Dc { dc: to.clone(), traffic });
        self.way(Side::Destination, Fault::Client { dc: from.clone(), traffic });
        self.way(Side::Network, Fault::Between { one, other, traffic });
        if let Some(traffic) = self.only_family(name_sources, traffic) {
            self.way(Side::Source, Fault::Dc { dc: to.clone(), traffic });
            self.way(Side::Destination, Fault::Client { dc: from.clone(), traffic });
        }
        self.way(Side::Source, Fault::Isolated { dc: to, traffic });
        self.way(Side::Destination, Fault::Isolated { dc: from, traffic });
        if let (Some(from), Some(to)) = (destination_site(self.case), source_site(self.case))
            && from != to
        {
            let (one, other) = in_order(from.clone(), to.clone());
            let path = Fault::SitePath { from: from.clone(), to: to.clone(), traffic };
            self.way(Side::Network, path);
            self.way(Side::Network, Fault::BetweenSites { one, other, traffic });
            self.way(Side::Network, Fault::Site { site: to, traffic });
            self.way(Side::Network, Fault::Site { site: from, traffic });
        }
    }

    /// The engine's cause where it says the same side; else what the traffic says.
    fn way(&mut self, side: Side, fault: Fault) {
        let cause = match self.finding.cause {
            cause @ (Cause::DynamicPortBlocked
            | Cause::RpcFiltered
            | Cause::AnswerAltered
            | Cause::LargePacketsLost) => cause,
            cause if side == self.finding.side => cause,
            _ => Cause::EpmUnreachable,
        };
        self.push(CandidateFault { cause, side, fault, places: Vec::new() });
    }

    fn traffic(&self, name_sources: &[NameSource<'_>]) -> Traffic {
        let is_way = !matches!(
            self.finding.cause,
            Cause::RpcFiltered | Cause::AnswerAltered | Cause::LargePacketsLost
        );
        if self.finding.state == State::Latent
            && is_way
            && let Some(traffic) = self.partly(name_sources)
        {
            return traffic;
        }
        match self.finding.cause {
            Cause::DynamicPortBlocked => Traffic::DynamicPorts,
            Cause::RpcFiltered | Cause::AnswerAltered => Traffic::Rpc,
            Cause::LargePacketsLost => Traffic::LargePackets,
            Cause::HostFirewall if self.is_of_dynamic_port() => Traffic::DynamicPorts,
            _ => Traffic::EndpointMapper,
        }
    }

    /// The only IP version over which anything was tried, where not even port 135 got through: others may
    /// get there over the other one.
    fn only_family(&self, name_sources: &[NameSource<'_>], traffic: Traffic) -> Option<Traffic> {
        if traffic != Traffic::EndpointMapper {
            return None;
        }
        let addresses = effective(name_sources)?.addresses.iter().map(|mapped| mapped.address);
        let mut tried = addresses.filter(|address| match self.case.reach(*address) {
            // The destination itself may have none of that version.
            Reach::NotSeen | Reach::Unreached(Failure::Unreachable(_)) => false,
            _ => true,
        });
        let first = tried.next()?.is_ipv4();
        let family = if first { Traffic::Ipv4 } else { Traffic::Ipv6 };
        tried.all(|address| address.is_ipv4() == first).then_some(family)
    }

    /// The IP version or the address that is broken, where another one works.
    fn partly(&self, name_sources: &[NameSource<'_>]) -> Option<Traffic> {
        let reached = |reach: &Reach<'_>| matches!(reach, Reach::Reached(_));
        let seen: Vec<_> = effective(name_sources)?
            .addresses
            .iter()
            .map(|mapped| (mapped.address, self.case.reach(mapped.address)))
            .filter(|(_, reach)| *reach != Reach::NotSeen)
            .collect();
        let broken = seen.iter().find(|(_, reach)| !reached(reach)).map(|(address, _)| *address)?;
        let family = seen.iter().filter(|(address, _)| address.is_ipv4() == broken.is_ipv4());
        let elsewhere = seen
            .iter()
            .any(|(address, reach)| address.is_ipv4() != broken.is_ipv4() && reached(reach));
        Some(match family.clone().any(|(_, reach)| reached(reach)) || !elsewhere {
            true => Traffic::Address(broken),
            false if broken.is_ipv4() => Traffic::Ipv4,
            false => Traffic::Ipv6,
        })
    }

    /// A record, a line, a cache, or the server that gave it.
    fn names(&mut self, name_sources: &[NameSource<'_>]) {
        let case = self.case;
        let Some(decides) = effective(name_sources) else { return self.silence(name_sources) };
        let dc = case.destination().clone();
        let fault = match self.culprit() {
            Some(Culprit::DnsRecord(record)) => return self.record(record, decides),
            Some(Culprit::HostsLine(line)) => file_line(line, "hosts file"),
            Some(Culprit::LmhostsLine(line)) => file_line(line, "LMHOSTS file"),
            Some(Culprit::WinsRecord { dc, leads, .. }) => Fault::DnsRecord {
                name: dc.clone(),
                record: RecordType::Nb,
                value: Some(leads.address.to_string()),
            },
            Some(Culprit::NameWithoutAddress { name, place: NamePlace::Dns(_) }) => {
                Fault::DnsRecord { name: name.clone(), record: RecordType::A, value: None }
            }
            Some(
                Culprit::CachedName { .. }
                | Culprit::ResolverAnswer { .. }
                | Culprit::NameWithoutAddress { .. }
                // The cache alone still has the name.
                | Culprit::SilentDnsServers(_),
            ) => Fault::Cache { dc },
            _ => Fault::Names { from: dc, of: case.source().clone() },
        };
        self.add(Side::NameResolution, fault);
        if let Some(server) = decides.dns_server()
            && self.finding.state == State::Failing
        {
            let server = case.server_key(server);
            self.add(Side::NameResolution, Fault::DnsServer { server });
        }
    }

    /// A record that is wrong or missing, and the one server that can be blamed for it.
    fn record(&mut self, bad: &DnsRecord, decides: &NameSource<'_>) {
        self.push(CandidateFault {
            cause: self.finding.cause,
            side: Side::NameResolution,
            fault: Fault::DnsRecord {
                name: bad.name.clone(),
                record: bad.record,
                value: bad.data(),
            },
            places: bad.servers.iter().map(ToString::to_string).collect(),
        });
        let blamed = match (self.finding.state, decides.dns_server(), bad.servers.as_slice()) {
            (State::Failing, Some(server), _) => Some(self.case.server_key(server)),
            (State::Latent, _, [only]) => Some(only.key()),
            _ => None,
        };
        if let Some(server) = blamed {
            self.add(Side::NameResolution, Fault::DnsServer { server });
        }
    }

    /// No source of names said anything.
    fn silence(&mut self, name_sources: &[NameSource<'_>]) {
        let (from, of) = (self.case.destination().clone(), self.case.source().clone());
        self.add(Side::NameResolution, Fault::Names { from: from.clone(), of });
        self.add(Side::NameResolution, Fault::Resolver { dc: from });
        for server in name_sources.iter().filter_map(NameSource::dns_server) {
            let server = self.case.server_key(server);
            self.add(Side::NameResolution, Fault::DnsServer { server });
        }
    }
}

/// The line of a file, of which `what` stands for the path where that was not seen.
fn file_line(line: &FileLine, what: &str) -> Fault {
    let path = line.path.clone().unwrap_or_else(|| what.to_owned());
    Fault::HostsLine { dc: line.dc.clone(), path, line: line.line }
}

fn in_order<T: Ord>(one: T, other: T) -> (T, T) {
    if one <= other { (one, other) } else { (other, one) }
}
