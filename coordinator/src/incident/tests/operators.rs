//! Tests of what operators say of incidents, and of incidents in the store.

use super::*;

#[tokio::test]
async fn an_acknowledged_one_sends_no_changes_and_its_end() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let id = stage.only().await.row.id;
    let refused = stage.incidents.acknowledge("zz", "anna", None).await;
    assert!(matches!(refused, Err(IncidentError::Unknown(_))));
    stage.incidents.acknowledge(&id[..3], "anna", Some("on it")).await.expect("it is open");
    stage.stays(120, 1_200, to_first(|link| latent(died(link)))).await;
    assert_eq!(stage.told().await, [OPENED]);
    let incident = stage.only().await;
    assert_eq!(incident.row.state, State::Latent);
    let acknowledged = incident.row.acknowledged.expect("it is kept");
    assert_eq!((acknowledged.by.as_str(), acknowledged.note.as_deref()), ("anna", Some("on it")));
    stage.stays(1_260, 1_500, all_well).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
    let refused = stage.incidents.acknowledge(&id, "anna", None).await;
    assert!(matches!(refused, Err(IncidentError::NotOpen { .. })));
    // Back again: nobody looks after it yet.
    stage.stays(1_560, 1_620, to_first(died)).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED, REOPENED]);
    assert_eq!(stage.only().await.row.acknowledged, None);
}

#[tokio::test]
async fn a_change_that_nobody_looks_after_is_told_once() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    stage.stays(120, 1_200, to_first(|link| latent(died(link)))).await;
    assert_eq!(stage.told().await, [OPENED, CHANGED]);
}

/// There would be no verdict to show.
#[tokio::test]
async fn what_it_was_for_a_moment_before_it_went_is_not_told() {
    let stage = Stage::new(3).await;
    stage.stays(0, 180, to_first(died)).await;
    stage.judged(240, to_first(|link| latent(died(link)))).await;
    stage.judged(245, all_well).await;
    for second in [255, 300, 400] {
        stage.waited(second).await;
    }
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
}

#[tokio::test]
async fn a_silenced_one_sends_nothing_until_the_silence_ends() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let id = stage.only().await.row.id;
    let hour = Duration::from_secs(3_600);
    stage.incidents.silence(&id, "anna", hour, "maintenance").await.expect("it is known");
    stage.stays(120, 600, to_first(|link| latent(died(link)))).await;
    stage.stays(660, 1_200, all_well).await;
    assert_eq!(stage.only().await.row.status, Status::Resolved);
    stage.stays(1_260, 2_000, to_first(died)).await;
    assert_eq!(stage.told().await, [OPENED], "receivers know that it is there, and it is");
    stage.stays(2_060, 3_000, all_well).await;
    assert_eq!(stage.told().await, [OPENED]);
    // The silence is over: what is told is what is, not what was.
    stage.waited(3_700).await;
    assert_eq!(stage.told().await, [OPENED, RESOLVED]);
}

#[tokio::test]
async fn what_operators_said_survives_and_a_start_resolves_nothing() {
    let stage = Stage::new(4).await;
    let judge = |_: usize, to: usize, link: &Link| match to {
        1 | 2 => died(link),
        _ => healthy(link),
    };
    stage.stays(0, 60, judge).await;
    let (one, two) = {
        let all = stage.all().await;
        (all[0].row.id.clone(), all[1].row.id.clone())
    };
    stage.incidents.acknowledge(&one, "anna", Some("on it")).await.expect("it is open");
    let day = Duration::from_secs(86_400);
    stage.incidents.silence(&two, "ben", day, "known").await.expect("it is known");
    let before = stage.all().await;

    let stage = stage.killed().await;
    let after = stage.all().await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.row.id, after.row.id);
        assert_eq!(before.row.acknowledged, after.row.acknowledged);
        assert_eq!(before.row.silenced, after.row.silenced);
        assert_eq!(before.timeline, after.timeline);
    }
    // Nobody has said anything yet, for two hours: nothing is over, and nothing is told twice.
    stage.waited(7_200).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
    assert!(stage.all().await.iter().all(IncidentDocument::is_open));
    stage.stays(7_260, 7_500, judge).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
    assert_eq!(stage.all().await.len(), 2, "the same two, not new ones");
    stage.stays(7_560, 7_900, all_well).await;
    assert_eq!(stage.told().await, [OPENED, OPENED, RESOLVED], "one of them is silenced");
}

#[tokio::test]
async fn a_pending_one_cannot_be_acknowledged() {
    let stage = Stage::new(3).await;
    stage.judged(0, to_first(died)).await;
    let id = stage.only().await.row.id;
    let refused = stage.incidents.acknowledge(&id, "anna", None).await.expect_err("it is pending");
    assert!(refused.to_string().contains("is pending"), "{refused}");
}

#[tokio::test]
async fn an_incident_of_thousands_of_links_fits_into_the_store() {
    let stage = Stage::new(3).await;
    stage.stays(0, 60, to_first(died)).await;
    let id = stage.only().await.row.id;
    let mut book = IncidentBook::default();
    let prefix = Prefix::space(Space::Alerts);
    let mut all = scan_all(&*stage.store, &prefix, 10).await.expect("it can be read");
    let (key, stored) = all.remove(0);
    let mut record: Record = record::decode(&key, &stored.value).expect("a record");
    let long = "x".repeat(60);
    record.what.links = (0..20_000)
        .map(|number| Link {
            destination: name(&format!("dc{number}.{long}.{long}.{long}.test")),
            source: dc(1),
            interface: DRSUAPI,
        })
        .collect();
    record.what.places = (0..20_000).map(|number| format!("server {number}")).collect();
    for second in 0..500 {
        record.note(stage.time(second), EntryKind::Changed, &"word ".repeat(500));
    }
    let bytes = record::encode(&key, &record.stored()).expect("JSON");
    assert!(bytes.len() < MAX_VALUE, "{} bytes", bytes.len());
    book.restore(record, 1);
    assert_eq!(book.incidents.keys().next(), Some(&id));
}

/// On the link from the first to the second, this fault is all that explains it.
fn on_one(fault: fn(&Link) -> Fault, cause: Cause) -> impl Fn(usize, usize, &Link) -> Verdict {
    move |from, to, link| match (from, to) {
        (2, 1) => failing(link, cause, Side::NameResolution, vec![fault(link)]),
        _ => healthy(link),
    }
}

fn names(link: &Link) -> Fault {
    Fault::Names { from: link.destination.clone(), of: link.source.clone() }
}

fn alias(link: &Link) -> Fault {
    let name = link.source.clone();
    Fault::DnsRecord { name, record: epmesh_common::facts::RecordType::Cname, value: None }
}

/// It is the same incident, and another fault: who took care of the first has not been told of it.
#[tokio::test]
async fn what_was_said_of_one_fault_ends_where_it_turns_out_to_be_another() {
    for is_silenced in [false, true] {
        let stage = Stage::new(3).await;
        stage.stays(0, 60, on_one(names, Cause::Unknown)).await;
        let id = stage.only().await.row.id;
        if is_silenced {
            let day = Duration::from_secs(86_400);
            stage.incidents.silence(&id, "anna", day, "known").await.expect("it is known");
        } else {
            stage.incidents.acknowledge(&id, "anna", None).await.expect("it is open");
        }
        stage.stays(120, 400, on_one(alias, Cause::DnsCnameMissing)).await;
        assert_eq!(stage.told().await, [OPENED, CHANGED], "silenced: {is_silenced}");
        let incident = stage.only().await;
        assert_eq!((incident.row.id, incident.row.acknowledged), (id, None));
        assert!(incident.row.silenced.is_none());
        let changed = incident.timeline.iter().find(|entry| entry.text.contains("another fault"));
        assert!(changed.is_some(), "{:?}", incident.timeline);
    }
}

/// A link of it was well before the start; what comes after the start is another fault.
#[tokio::test]
async fn a_start_does_not_forget_what_was_seen_to_be_well() {
    let stage = Stage::new(4).await;
    stage.stays(0, 60, to_first(died)).await;
    let first_is_well = |from: usize, to: usize, link: &Link| match (from, to) {
        (2, _) => healthy(link),
        (_, 1) => unknown(link),
        _ => healthy(link),
    };
    stage.judged(120, first_is_well).await;
    let before = stage.only().await.row.id;
    let stage = stage.killed().await;
    let withheld = |link: &Link| {
        let fault = Fault::Application { dc: link.source.clone() };
        failing(link, Cause::Unknown, Side::Source, vec![fault])
    };
    stage.stays(180, 400, to_first(withheld)).await;
    let all = stage.all().await;
    let subjects: Vec<&str> = all.iter().map(|it| it.row.subject.as_str()).collect();
    assert_eq!(all.len(), 2, "{subjects:?}");
    assert!(all.iter().any(|it| it.row.id == before && it.row.subject.starts_with("service")));
}
