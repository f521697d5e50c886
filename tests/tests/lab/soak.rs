//! Random faults of the lab beside each other, healed in random order; at the end all is well and nothing is
//! left open.

use std::{
    thread,
    time::{Duration, Instant},
};

use epmesh::{
    incident::{Damping, IncidentDocument, IncidentList, Status},
    query::LinkRow,
};
use epmesh_common::{diagnosis::State, facts::Timestamp};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use crate::lab::Lab;

/// Of each of these lines one is on at most: the lab could not switch two of them on and heal one.
const GROUPS: &[&[&str]] = &[
    &[
        "no-drsuapi",
        "not-started",
        "stopped",
        "killed",
        "no-rpc",
        "rpc-frozen",
        "wrong-a-member",
        "wrong-a-dc3",
        "wrong-a-dead",
        "wrong-cname",
        "no-cname",
        "all-drop",
        "duplicate-ip",
        "dns-dead",
    ],
    &["hosts", "hosts-dc3"],
    &[
        "135-reject",
        "135-drop",
        "dyn-reject",
        "dyn-drop",
        "large-lost",
        "inspected",
        "inspected-one",
        "inspected-other",
        "silent",
        "silent-one",
        "http",
        "http-one",
        "other-rpc",
        "forwarded",
        "one-135-drop",
        "one-dyn-drop",
    ],
];

/// These take dc2's registration away; of one that comes and goes three times it is said for two hours that it
/// is flapping, and that is right.
const LOSES_REGISTRATION: &[&str] = &["no-drsuapi", "not-started", "stopped", "killed", "no-rpc"];
const FLAPPING: usize = 3;

/// Until all that was wrong has been seen to be well.
const SEEN: Duration = Duration::from_secs(140);
/// The time between two looks in the lab.
const INTERVAL: Duration = Duration::from_secs(5);

pub(crate) fn all_is_over_in_the_end(lab: &Lab, time: Duration, seed: u64) {
    println!("soak: {} minutes, seed {seed}", time.as_secs() / 60);
    let mut rng = StdRng::seed_from_u64(seed);
    let begun = Instant::now();
    let mut on: Vec<&'static str> = Vec::new();
    let mut lost = 0;
    let said = |what: &str| println!("soak {:>5} s: {what}", begun.elapsed().as_secs());
    while begun.elapsed() < time {
        let free: Vec<&[&str]> = GROUPS
            .iter()
            .filter(|group| !group.iter().any(|name| on.contains(name)))
            .copied()
            .collect();
        let more = on.is_empty() || rng.random_bool(0.5);
        if let Some(fault) =
            free.choose(&mut rng).filter(|_| more).and_then(|group| group.choose(&mut rng).copied())
        {
            lab.run(&["fault", "--more", fault]);
            on.push(fault);
            lost += usize::from(LOSES_REGISTRATION.contains(&fault));
            said(&format!("{fault} is on, of {}", on.join(", ")));
        } else {
            let healed = on.swap_remove(rng.random_range(0..on.len()));
            lab.run(&["heal", healed]);
            said(&format!("{healed} is healed; still on: {}", on.join(", ")));
        }
        // Long enough now and then that what is wrong becomes an incident, or is over; now and then not.
        thread::sleep(Duration::from_secs(rng.random_range(2..40)));
    }
    while !on.is_empty() {
        let healed = on.swap_remove(rng.random_range(0..on.len()));
        lab.run(&["heal", healed]);
        said(&format!("{healed} is healed"));
    }
    lab.run(&["heal"]);
    said("all is healed");
    let healed = Instant::now();
    let is_flapping = lost >= FLAPPING;
    let what = format!("seed {seed}: all is over after all was healed");
    lab.until_nothing_is_left(&what, SEEN + held(lab), || {
        let left = left(lab, is_flapping);
        (!left.is_empty()).then(|| left.join("\n"))
    });
    said(&format!("all is over, {} s after the last was healed", healed.elapsed().as_secs()));
}

/// How long the incident that came back most often is held open.
fn held(lab: &Lab) -> Duration {
    let list: IncidentList = lab.ask(&["incidents"]);
    let often = list.incidents.iter().map(|row| row.reopened).max().unwrap_or_default();
    let now = Timestamp::default();
    Damping::usual(INTERVAL).hold(&vec![now; often], now)
}

/// Links that are not healthy and incidents that are open, in words.
fn left(lab: &Lab, is_flapping: bool) -> Vec<String> {
    let links: Vec<LinkRow> = lab.ask(&["links"]);
    let list: IncidentList = lab.ask(&["incidents"]);
    let is_right = |state: State| state == State::Healthy || is_flapping && state == State::Latent;
    let mut left: Vec<String> = links
        .iter()
        .filter(|row| !is_right(row.state))
        .map(|row| {
            let (destination, source) = (row.destination.host(), row.source.host());
            format!("{destination} <- {source}: {} {}", row.state, row.cause)
        })
        .collect();
    if links.len() != 6 {
        left.push(format!("{} links", links.len()));
    }
    for row in list.incidents.iter().filter(|row| row.status == Status::Open) {
        if !is_right(row.state) {
            let whole: IncidentDocument = lab.ask(&["incident", &row.id]);
            left.push(serde_json::to_string_pretty(&whole).unwrap_or_default());
        }
    }
    left
}
