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

/// Everything works, and these DNS servers say the right thing.
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

fn failing(link: &Link, cause: Cause, side: Side, subjects: Vec<(Side, Fault)>) -> Verdict {
    let mut verdict = unknown(link);
    verdict.state = State::Failing;
    verdict.cause = cause;
    verdict.side = side;
    verdict.confidence = Confidence::Likely;
    verdict.works.at = Some(Timestamp::from_millis(1));
    let root = |(side, subject)| CandidateFault { cause, side, fault: subject, places: Vec::new() };
    verdict.candidates = subjects.into_iter().map(root).collect();
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

/// No way to port 135, with the roots that the engine gives for it.
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

/// Seen for the first time when it was looked at.
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

fn subjects(grouper: &mut Grouper) -> Vec<String> {
    assert_eq!(grouper.unexplained(), [], "every link in trouble has an incident");
    grouper.incidents().iter().map(|incident| incident.subject.to_string()).collect()
}

const RIGHT: &[&str] = &["10.0.0.53"];

#[test]
fn one_dead_service_behind_four_hundred_links_is_one_incident() {
    let verdicts: Vec<_> = (2..402).map(|from| (link(from, 1), died(&link(from, 1)))).collect();
    let mut grouper = grouped(&verdicts);
    let incidents = grouper.incidents();
    assert_eq!(incidents.len(), 1);
    let incident = &incidents[0];
    assert_eq!(incident.subject.to_string(), "service NTDS on dc1.lab.test");
    assert_eq!((incident.cause, incident.side), (Cause::ServiceDied, Side::Source));
    assert_eq!(incident.confidence, Confidence::Proven);
    assert_eq!(incident.links.len(), 400);
    assert_eq!(incident.pattern.shape, Shape::AllDestinations);
    assert_eq!(
        incident.pattern.words,
        "400 of 400 destinations fail: all that look at dc1.lab.test"
    );
}

/// A name, who does not reach whom, and the incidents of it.
type Cut<'a> = (&'a str, &'a dyn Fn(usize, usize) -> bool, &'a [&'a str]);

#[test]
fn a_firewall_a_cut_path_and_a_cut_client_are_told_apart() {
    let cases: [Cut<'_>; 6] = [
        ("nothing", &|_, _| false, &[]),
        ("nobody reaches 2", &|_, to| to == 2, &["dc2.lab.test, towards all (port 135)"]),
        ("1 reaches nobody", &|from, _| from == 1, &["dc1.lab.test, to everywhere (port 135)"]),
        (
            "1 does not reach 2",
            &|from, to| (from, to) == (1, 2),
            &["path dc1.lab.test -> dc2.lab.test (port 135)"],
        ),
        (
            "3 is cut off both ways",
            &|from, to| from == 3 || to == 3,
            &["dc3.lab.test, both ways (port 135)"],
        ),
        (
            "nobody reaches 2, and 3 does not reach 4",
            &|from, to| to == 2 || (from, to) == (3, 4),
            &[
                "path dc3.lab.test -> dc4.lab.test (port 135)",
                "dc2.lab.test, towards all (port 135)",
            ],
        ),
    ];
    for (name, cut, expected) in cases {
        let mut grouper =
            grouped(&fleet(
                5,
                |from, to, link| {
                    if cut(from, to) { silent(link) } else { healthy(link, RIGHT) }
                },
            ));
        assert_eq!(subjects(&mut grouper), expected, "{name}");
    }
}

/// Between two sites with a firewall that lets through what the administrator knew of.
#[test]
fn an_open_port_set_by_hand_is_no_word_on_the_dynamic_ones() {
    let site = |number: usize| (if number < 3 { "Branch" } else { "Main" }).to_owned();
    let found = |open: Option<(u16, bool)>| {
        let all = fleet(6, |from, to, link| {
            let across = site(from) == "Branch" && site(to) == "Main";
            let traffic = Traffic::DynamicPorts;
            let mut verdict = match open.filter(|_| to == 6) {
                Some((port, dynamic)) if across => {
                    let mut healthy = healthy(link, RIGHT);
                    (healthy.works.port, healthy.works.dynamic) = (Some(port), dynamic);
                    healthy
                }
                _ if across => {
                    let (from, to) = (link.destination.clone(), link.source.clone());
                    let between = Fault::SitePath { from: site(1), to: site(3), traffic };
                    let path = Fault::Path { from, to, traffic };
                    let roots = vec![(Side::Network, path), (Side::Network, between)];
                    failing(link, Cause::DynamicPortBlocked, Side::Network, roots)
                }
                _ => healthy(link, RIGHT),
            };
            (verdict.works.destination_site, verdict.works.source_site) =
                (Some(site(from)), Some(site(to)));
            verdict
        });
        subjects(&mut grouped(&all))
    };
    let whole = ["path site Branch -> site Main (dynamic ports)"];
    assert_eq!(found(None), whole);
    assert_eq!(found(Some((5300, false))), whole);
    assert_eq!(found(Some((50_500, true))).len(), 6, "each pair by itself");
}

#[test]
fn what_worked_before_a_link_failed_contradicts_nothing() {
    let mut grouper = Grouper::new();
    let at = |grouper: &mut Grouper, link: &Link, verdict: Verdict, second: u64, since: u64| {
        let verdict = looked_at(verdict, second);
        grouper.put(link, &verdict, Timestamp::from_millis(since * 1000));
    };
    // 4 got through to 1 just before 2 and 3 did not: it has gone down in between.
    at(&mut grouper, &link(4, 1), healthy(&link(4, 1), RIGHT), 100, 0);
    at(&mut grouper, &link(2, 1), silent(&link(2, 1)), 110, 110);
    at(&mut grouper, &link(3, 1), silent(&link(3, 1)), 112, 112);
    let whole = ["dc1.lab.test, towards all (port 135)"];
    assert_eq!(subjects(&mut grouper), whole);
    // Still so when it is looked at again and nobody else was.
    at(&mut grouper, &link(2, 1), silent(&link(2, 1)), 170, 110);
    assert_eq!(subjects(&mut grouper), whole);
    // 4 gets through while they do not: two paths.
    at(&mut grouper, &link(4, 1), healthy(&link(4, 1), RIGHT), 160, 0);
    let paths = [
        "path dc2.lab.test -> dc1.lab.test (port 135)",
        "path dc3.lab.test -> dc1.lab.test (port 135)",
    ];
    assert_eq!(subjects(&mut grouper), paths);
    // The one that fails later may have another reason, and does not make these two something else.
    at(&mut grouper, &link(5, 1), healthy(&link(5, 1), RIGHT), 165, 0);
    at(&mut grouper, &link(4, 1), silent(&link(4, 1)), 220, 220);
    assert_eq!(subjects(&mut grouper).len(), 3);
    // All well again, then all of them at once.
    for from in 2..=5 {
        at(&mut grouper, &link(from, 1), healthy(&link(from, 1), RIGHT), 300, 300);
    }
    assert_eq!(subjects(&mut grouper), [""; 0]);
    for (from, second) in (2..=5).zip(310..) {
        at(&mut grouper, &link(from, 1), silent(&link(from, 1)), second, second);
    }
    assert_eq!(subjects(&mut grouper), whole);
}

/// What is explained already is no ground for a larger claim, and that is said.
#[test]
fn a_way_whose_other_direction_hangs_on_a_host_that_is_down_is_one_direction() {
    let fails = |from: usize, to: usize| to == 1 || (from, to) == (1, 2);
    let mut grouper = grouped(&fleet(5, |from, to, link| match fails(from, to) {
        true => silent(link),
        false => healthy(link, RIGHT),
    }));
    let path = "path dc1.lab.test -> dc2.lab.test (port 135)";
    assert_eq!(subjects(&mut grouper), [path, "dc1.lab.test, towards all (port 135)"]);
    let incidents = grouper.incidents();
    let one = incidents.iter().find(|it| it.subject.to_string() == path).expect("the path");
    let considered = grouper.considered(&one.subject);
    let between = considered.iter().find(|other| matches!(other.subject, Fault::Between { .. }));
    let why = "explains no more of these, and would break links that other incidents explain";
    assert_eq!(between.map(|other| other.why.as_str()), Some(why), "{considered:?}");
}

#[test]
fn two_dead_services_are_two() {
    let mut grouper =
        grouped(&fleet(6, |_, to, link| if to <= 2 { died(link) } else { healthy(link, RIGHT) }));
    let expected = ["service NTDS on dc1.lab.test", "service NTDS on dc2.lab.test"];
    assert_eq!(subjects(&mut grouper), expected);
}

#[test]
fn one_stale_record_on_five_servers_is_one_incident_that_names_all() {
    let server = |from: usize| format!("10.0.0.{}", 50 + from % 5);
    let mut grouper = grouped(&fleet(7, |from, to, link| {
        if to == 1 { stale(link, &server(from), "10.9.9.9") } else { healthy(link, RIGHT) }
    }));
    let incidents = grouper.incidents();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].places.len(), 5);
    assert_eq!(incidents[0].subject.to_string(), "A dc1.lab.test = 10.9.9.9");
}

#[test]
fn a_server_is_blamed_when_it_is_wrong_about_all_it_serves() {
    let on = "10.0.0.53";
    let count = |wrong: usize| {
        let mut grouper = grouped(&fleet(8, |_, to, link| {
            if to <= wrong { stale(link, on, &format!("10.9.9.{to}")) } else { healthy(link, &[]) }
        }));
        (subjects(&mut grouper), grouper)
    };
    let records = ["A dc1.lab.test = 10.9.9.1", "A dc2.lab.test = 10.9.9.2"];
    assert_eq!(count(2).0, records);
    let (all, mut grouper) = count(3);
    assert_eq!(all, ["DNS server 10.0.0.53"]);
    // It is right about one name: then each record is a fault of its own.
    put(&mut grouper, &link(1, 8), &healthy(&link(1, 8), &[on]));
    assert_eq!(subjects(&mut grouper).len(), 3);
}

#[test]
fn what_is_latent_goes_with_what_fails_by_the_same_fault() {
    let verdicts = [
        (link(1, 2), stale(&link(1, 2), "10.0.0.53", "10.9.9.9")),
        (link(3, 2), latent(stale(&link(3, 2), "10.0.0.53", "10.9.9.9"))),
        (link(3, 4), latent(stale(&link(3, 4), "10.0.0.53", "10.9.9.8"))),
    ];
    let mut grouper = grouped(&verdicts);
    let incidents = grouper.incidents();
    let states: Vec<_> =
        incidents.iter().map(|i| (i.state, i.links.len(), i.latent.len())).collect();
    assert_eq!(states, [(State::Failing, 1, 1), (State::Latent, 0, 1)]);
}

#[test]
fn changes_are_told_and_what_is_over_is_closed() {
    let mut grouper =
        grouped(&fleet(4, |_, to, link| if to == 1 { died(link) } else { healthy(link, RIGHT) }));
    let service = Fault::Service { dc: dc(1), service: "NTDS".to_owned() };
    assert_eq!(grouper.regroup().opened, std::slice::from_ref(&service));
    assert_eq!(grouper.regroup(), Changes::default());
    put(&mut grouper, &link(2, 1), &died(&link(2, 1)));
    assert_eq!(grouper.regroup(), Changes::default(), "the same verdict again");
    put(&mut grouper, &link(2, 1), &healthy(&link(2, 1), RIGHT));
    assert_eq!(grouper.regroup().changed, std::slice::from_ref(&service));
    grouper.remove(&link(3, 1));
    put(&mut grouper, &link(4, 1), &healthy(&link(4, 1), RIGHT));
    let last = BTreeSet::from([link(3, 1), link(4, 1)]);
    assert_eq!(grouper.regroup().closed, [(service, last)]);
    assert!(grouper.incidents().is_empty());
}

#[test]
fn a_link_that_two_explain_is_stated() {
    // Nobody reaches 2, and 1 reaches nobody: the link from 1 to 2 has both.
    let mut grouper =
        grouped(&fleet(
            5,
            |from, to, link| {
                if from == 1 || to == 2 { silent(link) } else { healthy(link, RIGHT) }
            },
        ));
    let incidents = grouper.incidents();
    assert_eq!(incidents.len(), 2);
    for incident in incidents {
        assert_eq!(incident.shared, [link(1, 2)]);
        assert_eq!(incident.links.len(), 4);
    }
}

#[test]
fn a_failing_link_without_roots_is_stated_as_unexplained() {
    let mut grouper = Grouper::new();
    put(&mut grouper, &link(1, 2), &failing(&link(1, 2), Cause::Unknown, Side::None, Vec::new()));
    assert_eq!(grouper.unexplained(), [link(1, 2)]);
    assert!(grouper.incidents().is_empty());
    put(&mut grouper, &link(1, 2), &healthy(&link(1, 2), RIGHT));
    assert_eq!(grouper.unexplained(), []);
}

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

/// That nothing is kept of links that are gone.
fn assert_holds_nothing(grouper: &Grouper, when: &str) {
    assert!(grouper.places.is_empty() && grouper.watch.is_empty(), "{when}");
    assert!(grouper.root_ids.is_empty() && grouper.groups.is_empty(), "{when}");
    assert!(grouper.unexplained.is_empty(), "{when}");
}

#[test]
fn in_whatever_order_and_however_often_the_outcome_is_that_from_scratch() {
    for seed in 0..12 {
        let mut numbers = Numbers(seed);
        let mut grouper = Grouper::new();
        let mut held: std::collections::BTreeMap<Link, Verdict> = std::collections::BTreeMap::new();
        for step in 0..120 {
            let (from, to) = (1 + numbers.below(6), 1 + numbers.below(6));
            let link = link(from, to);
            let on = ["10.0.0.53", "10.0.0.54"][numbers.below(2)];
            let verdict = match numbers.below(9) {
                0 => None,
                1 => Some(died(&link)),
                2 | 3 => Some(silent(&link)),
                4 => Some(stale(&link, on, "10.9.9.9")),
                5 => Some(latent(stale(&link, on, "10.9.9.9"))),
                6 => Some(unknown(&link)),
                _ => Some(healthy(&link, &[on])),
            };
            match verdict {
                Some(verdict) => {
                    put(&mut grouper, &link, &verdict);
                    held.insert(link, verdict);
                }
                None => {
                    grouper.remove(&link);
                    held.remove(&link);
                }
            }
            if numbers.below(3) > 0 {
                continue;
            }
            let mut backwards: Vec<_> = held.clone().into_iter().collect();
            backwards.reverse();
            let mut fresh = grouped(&backwards);
            assert_eq!(grouper.incidents(), fresh.incidents(), "seed {seed}, step {step}");
            assert_eq!(grouper.unexplained(), fresh.unexplained(), "seed {seed}, step {step}");
        }
        for link in held.keys() {
            grouper.remove(link);
        }
        assert!(grouper.incidents().is_empty() && grouper.is_empty(), "seed {seed}");
        assert_holds_nothing(&grouper, &format!("seed {seed}"));
    }
}
