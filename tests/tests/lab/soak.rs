//! Random faults of the lab beside each other, healed in random order; at the end all is well and nothing is
//! left open.

use std::{
    thread,
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use crate::{
    lab::Lab,
    over::{self, Losses},
};

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
        "second-a-member",
        "second-a-dead",
        "wrong-cname",
        "cname-nobody",
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

pub(crate) fn all_is_over_in_the_end(lab: &Lab, time: Duration, seed: u64) {
    println!("soak: {} minutes, seed {seed}", time.as_secs() / 60);
    let mut rng = StdRng::seed_from_u64(seed);
    let begun = Instant::now();
    let mut on: Vec<&'static str> = Vec::new();
    let mut losses = Losses::default();
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
            losses.note(fault);
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
    over::wait(lab, &format!("seed {seed}: all is over after all was healed"), &losses);
    said(&format!("all is over, {} s after the last was healed", healed.elapsed().as_secs()));
}
