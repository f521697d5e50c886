//! The observations that contradict each sort of candidate fault.

use super::{
    contradiction::{Contradiction, Reach},
    places::Places,
};
use crate::diagnosis::{Fault, Traffic};

/// The observations that contradict a fault. There are none for a fault that a working link
/// elsewhere says nothing about.
pub(super) fn contradicted_by(places: &mut Places, fault: &Fault) -> Vec<Contradiction> {
    match fault {
        Fault::Application { dc } => vec![Contradiction::Application(places.dcs.number(dc))],
        Fault::Port { dc, port } => vec![Contradiction::Port(places.dcs.number(dc), *port)],
        Fault::DnsServer { server } => {
            vec![Contradiction::Server(places.servers.number(server))]
        }
        Fault::Resolver { dc } => vec![Contradiction::Resolver(places.dcs.number(dc))],
        Fault::Dc { dc, traffic } => {
            vec![Contradiction::Dc(places.dcs.number(dc), reach(*traffic))]
        }
        Fault::Client { dc, traffic } => {
            vec![Contradiction::Client(places.dcs.number(dc), reach(*traffic))]
        }
        Fault::Isolated { dc, traffic } => {
            let (dc, reach) = (places.dcs.number(dc), reach(*traffic));
            vec![Contradiction::Dc(dc, reach), Contradiction::Client(dc, reach)]
        }
        Fault::Between { one, other, traffic } => {
            let (one, other) = (places.dcs.number(one), places.dcs.number(other));
            let reach = reach(*traffic);
            vec![Contradiction::Path(one, other, reach), Contradiction::Path(other, one, reach)]
        }
        Fault::SitePath { from, to, traffic } => {
            let (from, to) = (places.sites.number(from), places.sites.number(to));
            vec![Contradiction::SitePath(from, to, reach(*traffic))]
        }
        Fault::BetweenSites { one, other, traffic } => {
            let (one, other) = (places.sites.number(one), places.sites.number(other));
            let reach = reach(*traffic);
            vec![
                Contradiction::SitePath(one, other, reach),
                Contradiction::SitePath(other, one, reach),
            ]
        }
        Fault::Site { site, traffic } => {
            vec![Contradiction::Site(places.sites.number(site), reach(*traffic))]
        }
        Fault::Service { .. }
        | Fault::Condition { .. }
        | Fault::Refusal { .. }
        | Fault::Registration { .. }
        | Fault::EndpointMapper { .. }
        | Fault::HostsLine { .. }
        | Fault::Cache { .. }
        | Fault::DnsRecord { .. }
        | Fault::NtdsSettings { .. }
        | Fault::Names { .. }
        | Fault::Path { .. } => Vec::new(),
    }
}

fn reach(traffic: Traffic) -> Reach {
    match traffic {
        Traffic::EndpointMapper => Reach::Mapper,
        Traffic::DynamicPorts => Reach::Dynamic,
        Traffic::Rpc => Reach::Rpc,
        Traffic::LargePackets => Reach::Large,
        Traffic::Ipv4 => Reach::Ipv4,
        Traffic::Ipv6 => Reach::Ipv6,
        Traffic::Address(address) => Reach::Address(address),
    }
}
