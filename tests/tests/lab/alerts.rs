//! Alerts from a real fault to a receiver that checks the signature.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    lab::Lab,
    receiver::{self, Receiver},
};

const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn opened_and_resolved_once_each(lab: &Lab) {
    let folder = tempfile::tempdir().unwrap();
    let config = receiver::configuration(folder.path());
    let file = folder.path().join("events");
    let receiver = Receiver::start(lab, &file);
    lab.start_mesh(Some(&config));

    lab.run(&["fault", "wrong-a-member"]);
    let broken = Instant::now();
    lab.until("opened", LIMIT, || of_fault(&receiver.events()).len() == 1);
    println!("opened {:.1?} after the fault was on; the interval is 5 s", broken.elapsed());
    lab.run(&["heal"]);
    let healed = Instant::now();
    lab.until("resolved", LIMIT, || of_fault(&receiver.events()).len() == 2);
    println!("resolved {:.1?} after the forest was whole", healed.elapsed());
    assert_eq!(kinds(&receiver.events()), ["incident.opened", "incident.resolved"]);
    let events = receiver.events();
    let incident = &of_fault(&events)[0]["event"]["data"]["incident"];
    assert_eq!(incident["cause"], "dns-a-stale");
    assert_eq!(incident["side"], "name-resolution");
    let first = incident["id"].clone();

    // The receiver down, and the coordinator killed in between: both arrive all the same.
    drop(receiver);
    lab.run(&["fault", "wrong-a-member"]);
    lab.until("an event waits", LIMIT, || waiting(lab) == 1);
    lab.run(&["mesh-kill"]);
    lab.start_again(&config);
    lab.run(&["heal"]);
    lab.until("two events wait", LIMIT, || waiting(lab) == 2);
    let receiver = Receiver::start(lab, &file);
    // The pause between tries may have grown to minutes only if the receiver was away for as long.
    lab.until("both arrived", Duration::from_secs(120), || of_fault(&receiver.events()).len() == 4);
    let events = receiver.events();
    // The same fault again is the same incident.
    let turns = ["incident.opened", "incident.resolved", "incident.reopened", "incident.resolved"];
    assert_eq!(kinds(&events), turns);
    assert!(of_fault(&events).iter().all(|it| it["event"]["data"]["incident"]["id"] == first));
    let ids: BTreeSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len(), "an id came twice");
    lab.stop_mesh();
}

/// The turns of the incident about dc2's address, in the order in which they came. An
/// `incident.changed` may stand between them: the records are mended one DNS server after the other, and
/// a look in between finds the fault latent.
fn of_fault(events: &[Value]) -> Vec<&Value> {
    let is_it = |event: &&Value| {
        let incident = &event["event"]["data"]["incident"];
        is_about_the_record(incident["subject"].as_str().unwrap_or_default())
            && event["event"]["type"] != "incident.changed"
    };
    events.iter().filter(is_it).collect()
}

fn is_about_the_record(subject: &str) -> bool {
    subject.contains("A dc2.lab.test = ")
}

fn kinds(events: &[Value]) -> Vec<&str> {
    of_fault(events).iter().map(|event| event["event"]["type"].as_str().unwrap()).collect()
}

fn waiting(lab: &Lab) -> usize {
    let alerts: Vec<Value> = lab.ask(&["alerts", "list"]);
    let is_it = |alert: &&Value| {
        let subject = alert["subject"].as_str().unwrap_or_default();
        alert["status"] == "pending"
            && alert["type"] != "incident.changed"
            && is_about_the_record(subject)
    };
    alerts.iter().filter(is_it).count()
}
