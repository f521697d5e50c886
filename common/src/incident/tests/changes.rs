//! Tests of the changes that are told, of links that two faults explain and of links that none
//! does.

use super::*;

#[test]
fn latent_links_are_in_the_incident_of_the_failing_ones_with_the_same_fault() {
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
fn changes_are_told_and_incidents_that_are_over_are_closed() {
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
fn a_link_that_two_incidents_explain_is_in_both() {
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
fn a_failing_link_without_candidates_is_unexplained() {
    let mut grouper = Grouper::new();
    put(&mut grouper, &link(1, 2), &failing(&link(1, 2), Cause::Unknown, Side::None, Vec::new()));
    assert!(grouper.incidents().is_empty());
    assert_eq!(grouper.unexplained(), [link(1, 2)]);
    put(&mut grouper, &link(1, 2), &healthy(&link(1, 2), RIGHT));
    grouper.regroup();
    assert_eq!(grouper.unexplained(), []);
}

#[test]
fn in_any_order_and_after_any_number_of_changes_the_outcome_is_that_from_scratch() {
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
