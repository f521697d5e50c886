//! Tests of what a night brings: restarts, agents that are lost, clocks that are put back, ids that are
//! mistyped.

use super::*;
use crate::{
    alert::Event,
    incident::event::{EventKind, event},
};

/// The agents of six come back one after the other, twelve seconds apart, while dc1 is silent; each link alone
/// may be its path.
async fn one_after_the_other(stage: &Stage, begin: u64) {
    for came in 1..=6 {
        let judge = |from: usize, to: usize, link: &Link| match (from <= came, to) {
            (false, _) => unknown(link),
            (true, 1) => silent(link),
            (true, _) => healthy(link),
        };
        let second = begin + 12 * came as u64;
        stage.judged(second, judge).await;
        stage.waited(second + 11).await;
    }
}

#[tokio::test]
async fn after_a_start_the_first_links_of_a_known_fault_open_no_new_incident() {
    let stage = Stage::new(6).await;
    stage.stays(0, 120, to_first(silent)).await;
    let before = stage.only().await;
    assert!(before.row.subject.starts_with("every path to dc1.lab.test"), "{}", before.row.subject);

    let stage = stage.killed().await;
    one_after_the_other(&stage, 3_600).await;
    stage.stays(3_700, 4_000, to_first(silent)).await;
    assert_eq!(stage.told().await, [OPENED]);
    let after = stage.only().await;
    assert_eq!((after.row.id, after.row.subject), (before.row.id, before.row.subject));
    let turned = |kind| matches!(kind, EntryKind::Changed | EntryKind::Reopened);
    assert!(!after.timeline.iter().any(|entry| turned(entry.kind)), "{:?}", after.timeline);
}

#[tokio::test]
async fn the_rest_of_a_fault_that_was_out_of_sight_is_still_told() {
    let stage = Stage::new(4).await;
    stage.stays(0, 120, to_first(silent)).await;
    let stage = stage.killed().await;
    // One is still cut off, two get through, and the agent of the last is lost.
    let judge = |from: usize, to: usize, link: &Link| match (from, to) {
        (2, 1) => silent(link),
        (4, _) => unknown(link),
        _ => healthy(link),
    };
    stage.stays(600, 900, judge).await;
    let all = stage.all().await;
    let open: Vec<_> = all.iter().filter(|it| it.row.status == Status::Open).collect();
    assert!(
        open.iter().any(|it| it.row.subject.starts_with("path dc2.lab.test -> dc1.lab.test")),
        "{all:?}"
    );
}

#[tokio::test]
async fn a_clock_that_is_put_back_holds_nothing_up() {
    let stage = Stage::new(3).await;
    let late = 86_400;
    stage.stays(late, late + 60, to_first(died)).await;
    assert_eq!(stage.told().await, [OPENED]);
    // A day back: it ends after the usual time.
    stage.stays(0, 240, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
    // One that was seen just before the clock goes back is told after the usual time.
    stage.judged(late, |_, to, link| if to == 2 { died(link) } else { healthy(link) }).await;
    stage.stays(300, 360, |_, to, link| if to == 2 { died(link) } else { healthy(link) }).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED, OPENED]);
}

#[tokio::test]
async fn a_silence_that_ends_while_nothing_changed_tells_nothing() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let id = stage.only().await.row.id;
    let minute = Duration::from_secs(60);
    stage.incidents.silence(&id, "anna", minute, "maintenance").await.expect("it is known");
    stage.stays(120, 900, to_first(died)).await;
    assert_eq!(stage.told().await, [OPENED]);
    // It has ended: what is different from then on is told.
    stage.stays(960, 1_200, to_first(|link| latent(died(link)))).await;
    assert_eq!(stage.told().await, [OPENED, CHANGED]);
}

#[tokio::test]
async fn an_id_is_taken_as_it_is_copied_and_one_of_several_is_asked_for() {
    let stage = Stage::new(40).await;
    let judge = |_: usize, _: usize, link: &Link| died(link);
    stage.stays(0, 60, judge).await;
    let all = stage.incidents.list(false).await.incidents;
    assert_eq!(all.len(), 40);
    let id = &all[0].id;
    let copied = format!(" {} ", id.to_uppercase());
    assert_eq!(stage.incidents.get(&copied).await.expect("it is known").row.id, *id);
    // Of forty some begin with the same digit.
    let mut ids: Vec<&str> = all.iter().map(|row| row.id.as_str()).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).find(|two| two[0][..1] == two[1][..1]).expect("sixteen digits");
    let digit = &twice[0][..1];
    let of = ids.iter().filter(|id| id.starts_with(digit)).count();
    let error = stage.incidents.get(digit).await.expect_err("several").to_string();
    let expected = format!("{digit:?} is the beginning of {of} incidents: {} (", twice[0]);
    assert!(error.starts_with(&expected) && error.contains("give more of"), "{error}");
    assert!(error.len() < 500, "{error}");
    let error = stage.incidents.get("").await.expect_err("none").to_string();
    assert!(error.contains("epmesh incidents --all"), "{error}");
}

#[tokio::test]
async fn who_sees_nothing_does_not_say_that_all_is_well() {
    let stage = Stage::new(3).await;
    let list = stage.incidents.list(false).await;
    assert_eq!((list.seen.links, list.seen.unknown), (6, 6), "nothing is judged yet");
    stage.judged(0, all_well).await;
    assert_eq!(stage.incidents.list(false).await.seen.unknown, 0);
    stage.judged(60, |from, _, link| if from == 1 { unknown(link) } else { healthy(link) }).await;
    let list = stage.incidents.list(false).await;
    assert_eq!((list.seen.links, list.seen.unknown), (6, 2));
}

/// A hundred notes of four hundred letters, each of which is six bytes long when it is written down.
#[tokio::test]
async fn whatever_operators_say_it_can_be_stored() {
    for letter in ["Ж", "字", "\u{1}", "\""] {
        let stage = Stage::new(3).await;
        stage.stays(0, 60, to_first(died)).await;
        let id = stage.only().await.row.id;
        let note = letter.repeat(1_000);
        for _ in 0..120 {
            let said = stage.incidents.acknowledge(&id, "anna", Some(&note)).await;
            said.unwrap_or_else(|error| panic!("{letter:?}: {error}"));
        }
        let stage = stage.killed().await;
        let kept = stage.only().await;
        assert_eq!(kept.timeline[0].kind, EntryKind::Opened, "{letter:?}");
        assert_eq!(kept.timeline.len() + kept.left_out, 121, "{letter:?}: what is cut is counted");
        assert!(kept.timeline.len() > 5, "{letter:?}: {}", kept.timeline.len());
    }
}

/// A verdict and places that are too much for any event are left out of it, and it is told.
#[tokio::test]
async fn every_event_fits_into_the_outbox() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let mut incident = stage.only().await;
    incident.places = vec!["x".repeat(1_000); 1_000];
    let mut verdict = died(&Link { destination: dc(2), source: dc(1), interface: DRSUAPI });
    verdict.remedy = vec!["x".repeat(1_000); 1_000];
    let event = event(EventKind::Opened, incident, Some(verdict), stage.base);
    let event = event.expect("JSON");
    assert!(event.body.len() <= Event::LARGEST, "{} bytes", event.body.len());
    let body: Value = serde_json::from_str(&event.body).expect("JSON");
    assert_eq!(body["data"]["incident"]["failing"], 2, "{body}");
}

/// Four hundred links with names of sixty letters are all there after a start, and it is not over before
/// each of them was seen.
#[tokio::test]
async fn four_hundred_links_are_kept_over_a_start() {
    let mut interfaces = vec![DRSUAPI];
    interfaces.extend((1..16).map(|number| InterfaceId::new(Uuid::from_u128(number), 1, 0)));
    let stage = Stage::with_interfaces(26, interfaces).await;
    stage.stays(0, 60, to_first(died)).await;
    let before = stage.only().await;
    let stage = stage.killed().await;
    let after = stage.only().await;
    assert_eq!(after.links.failing.len(), 400);
    assert_eq!(after.row.unseen, 400);
    let names = |it: &IncidentDocument| -> Vec<_> {
        let of = it.links.failing.iter();
        of.map(|link| (link.destination.clone(), link.interface.clone())).collect()
    };
    assert_eq!(names(&before), names(&after), "in the same order");
    // All but the last is seen to work.
    let last = |from: usize, _: usize, link: &Link| match from {
        26 => unknown(link),
        _ => healthy(link),
    };
    stage.stays(120, 600, last).await;
    assert_eq!(stage.told().await, [OPENED]);
    stage.stays(660, 900, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
    let why = stage.only().await.why.expect("a reason");
    assert_eq!(why, "every link that it explained works, or is no longer watched");
}

/// A path, then all of the source, each over; then the path again, which turns out to be all of the source
/// and takes that over. A start is not to hand it back to the one that is over.
#[tokio::test]
async fn a_start_leaves_a_fault_with_the_one_that_is_open() {
    let stage = Stage::new(6).await;
    stage.stays(0, 120, one_path_to_first).await;
    stage.stays(180, 420, all_well).await;
    let first = stage.only().await.row.id;
    stage.stays(480, 600, to_first(silent)).await;
    stage.stays(660, 960, all_well).await;
    stage.stays(1_020, 1_140, one_path_to_first).await;
    stage.stays(1_200, 1_500, to_first(silent)).await;
    let open = |all: Vec<IncidentDocument>| -> Vec<(String, String)> {
        let open = all.into_iter().filter(IncidentDocument::is_open);
        open.map(|it| (it.row.id, it.row.subject)).collect()
    };
    let before = open(stage.all().await);
    assert_eq!(before.len(), 1, "{before:?}");
    assert_eq!(before[0].0, first);
    assert!(before[0].1.starts_with("every path to dc1.lab.test"), "{before:?}");
    let told = stage.told().await;
    let stage = stage.killed().await;
    one_after_the_other(&stage, 1_560).await;
    stage.stays(1_700, 1_900, to_first(silent)).await;
    assert_eq!(open(stage.all().await), before);
    assert_eq!(stage.told().await, told);
}

#[tokio::test]
async fn after_a_start_a_change_is_told_when_all_can_have_looked() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let stage = stage.killed().await;
    let changed = || to_first(|link| latent(died(link)));
    stage.judged(3_600, changed()).await;
    stage.waited(3_630).await;
    assert_eq!(stage.told().await, [OPENED]);
    stage.stays(3_660, 3_900, changed()).await;
    assert_eq!(stage.told().await, [OPENED, CHANGED]);
}

/// All of a source turns out to be three paths: none of these is the greater part of it, so that it ends,
/// and says where its links have gone.
#[tokio::test]
async fn one_that_falls_apart_says_into_what() {
    let stage = Stage::new(5).await;
    stage.stays(0, 120, to_first(silent)).await;
    let whole = stage.only().await.row.id;
    let paths = |from: usize, to: usize, link: &Link| match (from, to) {
        (5, 1) | (_, 2..) => healthy(link),
        _ => {
            let mut verdict = silent(link);
            verdict.candidates.truncate(1);
            verdict
        }
    };
    stage.stays(180, 600, paths).await;
    let all = stage.all().await;
    let (open, over): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.is_open());
    assert_eq!((open.len(), over.len()), (3, 1), "{all:?}");
    assert_eq!(over[0].row.id, whole);
    let why = over[0].why.as_deref().expect("a reason");
    assert!(open.iter().all(|it| why.contains(&it.row.id)), "{why}");
    assert_eq!(stage.told().await.len(), 5, "one that was opened and resolved, and three");
}
