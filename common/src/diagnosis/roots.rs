//! From a finding to the roots that would each explain it.
//!
//! Every list has at least one root that no healthy link can contradict, so that a failing link is
//! never left without an incident.

use super::{
    Cause, Root, Side, State, Subject, Traffic,
    case::{Case, Path, path},
    finding::Finding,
    misled::alias_name,
    naming::{Alias, View, effective},
    shown::server_key,
};
use crate::facts::{DnsName, RecordType, Source};

/// What single faults would each explain the finding, the most specific first; none for a link
/// that is healthy or of which nothing is known.
pub(super) fn roots(case: &Case<'_>, views: &[View], finding: &Finding) -> Vec<Root> {
    if !matches!(finding.state, State::Failing | State::Latent) {
        return Vec::new();
    }
    let mut list = List { case, finding, roots: Vec::new() };
    if let Some(subject) = &finding.subject {
        list.add(finding.side, subject.clone());
    }
    match (finding.side, finding.cause) {
        (Side::Directory, _) => list.directory(),
        (Side::NameResolution, _) => list.names(views),
        (_, Cause::EpmUnreachable | Cause::DynamicPortBlocked) | (Side::Network, _) => {
            list.ways(views);
        }
        (Side::Destination, cause) => {
            list.add(Side::Destination, condition(case.destination(), cause));
        }
        (Side::Source | Side::None, _) => list.server(views),
    }
    list.roots
}

fn condition(dc: &DnsName, cause: Cause) -> Subject {
    Subject::Condition { dc: dc.clone(), cause }
}

struct List<'a> {
    case: &'a Case<'a>,
    finding: &'a Finding,
    roots: Vec<Root>,
}

impl List<'_> {
    fn add(&mut self, side: Side, subject: Subject) {
        self.push(Root { cause: self.finding.cause, side, subject, places: Vec::new() });
    }

    fn push(&mut self, root: Root) {
        if self.roots.iter().all(|known| known.subject != root.subject) {
            self.roots.push(root);
        }
    }

    fn directory(&mut self) {
        let source = self.case.source().clone();
        match self.case.known_settings() {
            Some(known) => {
                let guid = known.dsa_guid;
                self.add(Side::Directory, Subject::NtdsSettings { source, guid });
            }
            None => self.add(Side::Directory, condition(&source, self.finding.cause)),
        }
    }

    /// Something at the source.
    fn server(&mut self, views: &[View]) {
        let dc = self.case.source().clone();
        let interface = self.case.interface();
        match self.finding.cause {
            Cause::ServiceDied | Cause::ServiceNotStarted => {
                if let Some(service) = self.case.service() {
                    let service = service.name.clone();
                    self.add(Side::Source, Subject::Service { dc: dc.clone(), service });
                }
            }
            Cause::StaleEndpoint => {
                if let Some(port) = self.broken_port(views) {
                    self.add(Side::Source, Subject::Port { dc: dc.clone(), port });
                }
            }
            Cause::EpmAccessDenied | Cause::NotError1753 => {
                self.add(Side::Source, Subject::EndpointMapper { dc: dc.clone() });
                self.add(Side::Source, condition(&dc, self.finding.cause));
                return;
            }
            Cause::RegistrationFailed | Cause::EndpointsUnregistered | Cause::Unknown => {}
            cause => self.add(Side::Source, condition(&dc, cause)),
        }
        self.add(Side::Source, Subject::Registration { dc: dc.clone(), interface });
        self.add(Side::Source, Subject::Application { dc });
    }

    fn broken_port(&self, views: &[View]) -> Option<u16> {
        let addresses = effective(views)?.addresses.iter();
        addresses.copied().find_map(|(address, _)| {
            match path(self.case.probe(address), self.case.interface()) {
                Path::PortUnreached(port, _) | Path::PortBind(port, _) => Some(port),
                _ => None,
            }
        })
    }

    /// Something on the way, or at one of its ends: which, only the other links can tell.
    fn ways(&mut self, views: &[View]) {
        let (from, to) = (self.case.destination().clone(), self.case.source().clone());
        let traffic = self.traffic(views);
        self.way(Side::Network, Subject::Path { from: from.clone(), to: to.clone(), traffic });
        if traffic == Traffic::DynamicPorts
            && let Some(port) = self.broken_port(views)
        {
            self.way(Side::Source, Subject::Port { dc: to.clone(), port });
        }
        let (one, other) = in_order(from.clone(), to.clone());
        self.way(Side::Source, Subject::Dc { dc: to.clone(), traffic });
        self.way(Side::Destination, Subject::Client { dc: from.clone(), traffic });
        self.way(Side::Network, Subject::Between { one, other, traffic });
        self.way(Side::Source, Subject::Isolated { dc: to, traffic });
        self.way(Side::Destination, Subject::Isolated { dc: from, traffic });
        let shown = super::shown::shown(self.case, views);
        if let (Some(from), Some(to)) = (shown.destination_site, shown.source_site)
            && from != to
        {
            let (one, other) = in_order(from.clone(), to.clone());
            let path = Subject::SitePath { from: from.clone(), to: to.clone(), traffic };
            self.way(Side::Network, path);
            self.way(Side::Network, Subject::BetweenSites { one, other, traffic });
            self.way(Side::Network, Subject::Site { site: to, traffic });
            self.way(Side::Network, Subject::Site { site: from, traffic });
        }
    }

    /// The engine's cause where it says the same side; else what the traffic says.
    fn way(&mut self, side: Side, subject: Subject) {
        let cause = match self.finding.cause {
            Cause::DynamicPortBlocked => Cause::DynamicPortBlocked,
            cause if side == self.finding.side => cause,
            _ => Cause::EpmUnreachable,
        };
        self.push(Root { cause, side, subject, places: Vec::new() });
    }

    fn traffic(&self, views: &[View]) -> Traffic {
        if self.finding.state == State::Latent
            && let Some(traffic) = self.partly(views)
        {
            return traffic;
        }
        match self.finding.cause {
            Cause::DynamicPortBlocked => Traffic::DynamicPorts,
            _ => Traffic::EndpointMapper,
        }
    }

    /// One of several addresses is broken: the family, where the other one works.
    fn partly(&self, views: &[View]) -> Option<Traffic> {
        let reached = |path: &Path<'_>| matches!(path, Path::Reached(_));
        let paths: Vec<_> = effective(views)?
            .addresses
            .iter()
            .map(|&(address, _)| (address, path(self.case.probe(address), self.case.interface())))
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
    fn names(&mut self, views: &[View]) {
        let case = self.case;
        let failing = self.finding.state == State::Failing;
        let Some(effective) = effective(views) else { return self.silence(views) };
        let missing = self.finding.cause == Cause::DnsCnameMissing;
        let is_wrong = |view: &View| match missing {
            true => view.alias == Alias::Missing,
            false => view.wrong(case).next().is_some(),
        };
        let is_dns = |view: &&View| matches!(view.source, Source::Dns(_));
        let view = if failing || is_wrong(effective) {
            effective
        } else {
            let others = views.iter().filter(is_dns);
            others.into_iter().find(|view| is_wrong(view)).unwrap_or(effective)
        };
        let subject = self.mapping(view, missing);
        let record = matches!(subject, Subject::DnsRecord { .. });
        let holders: Vec<_> = views
            .iter()
            .filter(|other| record && self.mapping(other, missing) == subject)
            .filter_map(|view| match view.source {
                Source::Dns(server) => Some(server),
                _ => None,
            })
            .collect();
        let places = holders.iter().map(|server| case.server_name(*server)).collect();
        let (cause, side) = (self.finding.cause, Side::NameResolution);
        self.push(Root { cause, side, subject, places });
        if let Source::Dns(server) = view.source
            && (failing || holders.len() == 1)
        {
            self.add(side, Subject::DnsServer { server: server_key(case, server) });
        }
    }

    /// What in this source of names is wrong.
    fn mapping(&self, view: &View, missing: bool) -> Subject {
        let dc = self.case.destination().clone();
        let wrong = view.wrong(self.case).next().map(|(address, line, _)| (address, line));
        match view.source {
            Source::Hosts | Source::Lmhosts => Subject::HostsLine {
                dc,
                path: self.case.hosts_path().to_owned(),
                line: wrong.and_then(|(_, line)| line),
            },
            Source::System | Source::Cache => Subject::Cache { dc },
            Source::Dns(_) | Source::Wins(_) => self.record(view, missing),
        }
    }

    fn record(&self, view: &View, missing: bool) -> Subject {
        let wrong = view.wrong(self.case).next().map(|(address, ..)| address);
        let alias = alias_name(self.case).parse().ok();
        let names =
            |of: &DnsName| Subject::Names { from: self.case.destination().clone(), of: of.clone() };
        match (&view.alias, wrong) {
            (Alias::Missing, _) if missing => match alias {
                Some(name) => Subject::DnsRecord { name, record: RecordType::Cname, value: None },
                None => names(self.case.source()),
            },
            (Alias::Target(target), Some(_)) if target != self.case.source() => match alias {
                Some(name) => Subject::DnsRecord {
                    name,
                    record: RecordType::Cname,
                    value: Some(target.to_string()),
                },
                None => names(target),
            },
            (_, Some(address)) => Subject::DnsRecord {
                name: view.name.clone(),
                record: if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa },
                value: Some(address.to_string()),
            },
            (_, None) if view.addresses.is_empty() && view.answered => {
                Subject::DnsRecord { name: view.name.clone(), record: RecordType::A, value: None }
            }
            (_, None) => names(self.case.source()),
        }
    }

    /// No source of names said anything.
    fn silence(&mut self, views: &[View]) {
        let (from, of) = (self.case.destination().clone(), self.case.source().clone());
        self.add(Side::NameResolution, Subject::Names { from: from.clone(), of });
        self.add(Side::NameResolution, Subject::Resolver { dc: from });
        for view in views {
            if let Source::Dns(server) = view.source {
                let server = server_key(self.case, server);
                self.add(Side::NameResolution, Subject::DnsServer { server });
            }
        }
    }
}

fn in_order<T: Ord>(one: T, other: T) -> (T, T) {
    if one <= other { (one, other) } else { (other, one) }
}
