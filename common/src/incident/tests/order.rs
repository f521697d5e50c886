//! Changes of every kind in any order, against the same verdicts put from scratch.

use std::{collections::BTreeMap, net::IpAddr};

use super::*;

/// So many domain controllers, in three sites.
const DCS: usize = 6;

fn timestamp(second: usize) -> Timestamp {
    Timestamp::from_millis(second as u64 * 1000)
}

fn site(of: usize) -> String {
    ["Here", "There", "Elsewhere"][of % 3].to_owned()
}

fn address(of: usize, which: usize) -> IpAddr {
    let text = match which {
        0 => format!("10.0.0.{of}"),
        1 => format!("10.0.1.{of}"),
        _ => format!("fd00::{of}"),
    };
    text.parse().expect("an address")
}

fn servers(numbers: &mut Numbers) -> Vec<ServerName> {
    let all = [server("10.0.0.53"), ServerName::Dc(dc(1)), ServerName::Dc(dc(2))];
    all.into_iter().filter(|_| numbers.below(3) == 0).collect()
}

/// What a look may show, whatever the verdict is.
fn works(numbers: &mut Numbers, from: usize, to: usize) -> ProvenReachable {
    let mut works = ProvenReachable::default();
    if numbers.below(20) > 0 {
        works.destination_site = Some(site(from + numbers.below(8) / 7));
    }
    if numbers.below(20) > 0 {
        works.source_site = Some(site(to));
    }
    if numbers.below(12) == 0 {
        return works;
    }
    works.at = Some(timestamp(numbers.below(12)));
    works.mapper = numbers.below(3) > 0;
    if works.mapper && numbers.below(3) > 0 {
        works.port = Some([49_152, 49_153][numbers.below(2)]);
        works.dynamic = numbers.below(3) > 0;
    }
    for which in 0..3 {
        match numbers.below(4) {
            0 => works.missed.push(address(to, which)),
            1 => works.reached.push(address(to, which)),
            2 => works.reached.insert(0, address(to, which)),
            _ => {}
        }
    }
    works.right = servers(numbers);
    works.decided_by = servers(numbers).pop();
    works
}

fn traffic(numbers: &mut Numbers, to: usize) -> Traffic {
    match numbers.below(7) {
        0 => Traffic::DynamicPorts,
        1 => Traffic::Ipv4,
        2 => Traffic::Ipv6,
        3 => Traffic::Address(address(to, numbers.below(3))),
        _ => Traffic::EndpointMapper,
    }
}

/// The candidates of a way that is cut, as the engine gives them.
fn ways(
    numbers: &mut Numbers,
    link: &Link,
    works: &ProvenReachable,
    to: usize,
) -> Vec<(Side, Fault)> {
    let traffic = traffic(numbers, to);
    let mut candidates: Vec<(Side, Fault)> = Vec::new();
    for candidate in silent(link).candidates {
        let fault = match candidate.fault {
            Fault::Path { from, to, .. } => Fault::Path { from, to, traffic },
            Fault::Dc { dc, .. } => Fault::Dc { dc, traffic },
            Fault::Client { dc, .. } => Fault::Client { dc, traffic },
            Fault::Between { one, other, .. } => Fault::Between { one, other, traffic },
            Fault::Isolated { dc, .. } => Fault::Isolated { dc, traffic },
            other => other,
        };
        candidates.push((candidate.side, fault));
    }
    if traffic == Traffic::DynamicPorts {
        candidates.push((Side::Source, Fault::Port { dc: link.source.clone(), port: 49_152 }));
    }
    if let (Some(from), Some(to)) = (works.destination_site.clone(), works.source_site.clone())
        && from != to
    {
        let mut both = [from.clone(), to.clone()];
        both.sort();
        let [one, other] = both;
        candidates.extend([
            (Side::Network, Fault::SitePath { from: from.clone(), to: to.clone(), traffic }),
            (Side::Network, Fault::BetweenSites { one, other, traffic }),
            (Side::Network, Fault::Site { site: to, traffic }),
            (Side::Network, Fault::Site { site: from, traffic }),
        ]);
    }
    candidates
}

fn verdict(numbers: &mut Numbers, link: &Link, from: usize, to: usize) -> Verdict {
    let works = works(numbers, from, to);
    let (source, destination) = (link.source.clone(), link.destination.clone());
    let mut verdict = match numbers.below(12) {
        0 => died(link),
        1 => {
            let on = ["10.0.0.53", "10.0.0.54"][numbers.below(2)];
            stale(link, on, "10.9.9.9")
        }
        2..=4 => {
            let candidates = ways(numbers, link, &works, to);
            failing(link, Cause::EpmUnreachable, Side::Network, candidates)
        }
        5 => {
            let names = Fault::Names { from: destination.clone(), of: source };
            let mut candidates = vec![(Side::NameResolution, names)];
            for server in servers(numbers) {
                candidates.push((Side::NameResolution, Fault::DnsServer { server }));
            }
            candidates.push((Side::NameResolution, Fault::Resolver { dc: destination }));
            failing(link, Cause::Unknown, Side::NameResolution, candidates)
        }
        6 => unknown(link),
        _ => healthy(link, &[]),
    };
    if verdict.state == State::Failing && numbers.below(4) == 0 {
        verdict = latent(verdict);
    }
    verdict.works = works;
    verdict
}

/// The links of each incident that is told of.
type Told = BTreeMap<Fault, (Vec<Link>, Vec<Link>)>;

fn of(incident: &Incident) -> (Vec<Link>, Vec<Link>) {
    (incident.links.clone(), incident.latent.clone())
}

fn follow(told: &mut Told, grouper: &Grouper, changes: Changes) {
    for fault in changes.opened.into_iter().chain(changes.changed) {
        let incident = grouper.incident(&fault).expect("an incident that is told of");
        told.insert(fault, of(&incident));
    }
    for (fault, _) in changes.closed {
        assert!(told.remove(&fault).is_some(), "{fault} was never opened");
    }
}

fn from_scratch<'a>(held: impl Iterator<Item = (&'a Link, &'a (Verdict, Timestamp))>) -> Grouper {
    let mut grouper = Grouper::new();
    for (link, (verdict, since)) in held {
        grouper.put(link, verdict, *since);
    }
    grouper
}

fn assert_same(one: &mut Grouper, other: &mut Grouper, links: &[Link], when: &str) {
    let incidents = one.incidents();
    assert_eq!(incidents, other.incidents(), "{when}");
    assert_eq!(one.unexplained(), other.unexplained(), "{when}");
    for incident in incidents {
        let fault = &incident.fault;
        assert_eq!(one.alternatives(fault), other.alternatives(fault), "{when}: {fault}");
    }
    for link in links {
        assert_eq!(one.state(link), other.state(link), "{when}: {link:?}");
        assert_eq!(one.explained_by(link), other.explained_by(link), "{when}: {link:?}");
    }
}

#[test]
fn whatever_works_and_whenever_the_outcome_is_that_from_scratch() {
    for seed in 0..16 {
        let mut numbers = Numbers(seed);
        let mut grouper = Grouper::new();
        let mut held: BTreeMap<Link, (Verdict, Timestamp)> = BTreeMap::new();
        let mut told = Told::new();
        for step in 0..150 {
            let (from, to) = (1 + numbers.below(DCS), 1 + numbers.below(DCS));
            let mut link = link(from, to);
            if numbers.below(5) == 0 {
                link.interface.major = 5;
            }
            if numbers.below(9) == 0 {
                grouper.remove(&link);
                held.remove(&link);
            } else {
                let known = held.get(&link).filter(|_| numbers.below(3) == 0).cloned();
                let (verdict, since) = match known {
                    // The same again, looked at some other time, or not even that.
                    Some((mut verdict, since)) => {
                        if numbers.below(3) > 0 {
                            let at = verdict.works.at.map(|_| timestamp(numbers.below(14)));
                            verdict.works.at = at;
                        }
                        (verdict, since)
                    }
                    None => {
                        let verdict = verdict(&mut numbers, &link, from, to);
                        (verdict, timestamp(numbers.below(14)))
                    }
                };
                grouper.put(&link, &verdict, since);
                held.insert(link, (verdict, since));
            }
            if numbers.below(3) > 0 {
                continue;
            }
            let changes = grouper.regroup();
            follow(&mut told, &grouper, changes);
            let now: Told = grouper.incidents().iter().map(|i| (i.fault.clone(), of(i))).collect();
            assert_eq!(told, now, "seed {seed}, step {step}: every change is told");
            let links: Vec<Link> = held.keys().cloned().collect();
            let when = format!("seed {seed}, step {step}");
            assert_same(&mut grouper, &mut from_scratch(held.iter().rev()), &links, &when);
            assert_same(&mut grouper, &mut from_scratch(held.iter()), &links, &when);
            assert_eq!(grouper.len(), held.len(), "{when}");
        }
        for link in held.keys() {
            grouper.remove(link);
        }
        assert!(grouper.incidents().is_empty() && grouper.is_empty(), "seed {seed}");
        assert_holds_nothing(&grouper, &format!("seed {seed}"));
    }
}

/// Domain controllers that are called something else have the same incidents, as many and of as many
/// links; and another regrouping of the same facts makes none of them another.
#[test]
fn other_names_make_no_other_faults() {
    for seed in 0..200 {
        let mut numbers = Numbers(9_000 + seed);
        let count = 4 + numbers.below(3);
        let (down, cut, lame) =
            (1 + numbers.below(count), 1 + numbers.below(count), 1 + numbers.below(count));
        let holes: Vec<(usize, usize)> =
            (0..3).map(|_| (1 + numbers.below(count), 1 + numbers.below(count))).collect();
        let kinds = numbers.below(8);
        let fails = |from: usize, to: usize| {
            (kinds & 1 == 1 && to == down)
                || (kinds & 2 == 2 && from == cut)
                || (kinds & 4 == 4 && (from == lame || to == lame))
                || holes.contains(&(from, to))
        };
        // The first is called as the last, and so on.
        let other = |number: usize| count + 1 - number;
        let judge = |is_other: bool| {
            let real = move |number: usize| if is_other { other(number) } else { number };
            let verdicts = fleet(count, |from, to, link| match fails(real(from), real(to)) {
                true => silent(link),
                false => healthy(link, RIGHT),
            });
            let mut grouper = grouped(&verdicts);
            let incidents = grouper.incidents();
            // The same facts again, looked at later.
            for (link, verdict) in &verdicts {
                let again = looked_at(verdict.clone(), 60);
                grouper.put(link, &again, Timestamp::from_millis(1));
            }
            assert_eq!(grouper.incidents(), incidents, "seed {seed}: nothing has changed");
            let mut found: Vec<(usize, Vec<(String, String)>)> = incidents
                .iter()
                .map(|incident| {
                    let name = |name: &DnsName| {
                        let number = (1..=count).find(|number| dc(*number) == *name);
                        dc(real(number.expect("one of them"))).to_string()
                    };
                    let links = incident.links.iter();
                    let mut links: Vec<(String, String)> =
                        links.map(|link| (name(&link.destination), name(&link.source))).collect();
                    links.sort();
                    (usize::from(incident.fault.rank()), links)
                })
                .collect();
            found.sort();
            found
        };
        let (one, two) = (judge(false), judge(true));
        assert_eq!(one, two, "seed {seed}");
    }
}
