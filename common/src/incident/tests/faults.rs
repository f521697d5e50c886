//! Tests of the fault that is named for a set of failing links.

use super::*;

#[test]
fn one_dead_service_behind_four_hundred_links_is_one_incident() {
    let verdicts: Vec<_> = (2..402).map(|from| (link(from, 1), died(&link(from, 1)))).collect();
    let mut grouper = grouped(&verdicts);
    let incidents = grouper.incidents();
    assert_eq!(incidents.len(), 1);
    let incident = &incidents[0];
    assert_eq!(incident.fault.to_string(), "service NTDS on dc1.lab.test");
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
        ("nobody reaches 2", &|_, to| to == 2, &["every path to dc2.lab.test (port 135)"]),
        ("1 reaches nobody", &|from, _| from == 1, &["every path from dc1.lab.test (port 135)"]),
        (
            "1 does not reach 2",
            &|from, to| (from, to) == (1, 2),
            &["path dc1.lab.test -> dc2.lab.test (port 135)"],
        ),
        (
            "3 is cut off both ways",
            &|from, to| from == 3 || to == 3,
            &["every path to and from dc3.lab.test (port 135)"],
        ),
        (
            "nobody reaches 2, and 3 does not reach 4",
            &|from, to| to == 2 || (from, to) == (3, 4),
            &[
                "path dc3.lab.test -> dc4.lab.test (port 135)",
                "every path to dc2.lab.test (port 135)",
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
        assert_eq!(faults(&mut grouper), expected, "{name}");
    }
}

/// Between two sites with a firewall that lets through what the administrator knew of.
#[test]
fn an_open_static_port_says_nothing_about_dynamic_ones() {
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
                    let candidates = vec![(Side::Network, path), (Side::Network, between)];
                    failing(link, Cause::DynamicPortBlocked, Side::Network, candidates)
                }
                _ => healthy(link, RIGHT),
            };
            (verdict.works.destination_site, verdict.works.source_site) =
                (Some(site(from)), Some(site(to)));
            verdict
        });
        faults(&mut grouped(&all))
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
    let whole = ["every path to dc1.lab.test (port 135)"];
    assert_eq!(faults(&mut grouper), whole);
    // Still so when it is looked at again and nobody else was.
    at(&mut grouper, &link(2, 1), silent(&link(2, 1)), 170, 110);
    assert_eq!(faults(&mut grouper), whole);
    // 4 gets through while they do not: two paths.
    at(&mut grouper, &link(4, 1), healthy(&link(4, 1), RIGHT), 160, 0);
    let paths = [
        "path dc2.lab.test -> dc1.lab.test (port 135)",
        "path dc3.lab.test -> dc1.lab.test (port 135)",
    ];
    assert_eq!(faults(&mut grouper), paths);
    // The one that fails later may have another reason, and does not make these two something else.
    at(&mut grouper, &link(5, 1), healthy(&link(5, 1), RIGHT), 165, 0);
    at(&mut grouper, &link(4, 1), silent(&link(4, 1)), 220, 220);
    assert_eq!(faults(&mut grouper).len(), 3);
    // All well again, then all of them at once.
    for from in 2..=5 {
        at(&mut grouper, &link(from, 1), healthy(&link(from, 1), RIGHT), 300, 300);
    }
    assert_eq!(faults(&mut grouper), [""; 0]);
    for (from, second) in (2..=5).zip(310..) {
        at(&mut grouper, &link(from, 1), silent(&link(from, 1)), second, second);
    }
    assert_eq!(faults(&mut grouper), whole);
}

/// What is explained already is no ground for a larger claim, and that is said.
#[test]
fn a_path_is_one_direction_where_the_other_fails_for_a_host_that_is_down() {
    let fails = |from: usize, to: usize| to == 1 || (from, to) == (1, 2);
    let mut grouper = grouped(&fleet(5, |from, to, link| match fails(from, to) {
        true => silent(link),
        false => healthy(link, RIGHT),
    }));
    let path = "path dc1.lab.test -> dc2.lab.test (port 135)";
    assert_eq!(faults(&mut grouper), [path, "every path to dc1.lab.test (port 135)"]);
    let incidents = grouper.incidents();
    let one = incidents.iter().find(|it| it.fault.to_string() == path).expect("the path");
    let alternatives = grouper.alternatives(&one.fault);
    let between = alternatives.iter().find(|other| matches!(other.fault, Fault::Between { .. }));
    let why = "explains no more of these, and would break links that other incidents explain";
    assert_eq!(between.map(|other| other.why.as_str()), Some(why), "{alternatives:?}");
}

#[test]
fn two_dead_services_are_two() {
    let mut grouper =
        grouped(&fleet(6, |_, to, link| if to <= 2 { died(link) } else { healthy(link, RIGHT) }));
    let expected = ["service NTDS on dc1.lab.test", "service NTDS on dc2.lab.test"];
    assert_eq!(faults(&mut grouper), expected);
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
    assert_eq!(incidents[0].fault.to_string(), "A dc1.lab.test = 10.9.9.9");
}

#[test]
fn a_server_is_blamed_when_it_is_wrong_about_all_it_serves() {
    let on = "10.0.0.53";
    let count = |wrong: usize| {
        let mut grouper = grouped(&fleet(8, |_, to, link| {
            if to <= wrong { stale(link, on, &format!("10.9.9.{to}")) } else { healthy(link, &[]) }
        }));
        (faults(&mut grouper), grouper)
    };
    let records = ["A dc1.lab.test = 10.9.9.1", "A dc2.lab.test = 10.9.9.2"];
    assert_eq!(count(2).0, records);
    let (all, mut grouper) = count(3);
    assert_eq!(all, ["DNS server 10.0.0.53"]);
    // It is right about one name: then each record is a fault of its own.
    put(&mut grouper, &link(1, 8), &healthy(&link(1, 8), &[on]));
    assert_eq!(faults(&mut grouper).len(), 3);
}

/// A server that lacks two names, and for which no domain controller speaks, holds none of the zone. One that has a wrong
/// value holds it, and so does a domain controller: there each record is a fault.
#[test]
fn a_server_outside_of_the_forest_that_lacks_two_names_is_blamed_as_a_whole() {
    let found = |on: &ServerName, is_stale: bool| {
        let all = fleet(3, |from, to, link| {
            if from > 1 {
                return healthy(link, RIGHT);
            }
            let record = Fault::DnsRecord {
                name: format!("alias{to}.lab.test").parse().expect("a name"),
                record: RecordType::Cname,
                value: (is_stale && to == 3).then(|| "dc9.lab.test".to_owned()),
            };
            let faults = vec![
                (Side::NameResolution, record),
                (Side::NameResolution, Fault::DnsServer { server: on.clone() }),
            ];
            failing(link, Cause::DnsCnameMissing, Side::NameResolution, faults)
        });
        faults(&mut grouped(&all))
    };
    let outside = server("192.0.2.53");
    assert_eq!(found(&outside, false), ["DNS server 192.0.2.53"]);
    assert_eq!(found(&outside, true).len(), 2);
    assert_eq!(found(&ServerName::Dc(dc(2)), false).len(), 2);
}

/// What cuts in between two sites is one fault, until something gets through there: a small answer where RPC
/// does not pass, a large one where large packets are lost.
#[test]
fn what_stands_between_two_sites_is_one_fault() {
    let site = |number: usize| (if number < 3 { "Branch" } else { "Main" }).to_owned();
    let found = |cause: Cause, traffic: Traffic, passes: Option<(Option<u16>, bool)>| {
        let all = fleet(6, |from, to, link| {
            let across = site(from) == "Branch" && site(to) == "Main";
            let mut verdict = match passes.filter(|_| to == 6) {
                Some((port, large)) if across => {
                    let mut healthy = healthy(link, RIGHT);
                    (healthy.works.port, healthy.works.large) = (port, large);
                    healthy
                }
                _ if across => {
                    let (from, to) = (link.destination.clone(), link.source.clone());
                    let between = Fault::SitePath { from: site(1), to: site(3), traffic };
                    let path = Fault::Path { from, to, traffic };
                    failing(
                        link,
                        cause,
                        Side::Network,
                        vec![(Side::Network, path), (Side::Network, between)],
                    )
                }
                _ => healthy(link, RIGHT),
            };
            (verdict.works.destination_site, verdict.works.source_site) =
                (Some(site(from)), Some(site(to)));
            verdict
        });
        faults(&mut grouped(&all))
    };
    let rpc = ["path site Branch -> site Main (RPC over port 135)"];
    assert_eq!(found(Cause::RpcFiltered, Traffic::Rpc, None), rpc);
    assert_eq!(found(Cause::RpcFiltered, Traffic::Rpc, Some((None, true))), rpc);
    assert_eq!(found(Cause::RpcFiltered, Traffic::Rpc, Some((Some(5300), false))).len(), 6);
    let large = ["path site Branch -> site Main (large packets)"];
    let lost = Cause::LargePacketsLost;
    assert_eq!(found(lost, Traffic::LargePackets, None), large);
    assert_eq!(found(lost, Traffic::LargePackets, Some((Some(5300), false))), large);
    assert_eq!(found(lost, Traffic::LargePackets, Some((Some(5300), true))).len(), 6);
}
