//! Which observations contradict which candidate fault.

use super::{
    contradiction::{Contradiction, Reach},
    places::Places,
};
use crate::diagnosis::{Subject, Traffic};

/// The observations that contradict a fault. There are none for a fault that a working link
/// elsewhere says nothing about.
pub(super) fn contradicted_by(places: &mut Places, subject: &Subject) -> Vec<Contradiction> {
    match subject {
        Subject::Application { dc } => vec![Contradiction::Application(places.dcs.number(dc))],
        Subject::Port { dc, port } => vec![Contradiction::Port(places.dcs.number(dc), *port)],
        Subject::DnsServer { server } => {
            vec![Contradiction::Server(places.servers.number(server))]
        }
        Subject::Resolver { dc } => vec![Contradiction::Resolver(places.dcs.number(dc))],
        Subject::Dc { dc, traffic } => {
            vec![Contradiction::Dc(places.dcs.number(dc), reach(*traffic))]
        }
        Subject::Client { dc, traffic } => {
            vec![Contradiction::Client(places.dcs.number(dc), reach(*traffic))]
        }
        Subject::Isolated { dc, traffic } => {
            let (dc, reach) = (places.dcs.number(dc), reach(*traffic));
            vec![Contradiction::Dc(dc, reach), Contradiction::Client(dc, reach)]
        }
        Subject::Between { one, other, traffic } => {
            let (one, other) = (places.dcs.number(one), places.dcs.number(other));
            let reach = reach(*traffic);
            vec![Contradiction::Path(one, other, reach), Contradiction::Path(other, one, reach)]
        }
        Subject::SitePath { from, to, traffic } => {
            let (from, to) = (places.sites.number(from), places.sites.number(to));
            vec![Contradiction::SitePath(from, to, reach(*traffic))]
        }
        Subject::BetweenSites { one, other, traffic } => {
            let (one, other) = (places.sites.number(one), places.sites.number(other));
            let reach = reach(*traffic);
            vec![
                Contradiction::SitePath(one, other, reach),
                Contradiction::SitePath(other, one, reach),
            ]
        }
        Subject::Site { site, traffic } => {
            vec![Contradiction::Site(places.sites.number(site), reach(*traffic))]
        }
        Subject::Service { .. }
        | Subject::Condition { .. }
        | Subject::Registration { .. }
        | Subject::EndpointMapper { .. }
        | Subject::HostsLine { .. }
        | Subject::Cache { .. }
        | Subject::DnsRecord { .. }
        | Subject::NtdsSettings { .. }
        | Subject::Names { .. }
        | Subject::Path { .. } => Vec::new(),
    }
}

fn reach(traffic: Traffic) -> Reach {
    match traffic {
        Traffic::EndpointMapper => Reach::Mapper,
        Traffic::DynamicPorts => Reach::Dynamic,
        Traffic::Ipv4 => Reach::Ipv4,
        Traffic::Ipv6 => Reach::Ipv6,
        Traffic::Address(address) => Reach::Address(address),
    }
}
