//! From a finding to the single faults that would each explain it.
//!
//! Every list has at least one fault that no healthy link can contradict, so that a failing link is
//! never left without an incident.

use epmesh_facts::{DnsName, Failure, RecordType, Source};

use super::{
    CandidateFault, Cause, Confidence, Fault, Side, State, Traffic,
    case::Case,
    finding::{BadRecord, Finding},
    misled::alias_name,
    naming::{Alias, View, effective},
    path::Path,
    server,
    works::server_key,
};

/// What single faults would each explain the finding, the most specific first; none for a link
/// that is healthy or of which nothing is known.
pub(super) fn candidates(
    case: &Case<'_>,
    views: &[View<'_>],
    finding: &Finding,
) -> Vec<CandidateFault> {
    if !matches!(finding.state, State::Failing | State::Latent) {
        return Vec::new();
    }
    let mut list = List { case, finding, candidates: Vec::new() };
    if let Some(fault) = &finding.fault {
        list.add(finding.side, fault.clone());
    }
    match (finding.side, finding.cause) {
        (Side::Directory, _) => list.directory(),
        (Side::NameResolution, _) => list.names(views),
        (Side::Source, Cause::EpmUnreachable) if finding.confidence == Confidence::Proven => {
            list.closed(views);
        }
        (_, Cause::EpmUnreachable | Cause::DynamicPortBlocked | Cause::HostFirewall) => {
            list.ways(views);
        }
        // Two hosts with one address, or a filter on the way: it hangs on the source all the same.
        (Side::Network, cause) => list.add(Side::Network, condition(case.source(), cause)),
        (Side::Destination, cause) => {
            list.add(Side::Destination, condition(case.destination(), cause));
        }
        (Side::Source | Side::None, _) => list.server(views),
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

impl List<'_> {
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
        match self.case.known_settings() {
            Some(known) => {
                let guid = known.dsa_guid;
                self.add(Side::Directory, Fault::NtdsSettings { source, guid });
            }
            None => self.add(Side::Directory, condition(&source, self.finding.cause)),
        }
    }

    /// Something at the source.
    fn server(&mut self, views: &[View<'_>]) {
        let dc = self.case.source().clone();
        let interface = self.case.interface();
        match self.finding.cause {
            Cause::ServiceDied | Cause::ServiceNotStarted => {
                if let Some(service) = self.case.service() {
                    let service = service.name.clone();
                    self.add(Side::Source, Fault::Service { dc: dc.clone(), service });
                }
            }
            Cause::StaleEndpoint => {
                if let Some(port) = self.broken_port(views) {
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
            Cause::PortRangeExhausted if server::dynamic_used_up(self.case).is_some() => {
                self.add(Side::Source, condition(&dc, Cause::PortExhaustion));
            }
            cause => self.add(Side::Source, condition(&dc, cause)),
        }
        self.add(Side::Source, Fault::Registration { dc: dc.clone(), interface });
        self.add(Side::Source, Fault::Application { dc });
    }

    fn broken_port(&self, views: &[View<'_>]) -> Option<u16> {
        let addresses = effective(views)?.addresses.iter();
        addresses.copied().find_map(|(address, _)| match self.case.path(address) {
            Path::PortUnreached(port, _) | Path::PortBind(port, _) => Some(port),
            _ => None,
        })
    }

    /// By the source's own word nothing listens there: neither a way nor a client has a part in it.
    fn closed(&mut self, views: &[View<'_>]) {
        let to = self.case.source().clone();
        let traffic = self.traffic(views);
        self.add(Side::Source, condition(&to, self.finding.cause));
        self.way(Side::Source, Fault::Dc { dc: to, traffic });
    }

    /// Something on the way, or at one of its ends: which, only the other links can tell.
    fn ways(&mut self, views: &[View<'_>]) {
        let (from, to) = (self.case.destination().clone(), self.case.source().clone());
        let traffic = self.traffic(views);
        self.way(Side::Network, Fault::Path { from: from.clone(), to: to.clone(), traffic });
        if traffic == Traffic::DynamicPorts
            && let Some(port) = self.broken_port(views)
        {
            self.way(Side::Source, Fault::Port { dc: to.clone(), port });
        }
        let (one, other) = in_order(from.clone(), to.clone());
        self.way(Side::Source, Fault::Dc { dc: to.clone(), traffic });
        self.way(Side::Destination, Fault::Client { dc: from.clone(), traffic });
        self.way(Side::Network, Fault::Between { one, other, traffic });
        if let Some(traffic) = self.only_family(views, traffic) {
            self.way(Side::Source, Fault::Dc { dc: to.clone(), traffic });
            self.way(Side::Destination, Fault::Client { dc: from.clone(), traffic });
        }
        self.way(Side::Source, Fault::Isolated { dc: to, traffic });
        self.way(Side::Destination, Fault::Isolated { dc: from, traffic });
        let works = super::works::works(self.case, views);
        if let (Some(from), Some(to)) = (works.destination_site, works.source_site)
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
            Cause::DynamicPortBlocked => Cause::DynamicPortBlocked,
            cause if side == self.finding.side => cause,
            _ => Cause::EpmUnreachable,
        };
        self.push(CandidateFault { cause, side, fault, places: Vec::new() });
    }

    fn traffic(&self, views: &[View<'_>]) -> Traffic {
        if self.finding.state == State::Latent
            && let Some(traffic) = self.partly(views)
        {
            return traffic;
        }
        match self.finding.cause {
            Cause::DynamicPortBlocked => Traffic::DynamicPorts,
            Cause::HostFirewall if self.broken_port(views).is_some() => Traffic::DynamicPorts,
            _ => Traffic::EndpointMapper,
        }
    }

    /// The only IP version over which anything was tried, where not even port 135 got through: others may
    /// get there over the other one.
    fn only_family(&self, views: &[View<'_>], traffic: Traffic) -> Option<Traffic> {
        if traffic != Traffic::EndpointMapper {
            return None;
        }
        let addresses = effective(views)?.addresses.iter().map(|(address, _)| *address);
        let mut tried = addresses.filter(|address| match self.case.path(*address) {
            // The destination itself may have none of that version.
            Path::NotSeen | Path::Unreached(Failure::Unreachable(_)) => false,
            _ => true,
        });
        let first = tried.next()?.is_ipv4();
        let family = if first { Traffic::Ipv4 } else { Traffic::Ipv6 };
        tried.all(|address| address.is_ipv4() == first).then_some(family)
    }

    /// One of several addresses is broken: the family, where the other one works.
    fn partly(&self, views: &[View<'_>]) -> Option<Traffic> {
        let reached = |path: &Path<'_>| matches!(path, Path::Reached(_));
        let paths: Vec<_> = effective(views)?
            .addresses
            .iter()
            .map(|&(address, _)| (address, self.case.path(address)))
            .filter(|(_, path)| *path != Path::NotSeen)
            .collect();
        let broken = paths.iter().find(|(_, path)| !reached(path)).map(|(address, _)| *address)?;
        let family = paths.iter().filter(|(address, _)| address.is_ipv4() == broken.is_ipv4());
        let elsewhere = paths
            .iter()
            .any(|(address, path)| address.is_ipv4() != broken.is_ipv4() && reached(path));
        Some(match family.clone().any(|(_, path)| reached(path)) || !elsewhere {
            true => Traffic::Address(broken),
            false if broken.is_ipv4() => Traffic::Ipv4,
            false => Traffic::Ipv6,
        })
    }

    /// A record, a line, a cache, or the server that gave it.
    fn names(&mut self, views: &[View<'_>]) {
        let case = self.case;
        let side = Side::NameResolution;
        let Some(effective) = effective(views) else { return self.silence(views) };
        if let Some(bad) = &self.finding.record {
            return self.record(bad, effective);
        }
        let dc = case.destination().clone();
        let resolver = case.destination_resolver.map(|resolver| &resolver.fact);
        let wrong = |wanted: fn(&Source) -> bool| {
            let mut of = views.iter().filter(|view| wanted(&view.source));
            of.find_map(|view| view.wrong(case).next()).map(|(address, line, _)| (address, line))
        };
        let fault = match self.finding.cause {
            Cause::DnsCacheStale => Fault::Cache { dc },
            Cause::LmhostsOverride => Fault::HostsLine {
                dc,
                path: resolver
                    .and_then(|resolver| resolver.lmhosts.value())
                    .map_or("LMHOSTS file", |file| &file.path)
                    .to_owned(),
                line: wrong(|source| *source == Source::Lmhosts).and_then(|(_, line)| line),
            },
            Cause::WinsStale => Fault::DnsRecord {
                name: case.source().clone(),
                record: RecordType::Nb,
                value: wrong(|source| matches!(source, Source::Wins(_)))
                    .map(|(address, _)| address.to_string()),
            },
            Cause::HostsFileOverride => self.hosts_line(effective, views),
            Cause::WrongServerIdentity if effective.source == Source::Hosts => {
                self.hosts_line(effective, views)
            }
            _ => match (effective.source, &effective.alias, alias_name(case).parse()) {
                (Source::Cache | Source::System, ..) => Fault::Cache { dc },
                (Source::Dns(_), Alias::Target(target), Ok(name)) if target != case.source() => {
                    let value = Some(target.to_string());
                    Fault::DnsRecord { name, record: RecordType::Cname, value }
                }
                (Source::Dns(_), ..) if effective.addresses.is_empty() && effective.answered => {
                    let name = effective.name.clone();
                    Fault::DnsRecord { name, record: RecordType::A, value: None }
                }
                _ => Fault::Names { from: dc, of: case.source().clone() },
            },
        };
        self.add(side, fault);
        if let Source::Dns(server) = effective.source
            && self.finding.state == State::Failing
        {
            self.add(side, Fault::DnsServer { server: server_key(case, server) });
        }
    }

    fn hosts_line(&self, effective: &View<'_>, views: &[View<'_>]) -> Fault {
        let hosts = views.iter().find(|view| view.source == Source::Hosts);
        let hosts = hosts.unwrap_or(effective);
        let wrong = hosts.wrong(self.case).next().map(|(_, line, _)| line);
        // Where nobody has said that it is wrong, it is the one that was taken.
        let line = wrong.or_else(|| hosts.addresses.first().map(|(_, line)| *line)).flatten();
        let dc = self.case.destination().clone();
        Fault::HostsLine { dc, path: self.case.hosts_path().to_owned(), line }
    }

    /// A record that is wrong or missing, and the one server that can be blamed for it.
    fn record(&mut self, bad: &BadRecord, effective: &View<'_>) {
        let case = self.case;
        let record = match bad.kind {
            "CNAME" => RecordType::Cname,
            "AAAA" => RecordType::Aaaa,
            _ => RecordType::A,
        };
        let name = bad.name.clone();
        self.push(CandidateFault {
            cause: self.finding.cause,
            side: Side::NameResolution,
            fault: Fault::DnsRecord { name, record, value: bad.data.clone() },
            places: bad.servers.iter().map(|server| case.server_name(*server)).collect(),
        });
        let blamed = match (self.finding.state, effective.source, bad.servers.as_slice()) {
            (State::Failing, Source::Dns(server), _) => Some(server),
            (State::Latent, _, [only]) => Some(*only),
            _ => None,
        };
        if let Some(server) = blamed {
            let server = server_key(case, server);
            self.add(Side::NameResolution, Fault::DnsServer { server });
        }
    }

    /// No source of names said anything.
    fn silence(&mut self, views: &[View<'_>]) {
        let (from, of) = (self.case.destination().clone(), self.case.source().clone());
        self.add(Side::NameResolution, Fault::Names { from: from.clone(), of });
        self.add(Side::NameResolution, Fault::Resolver { dc: from });
        for view in views {
            if let Source::Dns(server) = view.source {
                let server = server_key(self.case, server);
                self.add(Side::NameResolution, Fault::DnsServer { server });
            }
        }
    }
}

fn in_order<T: Ord>(one: T, other: T) -> (T, T) {
    if one <= other { (one, other) } else { (other, one) }
}
