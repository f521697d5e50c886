//! The evidence on a link.

use super::*;

#[test]
fn evidence_begins_with_the_destination_and_knows_the_owners() {
    let (mut view, mut agents) = fleet();
    agents[2].report(&mut view, 10, 10, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
    agents[0].report(&mut view, 11, 11, vec![Body::Peer(seen(B, "10.0.0.3", false, 1))]);
    let evidence = view.evidence(&link(A, B), at(12));
    let witnesses: Vec<_> = evidence.observations.iter().map(|seen| seen.witness.host()).collect();
    assert_eq!(witnesses, ["dc1", "dc3"]);
    let owner = |address: &str| evidence.owners.get(&address.parse().expect("an address"));
    assert_eq!(owner("10.0.0.3"), Some(&name(C)));
    assert_eq!(owner("10.0.0.2"), Some(&name(B)));
    assert_eq!(evidence.fresh_for_ms, 195_000);
    let later = view.evidence(&link(A, B), at(1000));
    assert!(later.owners.is_empty(), "who owned it a while ago is not known to own it");
}

#[test]
fn the_site_of_one_that_cannot_say_it_is_in_any_copy_of_the_directory() {
    let (mut view, mut agents) = fleet();
    let mut held = directory(&[A, B, C]);
    held.settings = held.settings.map(|all| {
        let in_branch = |one| NtdsSettings { site: Some("Branch".to_owned()), ..one };
        all.into_iter().map(in_branch).collect()
    });
    let mute = Host { site: Reading::unseen("no answer"), ..host(B, &["10.0.0.2"]) };
    agents[1].report(&mut view, 10, 10, vec![own(Section::Host(mute))]);
    agents[2].report(&mut view, 10, 10, vec![own(Section::Directory(held))]);
    view.rearrange(at(10));
    let sites = |to, from| {
        let evidence = view.evidence(&link(to, from), at(11));
        (evidence.destination_site, evidence.source_site)
    };
    assert_eq!(sites(B, A), (Some("Branch".to_owned()), None));
    assert_eq!(sites(A, B), (None, Some("Branch".to_owned())));
}

/// What each of thirty agents sees of the first; the first five stand in its site, the others in another one.
fn of_thirty(sees: impl Fn(u32) -> PeerObservation) -> (View, String) {
    let mut view = View::new(settings());
    let dc = |number: u32| format!("dc{number}.lab.test");
    for number in 10..40 {
        view.enrolled(&name(&dc(number)));
        let site = if number < 15 { "Main" } else { "Branch" };
        let host = Host {
            site: Reading::Value(site.to_owned()),
            ..host(&dc(number), &[&format!("10.0.0.{number}")])
        };
        let mut bodies = vec![own(Section::Host(host))];
        if number > 10 {
            bodies.push(Body::Peer(sees(number)));
        }
        Agent::new(&dc(number), 0).report(&mut view, 0, 0, bodies);
    }
    view.rearrange(at(0));
    (view, dc(10))
}

fn heard(view: &View, to: &str, from: &str) -> Vec<String> {
    let evidence = view.evidence(&link(to, from), at(1));
    let others = evidence.observations.iter().skip(1);
    others.map(|seen| seen.witness.host().to_owned()).collect()
}

#[test]
fn of_many_witnesses_those_are_heard_that_have_something_to_tell() {
    let (view, source) = of_thirty(|number| match number {
        38 => seen("dc10.lab.test", "192.0.2.10", true, 1),
        39 => seen("dc10.lab.test", "10.0.0.10", false, 1),
        _ => seen("dc10.lab.test", "10.0.0.10", true, 1),
    });
    let to = "dc20.lab.test";
    let all = heard(&view, to, &source);
    // Neighbours of the source, one behind address translation, one that does not get through, neighbours of the
    // destination.
    for wanted in ["dc11", "dc14", "dc38", "dc39"] {
        assert!(all.iter().any(|heard| heard == wanted), "{wanted}: {all:?}");
    }
    assert!(all.len() > 16 && all.len() <= 20, "{all:?}");
    assert!(!all.contains(&"dc20".to_owned()), "{all:?}");
    let mut unique = all.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), all.len(), "{all:?}");
    // One link after the other comes to the same as each by itself.
    let links: Vec<Link> = (11..40).map(|to| link(&format!("dc{to}.lab.test"), &source)).collect();
    let together = view.judge_links(&links, at(1), 1);
    for (link, verdict) in links.iter().zip(together) {
        assert_eq!(*verdict, judge(&view.evidence(link, at(1)), at(1)), "{link:?}");
    }
}

#[test]
fn where_all_get_through_no_more_are_heard_than_before() {
    let (view, source) = of_thirty(|_| seen("dc10.lab.test", "10.0.0.10", true, 1));
    let all = heard(&view, "dc20.lab.test", &source);
    assert_eq!(all.len(), 16, "{all:?}");
}

/// Who reads a whole map follows from names; to whom long answers do not arrive must not.
#[test]
fn where_long_answers_are_lost_all_are_asked_for_one() {
    let (mut view, _) = fleet();
    let asked = |view: &View| {
        let plans = [A, B, C, D].map(|agent| view.plan(&name(agent)).expect("it has one").targets);
        let of_b = plans.into_iter().flatten().filter(|target| target.name == name(B));
        of_b.filter(|target| target.whole_map).count()
    };
    let lost = |cause, large| {
        let mut lost = verdict(&link(A, B), State::Latent);
        (lost.cause, lost.works.large) = (cause, large);
        lost
    };
    view.enrolled(&name(D));
    view.rearrange(at(1));
    assert_eq!(asked(&view), 2);
    view.record_verdict(&link(A, B), lost(Cause::LargePacketsLost, false), at(2));
    assert!(view.has_moved());
    view.rearrange(at(2));
    assert_eq!(asked(&view), 3);
    // A look that does not say anything of it changes nothing.
    view.record_verdict(&link(A, B), verdict(&link(A, B), State::Unknown), at(3));
    assert!(!view.has_moved());
    view.record_verdict(&link(A, B), lost(Cause::Healthy, true), at(4));
    view.rearrange(at(4));
    assert_eq!(asked(&view), 2);
}
