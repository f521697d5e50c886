//! epmesh on a real Samba forest, through the very programs that are shipped.
//!
//! It needs root on Debian, for network namespaces and the Samba packages, and is ignored otherwise:
//! `tests/run lab` runs it. The lab is one, so everything is one test, step after step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test panics where it is wrong"
)]

mod adversary;
mod alerts;
mod facts;
mod faults;
mod join;
mod lab;
mod over;
mod receiver;
mod sequence;
mod soak;
mod spool;
mod witnesses;

use std::{
    env,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lab::Lab;

#[test]
#[ignore = "needs root on Debian: tests/run lab"]
fn the_lab() {
    let lab = Lab::up();
    // To run one part alone; the whole takes ten minutes.
    let only = env::var("EPMESH_LAB_ONLY").ok();
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("facts") {
        witnesses::check_lists_what_impacket_and_rpcclient_list(&lab);
        witnesses::the_simulated_domain_controller_answers_like_samba(&lab);
        facts::every_fact_agrees_with_a_witness(&lab);
        join::the_self_test_names_the_missing_rights(&lab);
        join::a_join_is_judged_from_any_machine(&lab);
    }
    // Before the faults: after these dc2's registration is flapping, and its links are latent for two hours.
    if wanted("alerts") {
        alerts::opened_and_resolved_once_each(&lab);
    }
    if wanted("faults") {
        lab.start_mesh(None);
        faults::every_fault_has_its_verdict(&lab);
        faults::two_at_once_are_told_apart(&lab);
        faults::one_that_heals_by_itself_is_over(&lab);
        faults::without_an_agent_on_the_source(&lab);
        spool::a_full_disk_is_said_and_survived(&lab);
        lab.stop_mesh();
    }
    // Only where they are asked for: tests/campaign adversary, tests/campaign soak.
    match only.as_deref() {
        Some("sequence") => sequence::each_is_an_incident_of_its_own(&lab),
        Some("adversary") => {
            let faults = env::var("EPMESH_LAB_FAULTS").unwrap_or_default();
            let faults: Vec<String> = faults.split_whitespace().map(str::to_owned).collect();
            if faults.is_empty() {
                sequence::each_is_an_incident_of_its_own(&lab);
            }
            lab.start_mesh(None);
            adversary::every_one_has_its_verdict(&lab, &faults);
        }
        Some("soak") => {
            lab.start_mesh(None);
            let minutes = number("EPMESH_SOAK_MINUTES").expect("EPMESH_SOAK_MINUTES is a number");
            let seed = number("EPMESH_SOAK_SEED").unwrap_or_else(|| {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs())
            });
            soak::all_is_over_in_the_end(&lab, Duration::from_secs(60 * minutes), seed);
        }
        _ => {}
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// Not a test: the webhook receiver, which `alerts` runs on the operator's host.
#[test]
#[ignore = "part of the_lab: the webhook receiver"]
fn webhook_receiver() {
    receiver::run_if_asked();
}
