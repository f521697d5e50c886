//! Tests of the printed incidents against files of expected output.

use std::time::Duration;

use epmesh_common::{
    diagnosis::{Cause, Confidence, CulpritText, Fault, Side, State},
    facts::Timestamp,
    incident::{Alternative, Pattern, Shape},
};

use super::*;
use crate::{
    cli::{exit::Exit, golden::is_as_in},
    fleet::LinkCounts,
    incident::{
        Acknowledgement, Entry, EntryKind, Group, IncidentDocument, IncidentList, IncidentRow,
        LinkName, Silence, Status,
    },
};

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_219_200_000)
}

fn ago(minutes: u64) -> Timestamp {
    now().minus(Duration::from_secs(minutes * 60))
}

fn link(from: u32) -> LinkName {
    LinkName {
        destination: format!("dc{from}.lab.test").parse().expect("a name"),
        source: "dc2.lab.test".parse().expect("a name"),
        interface: "drsuapi".to_owned(),
        standing: None,
    }
}

fn row() -> IncidentRow {
    IncidentRow {
        id: "1a2b3c4d".to_owned(),
        status: Status::Open,
        state: State::Failing,
        side: Side::Source,
        cause: Cause::ServiceDied,
        confidence: Confidence::Proven,
        subject: "service NTDS on dc2.lab.test".to_owned(),
        failing: 2,
        latent: 0,
        unseen: 1,
        pattern: Pattern {
            shape: Shape::AllDestinations,
            hit: 2,
            of: 2,
            words: "2 of 2 destinations fail: all that look at dc2.lab.test".to_owned(),
        },
        first_seen: ago(42),
        opened: Some(ago(41)),
        resolved: None,
        reopened: 1,
        acknowledged: Some(Acknowledgement {
            by: "anna".to_owned(),
            at: ago(30),
            note: Some("on it".to_owned()),
        }),
        silenced: None,
    }
}

#[test]
fn the_list() {
    let second = IncidentRow {
        id: "99aa0011".to_owned(),
        state: State::Latent,
        side: Side::NameResolution,
        cause: Cause::DnsAStale,
        subject: "A dc3.lab.test = 10.0.0.9".to_owned(),
        failing: 0,
        latent: 3,
        unseen: 0,
        pattern: Pattern {
            shape: Shape::OneDnsServer,
            hit: 3,
            of: 5,
            words:
                "3 of 3 destinations that use DNS server 10.0.0.53 will fail, none of the other 2"
                    .to_owned(),
        },
        reopened: 0,
        acknowledged: None,
        ..row()
    };
    let seen = LinkCounts { links: 12, unknown: 3 };
    let (incidents, unexplained) = (vec![row(), second], vec![link(7)]);
    let list = IncidentList { incidents, unexplained, unexplained_in_all: 1, seen };
    is_as_in("incidents.txt", &render_list(&list, false, now(), Some(160)));
    // However narrow, each incident still says whom it hits, and no line is longer than it may be.
    let narrow = render_list(&list, false, now(), Some(80));
    is_as_in("incidents-80.txt", &narrow);
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    assert_eq!(exit(&list), Exit::Failing);
    let over = IncidentRow { status: Status::Resolved, ..row() };
    let list = IncidentList { incidents: vec![over], ..IncidentList::default() };
    assert_eq!(exit(&list), Exit::Healthy);
    let blind = IncidentList { seen, ..list };
    assert_eq!(exit(&blind), Exit::Unknown, "nobody sees whether anything is wrong");
    assert_eq!(exit(&IncidentList::default()), Exit::Healthy);
    let nothing = render_list(&IncidentList::default(), false, now(), None);
    assert_eq!(nothing, "no incident is open\n");
}

#[test]
fn one() {
    let dc = "dc2.lab.test".parse().expect("a name");
    let fault = Fault::Service { dc, service: "NTDS".to_owned() };
    let dc = "dc2.lab.test".parse().expect("a name");
    let other = Fault::Application { dc };
    let entry = |at, kind, text: &str, by: Option<&str>| Entry {
        at,
        kind,
        text: text.to_owned(),
        by: by.map(str::to_owned),
    };
    let incident = IncidentDocument {
        row: row(),
        fault,
        culprit: CulpritText {
            kind: "service".to_owned(),
            name: "NTDS on dc2.lab.test".to_owned(),
            value: "stopped".to_owned(),
        },
        places: Vec::new(),
        links: Group { failing: vec![link(1), link(3)], unseen: vec![link(4)], ..Group::default() },
        alternatives: vec![Alternative {
            name: other.to_string(),
            fault: other,
            explains: 2,
            of: 2,
            why: "explains no more, and is farther from them".to_owned(),
        }],
        timeline: vec![
            entry(ago(41), EntryKind::Opened, "service NTDS on dc2.lab.test", None),
            entry(ago(30), EntryKind::Acknowledged, "on it", Some("anna")),
        ],
        left_out: 0,
        why: None,
    };
    is_as_in("incident.txt", &render(&incident, now(), Some(160)));
    is_as_in("incident-80.txt", &render(&large(incident), now(), Some(80)));
}

/// Four hundred links among hosts with names of sixty characters, of which a restart left some.
fn large(small: IncidentDocument) -> IncidentDocument {
    let name = |host: &str| format!("{host}.{}.example.com", "x".repeat(60 - 13 - host.len()));
    let subject =
        format!("path {} -> site Zürich-Hauptgeschäftsstelle (dynamic ports)", name("dc1"));
    let link = |number: u32| LinkName {
        destination: name(&format!("dc{number:03}")).parse().expect("a name"),
        source: name("dc001").parse().expect("a name"),
        ..link(1)
    };
    let words = format!("400 of 400 destinations fail: all that look at {}", name("dc001"));
    let pattern = Pattern { words, ..small.row.pattern.clone() };
    let silenced = Some(Silence {
        by: "ben".to_owned(),
        at: ago(20),
        until: ago(0).plus(Duration::from_secs(7_200)),
        why: "the line is being laid anew, and until then the other one carries what it can"
            .to_owned(),
    });
    let row = IncidentRow { subject, failing: 400, pattern, silenced, ..small.row };
    let culprit = CulpritText {
        name: format!("NTDS on {}", name("dc001")),
        value: "stopped; ".repeat(20),
        ..small.culprit
    };
    let mut alternatives = small.alternatives;
    alternatives[0].name = format!("all RPC interfaces of {}", name("dc001"));
    let mut timeline = small.timeline;
    timeline[0].text = format!("service NTDS on {}", name("dc001"));
    IncidentDocument {
        row,
        culprit,
        alternatives,
        timeline,
        left_out: 7,
        places: (0..30).map(|number| format!("10.0.0.{number}")).collect(),
        links: Group { failing: (2..188).map(link).collect(), ..small.links },
        ..small
    }
}

#[test]
fn a_line_is_longer_than_there_is_room_only_where_it_is_to_be_copied() {
    let text = include_str!("../golden/incident-80.txt");
    let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(long.iter().all(|line| line.starts_with("Proof and remedy: ")), "{long:?}");
    assert!(text.contains("  and 360 more: --output json has the first 186\n"), "{text}");
}
