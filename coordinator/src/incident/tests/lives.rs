//! Tests of incidents being opened, changed and resolved, and of what receivers are told.

use super::*;

#[tokio::test]
async fn four_hundred_links_behind_one_dead_service_are_one_event() {
    let mut interfaces = vec![DRSUAPI];
    interfaces.extend((1..16).map(|number| InterfaceId::new(Uuid::from_u128(number), 1, 0)));
    let stage = Stage::with_interfaces(26, interfaces).await;
    stage.stays(0, 300, to_first(died)).await;
    assert_eq!(stage.told().await, [OPENED]);
    let incident = stage.only().await;
    assert_eq!((incident.row.failing, incident.links.failing.len()), (400, 400));
    assert_eq!(incident.row.subject, "service NTDS on dc1.lab.test");
    let event = &stage.bodies().await[0];
    assert_eq!(event["type"], OPENED);
    assert_eq!(event["data"]["incident"]["failing"], 400);
    assert!(event["data"]["verdict"]["state"].is_string());
    assert_eq!(event["data"]["verdict"]["shown"], Value::Null, "{event}");
    stage.stays(360, 600, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
}

#[tokio::test]
async fn two_faults_are_two_incidents() {
    let stage = Stage::new(5).await;
    let judge = |_: usize, to: usize, link: &Link| if to <= 2 { died(link) } else { healthy(link) };
    stage.stays(0, 120, judge).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
    let names: Vec<String> = stage.all().await.into_iter().map(|it| it.row.subject).collect();
    assert_eq!(names, ["service NTDS on dc1.lab.test", "service NTDS on dc2.lab.test"]);
}

/// What fails, and nobody knows why.
fn unexplained(link: &Link) -> Verdict {
    failing(link, Cause::Unknown, Side::Source, Vec::new())
}

/// The fault cannot be told any more while its links still fail, and then nobody sees them.
#[tokio::test]
async fn what_was_last_seen_in_trouble_is_not_over() {
    let stage = Stage::new(3).await;
    stage.stays(0, 300, to_first(died)).await;
    stage.judged(360, to_first(unexplained)).await;
    stage.stays(420, 1_800, to_first(unknown)).await;
    assert_eq!(stage.told().await, [OPENED]);
    assert_eq!(stage.only().await.row.unseen, 2);
    let stage = stage.killed().await;
    stage.stays(1_860, 2_400, to_first(unknown)).await;
    assert_eq!(stage.told().await, [OPENED]);
    stage.stays(2_460, 3_000, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
}

#[tokio::test]
async fn a_fault_that_lasts_a_moment_is_not_told() {
    let stage = Stage::new(3).await;
    stage.judged(0, to_first(died)).await;
    stage.judged(5, all_well).await;
    stage.stays(10, 600, all_well).await;
    assert_eq!(stage.told().await, [""; 0]);
    assert_eq!(stage.all().await, []);
}

#[tokio::test]
async fn an_incident_that_comes_and_goes_is_told_a_few_times_and_then_stays_open() {
    let stage = Stage::new(3).await;
    // Five minutes bad, five minutes well, for a day.
    for round in 0..144 {
        let began = round * 600;
        stage.stays(began, began + 240, to_first(died)).await;
        stage.stays(began + 300, began + 540, all_well).await;
    }
    let told = stage.told().await;
    assert_eq!(told[..3], [OPENED, RESOLVED, REOPENED]);
    assert!(told.len() <= 8, "{} events of 144 rounds", told.len());
    let incident = stage.only().await;
    assert_eq!(incident.row.status, Status::Open);
    assert!(incident.timeline.iter().any(|entry| entry.kind == EntryKind::CameBack));
    assert!(incident.timeline.len() <= 100 && incident.left_out > 0);
    assert_eq!(incident.timeline[0].kind, EntryKind::Opened);
    // Well for good: it ends.
    stage.stays(86_400, 86_400 + 4_000, all_well).await;
    assert_eq!(stage.told().await.last().map(String::as_str), Some(RESOLVED));
}

#[tokio::test]
async fn an_incident_whose_links_cannot_be_seen_is_not_over() {
    let stage = Stage::new(4).await;
    stage.stays(0, 60, to_first(died)).await;
    stage.stays(120, 7_200, nobody_sees).await;
    assert_eq!(stage.told().await, [OPENED]);
    let incident = stage.only().await;
    assert_eq!((incident.row.status, incident.row.unseen), (Status::Open, 3));
    // Two of three are seen to work, the third is not seen: still not over.
    let third = |from: usize, _: usize, link: &Link| match from {
        4 => unknown(link),
        _ => healthy(link),
    };
    stage.stays(7_260, 9_000, third).await;
    assert_eq!(stage.told().await, [OPENED]);
    stage.stays(9_060, 9_300, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
}

#[tokio::test]
async fn a_path_that_turns_out_to_be_the_whole_source_is_the_same_incident() {
    let stage = Stage::new(4).await;
    stage.stays(0, 120, one_path_to_first).await;
    let before = stage.only().await;
    assert!(before.row.subject.starts_with("path dc2.lab.test -> dc1.lab.test"));
    stage.stays(180, 600, to_first(silent)).await;
    let after = stage.only().await;
    assert_eq!(after.row.id, before.row.id);
    assert!(after.row.subject.starts_with("every path to dc1.lab.test"), "{}", after.row.subject);
    assert_eq!(stage.told().await, [OPENED, CHANGED]);
    stage.stays(660, 900, all_well).await;
    assert_eq!(stage.told().await, [OPENED, CHANGED, RESOLVED]);
}

#[tokio::test]
async fn two_that_become_one_leave_one_that_names_the_other() {
    let stage = Stage::new(6).await;
    let paths = |from: usize, to: usize, link: &Link| match (from, to) {
        (2, 1) => silent(link),
        // Only the path explains this one.
        (3, 1) => {
            let mut verdict = silent(link);
            verdict.candidates.truncate(1);
            verdict
        }
        (_, 1) => unknown(link),
        _ => healthy(link),
    };
    stage.stays(0, 120, paths).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
    stage.stays(180, 600, to_first(silent)).await;
    let told = stage.told().await;
    assert_eq!(told.iter().filter(|kind| *kind == RESOLVED).count(), 1, "{told:?}");
    let all = stage.all().await;
    let (open, over): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.is_open());
    let why = over[0].why.as_deref().expect("a reason");
    assert!(why.contains(&open[0].row.id), "{why}");
}
