//! Verdicts of made-up fleets, and the incidents that follow from them.

mod changes;
mod faults;
mod order;
mod pattern;

use std::collections::BTreeSet;

use epmesh_facts::{DnsName, RecordType, Timestamp};
use epmesh_rpc::InterfaceId;

use super::*;
use crate::diagnosis::{
    CandidateFault, Cause, Confidence, Evidence, Fault, Link, ProvenReachable, ServerName, Side,
    State, Traffic, Verdict, diagnose,
};

fn dc(number: usize) -> DnsName {
    format!("dc{number}.lab.test").parse().expect("a name")
}

fn link(from: usize, to: usize) -> Link {
    let interface: InterfaceId =
        "e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0".parse().expect("drsuapi");
    Link { destination: dc(from), source: dc(to), interface }
}

fn unknown(link: &Link) -> Verdict {
    diagnose(&Evidence::empty(link.clone(), 180_000), Timestamp::from_millis(1))
}

fn server(address: &str) -> ServerName {
    ServerName::Address(address.parse().expect("an address"))
}

/// The verdict on a link that works, with the DNS servers that are right.
fn healthy(link: &Link, right: &[&str]) -> Verdict {
    let mut verdict = unknown(link);
    verdict.state = State::Healthy;
    verdict.cause = Cause::Healthy;
    verdict.works = ProvenReachable {
        at: Some(Timestamp::from_millis(1)),
        mapper: true,
        port: Some(49_152),
        dynamic: true,
        reached: vec!["10.0.0.1".parse().expect("an address")],
        right: right.iter().map(|address| server(address)).collect(),
        decided_by: right.first().map(|address| server(address)),
        ..ProvenReachable::default()
    };
    verdict
}

fn failing(link: &Link, cause: Cause, side: Side, faults: Vec<(Side, Fault)>) -> Verdict {
    let mut verdict = unknown(link);
    verdict.state = State::Failing;
    verdict.cause = cause;
    verdict.side = side;
    verdict.confidence = Confidence::Likely;
    verdict.works.at = Some(Timestamp::from_millis(1));
    let candidate = |(side, fault)| CandidateFault { cause, side, fault, places: Vec::new() };
    verdict.candidates = faults.into_iter().map(candidate).collect();
    verdict
}

fn died(link: &Link) -> Verdict {
    let dc = link.source.clone();
    let service = Fault::Service { dc: dc.clone(), service: "NTDS".to_owned() };
    let interface = link.interface;
    let mut verdict = failing(
        link,
        Cause::ServiceDied,
        Side::Source,
        vec![
            (Side::Source, service),
            (Side::Source, Fault::Registration { dc: dc.clone(), interface }),
            (Side::Source, Fault::Application { dc }),
        ],
    );
    verdict.confidence = Confidence::Proven;
    verdict.works.mapper = true;
    verdict
}

/// No way to port 135, with the candidates that the engine gives for it.
fn silent(link: &Link) -> Verdict {
    let (from, to, traffic) =
        (link.destination.clone(), link.source.clone(), Traffic::EndpointMapper);
    let mut ends = [from.clone(), to.clone()];
    ends.sort();
    let [one, other] = ends;
    failing(
        link,
        Cause::EpmUnreachable,
        Side::Network,
        vec![
            (Side::Network, Fault::Path { from: from.clone(), to: to.clone(), traffic }),
            (Side::Source, Fault::Dc { dc: to.clone(), traffic }),
            (Side::Destination, Fault::Client { dc: from.clone(), traffic }),
            (Side::Network, Fault::Between { one, other, traffic }),
            (Side::Source, Fault::Isolated { dc: to, traffic }),
            (Side::Destination, Fault::Isolated { dc: from, traffic }),
        ],
    )
}

fn stale(link: &Link, on: &str, value: &str) -> Verdict {
    let record = Fault::DnsRecord {
        name: link.source.clone(),
        record: RecordType::A,
        value: Some(value.to_owned()),
    };
    let mut verdict = failing(
        link,
        Cause::DnsAStale,
        Side::NameResolution,
        vec![
            (Side::NameResolution, record),
            (Side::NameResolution, Fault::DnsServer { server: server(on) }),
        ],
    );
    verdict.candidates[0].places = vec![on.to_owned()];
    verdict.works.decided_by = Some(server(on));
    verdict
}

fn latent(mut verdict: Verdict) -> Verdict {
    verdict.state = State::Latent;
    verdict
}

/// Puts a verdict whose trouble began with its look.
fn put(grouper: &mut Grouper, link: &Link, verdict: &Verdict) {
    grouper.put(link, verdict, verdict.works.at.unwrap_or_default());
}

fn looked_at(mut verdict: Verdict, second: u64) -> Verdict {
    verdict.works.at = Some(Timestamp::from_millis(second * 1000));
    verdict
}

fn grouped(verdicts: &[(Link, Verdict)]) -> Grouper {
    let mut grouper = Grouper::new();
    for (link, verdict) in verdicts {
        put(&mut grouper, link, verdict);
    }
    grouper
}

/// All links among `count` domain controllers, each judged.
fn fleet(count: usize, judge: impl Fn(usize, usize, &Link) -> Verdict) -> Vec<(Link, Verdict)> {
    let mut verdicts = Vec::new();
    for from in 1..=count {
        for to in (1..=count).filter(|to| *to != from) {
            let link = link(from, to);
            verdicts.push((link.clone(), judge(from, to, &link)));
        }
    }
    verdicts
}

fn faults(grouper: &mut Grouper) -> Vec<String> {
    grouper.regroup();
    assert_eq!(grouper.unexplained(), [], "every link in trouble has an incident");
    grouper.incidents().iter().map(|incident| incident.fault.to_string()).collect()
}

const RIGHT: &[&str] = &["10.0.0.53"];

/// Small numbers without end, from a seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % (most as u64)).expect("small")
    }
}

/// Asserts that nothing is kept of links that are gone.
fn assert_holds_nothing(grouper: &Grouper, when: &str) {
    assert!(grouper.places.is_empty() && grouper.watch.is_empty(), "{when}");
    assert!(grouper.fault_ids.is_empty() && grouper.groups.is_empty(), "{when}");
    assert!(grouper.unexplained.is_empty(), "{when}");
}
