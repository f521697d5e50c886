//! Four faults of dc2's records, one after the other, each healed and seen to be well before the next. In this order
//! an incident once went over from one record to another, a second one was opened for the same record, and one stayed
//! open for good.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use epmesh::incident::{IncidentList, IncidentRow, Status};
use epmesh_common::diagnosis::{Cause, State};
use serde_json::Value;

use crate::{
    lab::Lab,
    over::{self, Losses},
    receiver::{self, Receiver},
};

/// Until a fault is an incident, or is seen to be healed.
const LIMIT: Duration = Duration::from_secs(90);

/// A fault, and what its incident is about.
struct Step {
    fault: &'static str,
    cause: Cause,
    /// How the subject begins and how it ends.
    subject: (&'static str, &'static str),
}

const FIRST: Step = Step {
    fault: "wrong-a-member",
    cause: Cause::DnsAStale,
    subject: ("A dc2.lab.test", " = 10.99.0.60"),
};
const SECOND: Step = Step {
    fault: "second-a-dead",
    cause: Cause::DnsADuplicate,
    subject: ("A dc2.lab.test", " = 10.99.0.99"),
};
/// The record of the first, beside the right one: the same record is the same subject.
const THIRD: Step = Step {
    fault: "second-a-member",
    cause: Cause::DnsADuplicate,
    subject: ("A dc2.lab.test", " = 10.99.0.60"),
};
const FOURTH: Step = Step {
    fault: "cname-nobody",
    cause: Cause::DnsCnameWrong,
    subject: ("CNAME ", "._msdcs.lab.test = nobody.lab.test"),
};

pub(crate) fn each_is_an_incident_of_its_own(lab: &Lab) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start(lab, &folder.path().join("events"));
    lab.start_mesh(Some(&receiver::configuration(folder.path())));
    let begun = Instant::now();
    let mut book = Book { lab, subjects: BTreeMap::new() };

    let first = book.play(&FIRST);
    lab.run(&["ask", "incident", "ack", &first, "--note", "on it"]);
    assert!(book.row(&first).acknowledged.is_some());
    book.heal(&FIRST);
    lab.until("the first is over", LIMIT, || book.row(&first).status == Status::Resolved);

    let second = book.play(&SECOND);
    let silence = ["--for", "2h", "--why", "maintenance"];
    lab.run(&[&["ask", "incident", "silence", &second], &silence[..]].concat());
    assert!(book.row(&second).silenced.is_some());
    book.heal(&SECOND);

    // The first record again, while the second may not be over yet.
    let third = book.play(&THIRD);
    assert_eq!(third, first, "the same record is the same incident");
    let row = book.row(&third);
    assert_eq!((row.reopened, &row.acknowledged, &row.silenced), (1, &None, &None), "{row:#?}");
    book.heal(&THIRD);

    let fourth = book.play(&FOURTH);
    assert!(fourth != first && fourth != second, "an incident of its own");
    let row = book.row(&fourth);
    assert_eq!((row.reopened, &row.acknowledged, &row.silenced), (0, &None, &None), "{row:#?}");
    book.heal(&FOURTH);

    over::wait(lab, "no incident stays", &Losses::default());
    let mut all = book.look();
    // The lab cuts the connections of samba's own replication, which says so until its next attempt.
    all.retain(|row| row.cause != Cause::ReplicationRefused);
    assert_eq!(all.len(), 3, "three records, three incidents: {all:#?}");
    // What was acknowledged or silenced hid neither of the other two.
    let [opened, resolved, reopened] =
        ["opened", "resolved", "reopened"].map(|turn| format!("incident.{turn}"));
    for (id, turns) in [
        (&first, vec![&opened, &resolved, &reopened, &resolved]),
        (&second, vec![&opened]),
        (&fourth, vec![&opened, &resolved]),
    ] {
        lab.until_nothing_is_left("receivers know", LIMIT, || {
            let told = told(&receiver, id);
            (told.len() < turns.len()).then(|| format!("{id}: {told:?} of {turns:?}"))
        });
        assert_eq!(told(&receiver, id).iter().collect::<Vec<_>>(), turns, "{id}");
    }
    println!("sequence: {} s", begun.elapsed().as_secs());
    lab.stop_mesh();
}

/// The turns of an incident that receivers were told, but for changes of the same fault.
fn told(receiver: &Receiver, id: &str) -> Vec<String> {
    let events = receiver.events();
    let of = events.iter().filter(|event| event["event"]["data"]["incident"]["id"] == id);
    let turn = |event: &Value| event["event"]["type"].as_str().unwrap().to_owned();
    of.map(turn).filter(|turn| turn != "incident.changed").collect()
}

/// The incidents so far.
struct Book<'l> {
    lab: &'l Lab,
    /// What each was about when all had been seen to be well.
    subjects: BTreeMap<String, String>,
}

impl Book<'_> {
    /// Every incident. At no time is one about anything else than when it was seen to be well, and at no time do two
    /// stand for one subject.
    fn look(&self) -> Vec<IncidentRow> {
        let list: IncidentList = self.lab.ask(&["incidents", "--all"]);
        let mut standing = BTreeMap::new();
        for row in &list.incidents {
            if let Some(subject) = self.subjects.get(&row.id) {
                assert_eq!(&row.subject, subject, "{} went over: {row:#?}", row.id);
            }
            if row.status != Status::Resolved {
                let other = standing.insert(&row.subject, &row.id);
                assert!(other.is_none(), "{other:?} and {} are one: {row:#?}", row.id);
            }
        }
        list.incidents
    }

    fn row(&self, id: &str) -> IncidentRow {
        self.look().into_iter().find(|row| row.id == id).expect("it was there")
    }

    /// Switches a fault on and waits until it is the one open incident: its id.
    fn play(&self, step: &Step) -> String {
        self.lab.run(&["fault", step.fault]);
        let begun = Instant::now();
        let mut found = String::new();
        let what = format!("{} is the one open incident", step.fault);
        self.lab.until_nothing_is_left(&what, LIMIT, || {
            let mut standing = self.look();
            standing.retain(|row| row.status != Status::Resolved);
            let [row] = &standing[..] else { return Some(format!("{standing:#?}")) };
            let is_it = row.status == Status::Open
                && row.cause == step.cause
                && row.subject.starts_with(step.subject.0)
                && row.subject.ends_with(step.subject.1);
            found.clone_from(&row.id);
            (!is_it).then(|| format!("{row:#?}"))
        });
        println!("sequence: {}: {found} after {:.1?}", step.fault, begun.elapsed());
        found
    }

    /// Heals a fault, and has both ends look until all links of dc2 are well.
    fn heal(&mut self, step: &Step) {
        self.lab.run(&["heal", step.fault]);
        let begun = Instant::now();
        for destination in ["dc1", "dc3"] {
            self.lab.until("seen to be well", LIMIT, || {
                self.look();
                self.lab.diagnose(destination, "dc2").state == State::Healthy
            });
        }
        println!("sequence: {}: seen to be well after {:.1?}", step.fault, begun.elapsed());
        self.subjects = self.look().into_iter().map(|row| (row.id, row.subject)).collect();
    }
}
