//! The view after a start, and after the clock was set.

use super::*;

#[test]
fn what_was_stored_comes_back_as_it_was() {
    let (mut view, mut agents) = fleet();
    let bodies = || {
        vec![
            own(Section::Host(host(A, &["10.0.0.1"]))),
            own(Section::EndpointMap(map(true))),
            Body::Peer(seen(B, "10.0.0.2", true, 1)),
        ]
    };
    agents[0].report(&mut view, 10, 10, bodies());
    let mut again = View::new(settings());
    for agent in &agents {
        again.enrolled(&agent.dc);
    }
    let staged = bodies().into_iter().map(|body| StagedBody {
        digest: body.digest(),
        stated: None,
        at: at(10),
        body,
        changed: true,
    });
    again.restore(Restored {
        dc: name(A),
        acknowledged: view.acknowledged(&name(A)),
        received: at(10),
        dropped: 0,
        notes: Vec::new(),
        clock_ahead_ms: 600_000,
        bodies: staged.collect(),
        first: std::collections::BTreeMap::new(),
        history: view.dcs[&name(A)].history.clone(),
    });
    let sorted = |view: &View| {
        let held: BTreeSet<_> = view.held(&name(A)).into_iter().collect();
        held
    };
    assert_eq!(sorted(&again), sorted(&view));
    let facts = |view: &View| view.evidence(&link(B, A), at(11)).source;
    assert_eq!(facts(&again).host, facts(&view).host);
    assert_eq!(facts(&again).endpoint_map, facts(&view).endpoint_map);
    assert_eq!(facts(&again).clock_ahead_ms, 600_000);
    let registrations = |view: &View| view.evidence(&link(B, A), at(11)).registrations;
    assert_eq!(registrations(&again), registrations(&view));
    assert_eq!(registrations(&again).len(), 1);
    assert_eq!(again.observations_of(&name(B)), view.observations_of(&name(B)));
}

/// What a link shows is as old as the first look that showed it, over a start as well.
#[test]
fn a_start_makes_no_trouble_younger() {
    for (first, expected) in [(None, 600), (Some(at(60)), 60)] {
        let mut view = View::new(settings());
        let bodies = [
            own(Section::Host(host(B, &["10.0.0.2"]))),
            own(Section::Directory(directory(&[A, B]))),
            Body::Peer(seen(A, "10.0.0.1", false, 1)),
        ];
        let staged = |body: Body| StagedBody {
            digest: body.digest(),
            stated: None,
            at: at(600),
            body,
            changed: false,
        };
        view.enrolled(&name(B));
        view.restore(Restored {
            dc: name(B),
            acknowledged: crate::fleet::Acknowledged::default(),
            received: at(600),
            dropped: 0,
            notes: Vec::new(),
            clock_ahead_ms: 0,
            bodies: bodies.into_iter().map(staged).collect(),
            first: first.map(|first| (name(A), first)).into_iter().collect(),
            history: crate::fleet::History::default(),
        });
        view.rearrange(at(600));
        let link = link(B, A);
        let verdict = diagnose(&view.evidence(&link, at(610)), at(610));
        assert_eq!(verdict.works.at, Some(at(600)));
        view.record_verdict(&link, verdict, at(610));
        assert_eq!(view.verdicts[&link].since, at(expected));
    }
}

/// What was seen before the clock was put back by an hour is of an age that nobody knows.
#[test]
fn a_clock_that_is_put_back_makes_nothing_fresh() {
    let (mut view, mut agents) = fleet();
    let hour = 3_600;
    let link = link(B, A);
    let body = Body::Peer(seen(A, "10.0.0.1", true, 1));
    agents[1].report(&mut view, hour, hour, vec![body]);
    let judge = |view: &mut View, second| {
        let verdict = diagnose(&view.evidence(&link, at(second)), at(second));
        let looked = verdict.works.at;
        view.record_verdict(&link, verdict, at(second));
        looked
    };
    assert_eq!(judge(&mut view, hour + 1), Some(at(hour)));
    view.take_dirty(usize::MAX);
    view.sweep(at(10), Duration::from_secs(60));
    assert!(view.take_dirty(usize::MAX).contains(&link), "it is judged again");
    assert_eq!(judge(&mut view, 10), None);
}
