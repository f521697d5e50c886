//! The view as a whole.

use std::{collections::BTreeSet, time::Duration};

use epmesh_common::{
    diagnosis::{Evidence, Link, State, Verdict, diagnose},
    facts::{
        Body, Directory, DnsName, Host, NtdsSettings, Process, Reading, Report, Section,
        SectionKind, Statement, StatementKey, Timestamp,
    },
    windows::ClientProtocolRule,
};

use uuid::Uuid;

mod answers;

use super::{
    HISTORY, Restored, Settings, StagedBody, View,
    samples::{DRSUAPI, directory, host, map, name, seen, services},
};

const A: &str = "dc1.lab.test";
const B: &str = "dc2.lab.test";
const C: &str = "dc3.lab.test";
const D: &str = "dc4.lab.test";

fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + second * 1000)
}

fn own(section: Section) -> Body {
    Body::Own(Box::new(section))
}

/// An agent whose clock is ahead of the coordinator's by some seconds.
struct Agent {
    dc: DnsName,
    ahead: u64,
    sequence: u64,
}

impl Agent {
    fn new(dc: &str, ahead: u64) -> Self {
        Self { dc: name(dc), ahead, sequence: 0 }
    }

    /// Reports at `sent` what it saw at `seen`, both in the coordinator's time.
    fn report(&mut self, view: &mut View, seen: u64, sent: u64, bodies: Vec<Body>) {
        let made = at(seen + self.ahead);
        let statements = bodies.into_iter().map(|body| body.stated(made)).collect();
        self.send(view, seen, sent, statements);
    }

    fn send(&mut self, view: &mut View, seen: u64, sent: u64, statements: Vec<Statement>) {
        self.sequence += 1;
        let report = Report {
            sequence: self.sequence,
            at: at(seen + self.ahead),
            statements,
            dropped: 0,
            notes: Vec::new(),
        };
        let staged = view.stage(&self.dc, report, at(sent + self.ahead), at(sent));
        view.apply(staged);
    }
}

fn settings() -> Settings {
    Settings {
        interval: Duration::from_secs(60),
        interfaces: vec![DRSUAPI],
        client_protocols: ClientProtocolRule::default(),
        history: HISTORY,
    }
}

/// Three agents that have said who they are, settled.
fn fleet() -> (View, Vec<Agent>) {
    let mut view = View::new(settings());
    let mut agents = Vec::new();
    for (dc, address) in [(A, "10.0.0.1"), (B, "10.0.0.2"), (C, "10.0.0.3")] {
        view.enrolled(&name(dc));
        let mut agent = Agent::new(dc, 0);
        agent.report(&mut view, 0, 0, vec![own(Section::Host(host(dc, &[address])))]);
        agents.push(agent);
    }
    view.rearrange(at(0));
    settle(&mut view, State::Healthy);
    (view, agents)
}

fn verdict(link: &Link, state: State) -> Verdict {
    Verdict { state, ..diagnose(&Evidence::empty(link.clone(), 1), at(0)) }
}

fn settle(view: &mut View, state: State) {
    for link in view.take_touched(usize::MAX) {
        view.judge(&link, verdict(&link, state), at(0));
    }
}

fn touched(view: &mut View) -> BTreeSet<(String, String)> {
    let links = view.take_touched(usize::MAX);
    let short = |name: &DnsName| name.host().to_owned();
    links.iter().map(|link| (short(&link.destination), short(&link.source))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

fn link(destination: &str, source: &str) -> Link {
    Link { destination: name(destination), source: name(source), interface: DRSUAPI }
}

#[test]
fn clocks_that_disagree_change_no_evidence() {
    let build = |ahead: u64| {
        let mut view = View::new(settings());
        let mut agents = [Agent::new(A, ahead), Agent::new(B, 0)];
        agents.iter().for_each(|agent| view.enrolled(&agent.dc));
        view.rearrange(at(0));
        agents[0].report(&mut view, 5, 6, vec![own(Section::Host(host(A, &["10.0.0.1"])))]);
        agents[0].report(&mut view, 7, 9, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
        agents[1].report(&mut view, 8, 8, vec![own(Section::EndpointMap(map(true)))]);
        view.evidence(&link(A, B), at(10))
    };
    assert_eq!(build(0), build(600));
    let evidence = build(600);
    assert_eq!(evidence.destination.host.as_ref().expect("a host section").at, at(5));
    assert_eq!(evidence.observations[0].at, at(7));
    assert_eq!(evidence.registrations.len(), 1);
}

#[test]
fn a_spooled_report_carries_its_age() {
    let (mut view, mut agents) = fleet();
    agents[0].report(&mut view, 100, 4000, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
    let evidence = view.evidence(&link(A, B), at(4000));
    assert_eq!(evidence.observations[0].at, at(100));
}

#[test]
fn a_later_report_does_not_make_a_fact_older() {
    let (mut view, mut agents) = fleet();
    let body = || vec![Body::Peer(seen(B, "10.0.0.2", true, 1))];
    agents[0].report(&mut view, 50, 50, body());
    // The same look told again by an agent whose message took longer to be put together.
    agents[0].report(&mut view, 48, 52, body());
    assert_eq!(view.evidence(&link(A, B), at(60)).observations[0].at, at(50));
}

#[test]
fn only_what_is_touched_is_touched() {
    let (mut view, mut agents) = fleet();
    assert_eq!(touched(&mut view), pairs(&[]));
    // The first word of a witness on a source counts for everyone's link from it.
    agents[0].report(&mut view, 10, 10, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
    assert_eq!(touched(&mut view), pairs(&[("dc1", "dc2"), ("dc3", "dc2")]));
    // The same outcome again touches the witness's own link alone.
    agents[0].report(&mut view, 20, 20, vec![Body::Peer(seen(B, "10.0.0.2", true, 9))]);
    assert_eq!(touched(&mut view), pairs(&[("dc1", "dc2")]));
    agents[0].report(&mut view, 30, 30, vec![Body::Peer(seen(B, "10.0.0.2", false, 1))]);
    assert_eq!(touched(&mut view), pairs(&[("dc1", "dc2"), ("dc3", "dc2")]));
    // A section of its own touches what leads to and from it.
    agents[0].report(&mut view, 40, 40, vec![own(Section::EndpointMap(map(true)))]);
    assert_eq!(
        touched(&mut view),
        pairs(&[("dc1", "dc2"), ("dc1", "dc3"), ("dc2", "dc1"), ("dc3", "dc1")])
    );
}

#[test]
fn the_same_facts_again_touch_only_what_is_not_healthy() {
    let (mut view, mut agents) = fleet();
    let restated = || {
        let full = own(Section::Host(host(A, &["10.0.0.1"]))).stated(at(20));
        vec![Statement { body: None, ..full }]
    };
    agents[0].send(&mut view, 20, 20, restated());
    assert_eq!(touched(&mut view), pairs(&[]));
    assert_eq!(
        view.evidence(&link(A, B), at(20)).destination.host.as_ref().expect("held").at,
        at(20)
    );
    view.judge(&link(B, A), verdict(&link(B, A), State::Failing), at(20));
    agents[0].send(&mut view, 30, 30, restated());
    assert_eq!(touched(&mut view), pairs(&[("dc2", "dc1")]));
    // After a silence longer than facts stay fresh, everything is news.
    agents[0].send(&mut view, 2000, 2000, restated());
    assert_eq!(touched(&mut view).len(), 4);
}

#[test]
fn transitions_are_told_once() {
    let (mut view, _) = fleet();
    let link = link(A, B);
    let first = view.judge(&link, verdict(&link, State::Failing), at(1));
    assert_eq!(first.expect("a change").before, Some(State::Healthy));
    assert_eq!(view.judge(&link, verdict(&link, State::Failing), at(2)), None);
    view.sweep(at(500), Duration::from_secs(60));
    assert_eq!(touched(&mut view).len(), 6);
}

#[test]
fn what_is_not_held_is_wanted() {
    let (view, agents) = fleet();
    let full = own(Section::EndpointMap(map(true))).stated(at(5));
    let subject = full.subject.clone();
    let report = Report {
        sequence: 9,
        at: at(5),
        statements: vec![Statement { body: None, ..full }],
        dropped: 0,
        notes: Vec::new(),
    };
    let staged = view.stage(&agents[0].dc, report, at(5), at(5));
    assert_eq!(staged.wanted, [subject]);
    assert!(staged.restated.is_empty() && staged.bodies.is_empty());
    let held = view.held(&agents[0].dc);
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].0, StatementKey::Own(SectionKind::Host));
}

/// The service has a new process, which never registered, and the map that says so is not held: the one
/// before it was not read under the new process.
#[test]
fn a_map_that_is_wanted_registers_nobody() {
    let (mut view, mut agents) = fleet();
    let process = |pid, second| Some(Process { pid, started: at(second) });
    let [first, _, _] = agents.as_mut_slice() else { panic!("three agents") };
    let both = |map_has, of| {
        vec![own(Section::EndpointMap(map(map_has))), own(Section::Services(services(of)))]
    };
    first.report(&mut view, 5, 5, both(true, process(40, 1)));
    let mut statements: Vec<Statement> =
        both(false, process(41, 30)).into_iter().map(|body| body.stated(at(60))).collect();
    let without_body = |statement: &mut Statement| {
        if statement.subject == StatementKey::Own(SectionKind::EndpointMap) {
            statement.body = None;
        }
    };
    statements.iter_mut().for_each(without_body);
    first.send(&mut view, 60, 60, statements);
    let pids = |view: &View| -> Vec<Option<u32>> {
        let evidence = view.evidence(&link(B, A), at(61));
        evidence.registrations.iter().map(|known| known.process.map(|it| it.pid)).collect()
    };
    assert_eq!(pids(&view), [Some(40)]);
    first.report(&mut view, 62, 62, both(false, process(41, 30)));
    assert_eq!(pids(&view), [Some(40)]);
}

/// What an agent lost on its own disk is told with every report, and shown.
#[test]
fn a_loss_is_shown() {
    let (mut view, agents) = fleet();
    let report =
        Report { sequence: 9, at: at(5), statements: Vec::new(), dropped: 7, notes: Vec::new() };
    let staged = view.stage(&agents[0].dc, report, at(5), at(5));
    view.apply(staged);
    let lost: Vec<u64> = view.statuses().into_iter().map(|status| status.dropped).collect();
    assert_eq!(lost, [7, 0, 0]);
}

#[test]
fn nobody_speaks_for_another() {
    let (mut view, mut agents) = fleet();
    let foreign = own(Section::Host(host(B, &["10.0.0.66"])));
    let own_peer = Body::Peer(seen(A, "10.0.0.1", true, 1));
    let crossed = Statement {
        subject: StatementKey::Own(SectionKind::Ports),
        ..own(Section::EndpointMap(map(true))).stated(at(5))
    };
    let statements = vec![foreign.stated(at(5)), own_peer.stated(at(5)), crossed];
    agents[0].send(&mut view, 5, 5, statements);
    let facts = view.facts(&name(A)).expect("it is known");
    assert_eq!(facts.host.as_ref().expect("the first one").fact, host(A, &["10.0.0.1"]));
    assert_eq!(facts.endpoint_map, None);
    let notes = view.statuses().remove(0).notes;
    assert_eq!(notes.len(), 3);
    assert!(notes[0].contains("speaks for dc2.lab.test"), "{notes:?}");
}

#[test]
fn the_directory_makes_known_and_enrolment_makes_a_destination() {
    let (mut view, mut agents) = fleet();
    agents[0].report(&mut view, 10, 10, vec![own(Section::Directory(directory(&[A, B, C, D])))]);
    assert!(view.has_moved());
    let rearranged = view.rearrange(at(10));
    assert_eq!(rearranged.replanned.len(), 3);
    assert_eq!(view.links().len(), 9);
    assert!(view.links().iter().all(|link| link.destination != name(D)));
    let status = view.statuses().pop().expect("four of them");
    assert_eq!((status.name, status.agent), (name(D), false));
    let plan = view.plan(&name(A)).expect("a plan");
    let target = plan.targets.iter().find(|target| target.name == name(D)).expect("a target");
    assert!(target.dsa_guid.is_some());
    assert_eq!(target.forest, Some(name("lab.test")));
    settle(&mut view, State::Healthy);
    // It leaves the directory: its links go, and are told.
    agents[0].report(&mut view, 20, 20, vec![own(Section::Directory(directory(&[A, B, C])))]);
    assert_eq!(view.rearrange(at(20)).gone.len(), 3);
}

#[test]
fn an_old_directory_names_nobody_beside_a_fresh_one() {
    let (mut view, mut agents) = fleet();
    agents[0].report(&mut view, 0, 0, vec![own(Section::Directory(directory(&[A, B, C, D])))]);
    view.rearrange(at(5000));
    assert_eq!(view.statuses().len(), 4, "the newest copy stands while there is no fresh one");
    agents[1].report(&mut view, 5000, 5000, vec![own(Section::Directory(directory(&[A, B, C])))]);
    view.rearrange(at(5000));
    assert_eq!(view.statuses().len(), 3);
}

/// D was promoted anew, and has no agent that says which GUID is its own.
#[test]
fn a_copy_that_lags_behind_sends_nobody_to_a_name_that_is_gone() {
    let (mut view, mut agents) = fleet();
    let copy = |guid, created| {
        let Directory { settings, .. } = directory(&[D]);
        let (dsa_guid, created) = (Uuid::from_u128(guid), Some(at(created)));
        let remade = |one| NtdsSettings { dsa_guid, created, ..one };
        let settings = settings.map(|all| all.into_iter().map(remade).collect());
        own(Section::Directory(Directory { settings, ..directory(&[]) }))
    };
    agents[0].report(&mut view, 10, 10, vec![copy(2, 900)]);
    agents[1].report(&mut view, 20, 20, vec![copy(1, 800)]);
    view.rearrange(at(20));
    for agent in [A, B, C] {
        let plan = view.plan(&name(agent)).expect("a plan");
        let target = plan.targets.iter().find(|target| target.name == name(D)).expect("a target");
        assert_eq!(target.dsa_guid, Some(Uuid::from_u128(2)), "{agent}");
    }
}

#[test]
fn plans_change_their_version_with_their_content_alone() {
    let (mut view, _) = fleet();
    let before = view.plan(&name(A)).expect("a plan");
    assert_eq!(view.rearrange(at(100)).replanned, Vec::<DnsName>::new());
    assert_eq!(view.plan(&name(A)), Some(before.clone()));
    view.enrolled(&name(D));
    assert_eq!(view.rearrange(at(0)).replanned.len(), 4);
    assert!(view.plan(&name(A)).expect("a plan").version > before.version);
}

#[test]
fn evidence_begins_with_the_destination_and_knows_the_owners() {
    let (mut view, mut agents) = fleet();
    agents[2].report(&mut view, 10, 10, vec![Body::Peer(seen(B, "10.0.0.2", true, 1))]);
    agents[0].report(&mut view, 11, 11, vec![Body::Peer(seen(B, "10.0.0.3", false, 1))]);
    let evidence = view.evidence(&link(A, B), at(12));
    let witnesses: Vec<_> = evidence.observations.iter().map(|seen| seen.witness.host()).collect();
    assert_eq!(witnesses, ["dc1", "dc3"]);
    let owner = |address: &str| evidence.owners.get(&address.parse().expect("an address"));
    assert_eq!(owner("10.0.0.3"), Some(&name(C)));
    assert_eq!(owner("10.0.0.2"), Some(&name(B)));
    assert_eq!(evidence.fresh_for_ms, 195_000);
    let later = view.evidence(&link(A, B), at(1000));
    assert!(later.owners.is_empty(), "who owned it a while ago is not known to own it");
}

#[test]
fn the_site_of_one_that_cannot_say_it_is_in_any_copy_of_the_directory() {
    let (mut view, mut agents) = fleet();
    let mut held = directory(&[A, B, C]);
    held.settings = held.settings.map(|all| {
        let in_branch = |one| NtdsSettings { site: Some("Branch".to_owned()), ..one };
        all.into_iter().map(in_branch).collect()
    });
    let mute = Host { site: Reading::Unreadable("no answer".to_owned()), ..host(B, &["10.0.0.2"]) };
    agents[1].report(&mut view, 10, 10, vec![own(Section::Host(mute))]);
    agents[2].report(&mut view, 10, 10, vec![own(Section::Directory(held))]);
    view.rearrange(at(10));
    let sites = |to, from| {
        let evidence = view.evidence(&link(to, from), at(11));
        (evidence.destination_site, evidence.source_site)
    };
    assert_eq!(sites(B, A), (Some("Branch".to_owned()), None));
    assert_eq!(sites(A, B), (None, Some("Branch".to_owned())));
}

#[test]
fn the_peers_of_one_witness_are_bounded() {
    let (mut view, mut agents) = fleet();
    for peer in 0..600_u64 {
        let body = Body::Peer(seen(&format!("x{peer}.lab.test"), "10.9.9.9", true, 1));
        agents[0].report(&mut view, 10 + peer, 10 + peer, vec![body]);
    }
    assert_eq!(view.held(&name(A)).len(), 1 + super::dc::MOST_PEERS);
    assert!(view.observations_of(&name("x0.lab.test")).is_empty());
    assert_eq!(view.observations_of(&name("x599.lab.test")).len(), 1);
}

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
            acknowledged: super::Acknowledged::default(),
            received: at(600),
            dropped: 0,
            notes: Vec::new(),
            clock_ahead_ms: 0,
            bodies: bodies.into_iter().map(staged).collect(),
            first: first.map(|first| (name(A), first)).into_iter().collect(),
            history: super::History::default(),
        });
        view.rearrange(at(600));
        let link = link(B, A);
        let verdict = diagnose(&view.evidence(&link, at(610)), at(610));
        assert_eq!(verdict.works.at, Some(at(600)));
        view.judge(&link, verdict, at(610));
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
        view.judge(&link, verdict, at(second));
        looked
    };
    assert_eq!(judge(&mut view, hour + 1), Some(at(hour)));
    view.take_touched(usize::MAX);
    view.sweep(at(10), Duration::from_secs(60));
    assert!(view.take_touched(usize::MAX).contains(&link), "it is judged again");
    assert_eq!(judge(&mut view, 10), None);
}

#[test]
fn short_names_find_who_they_name() {
    let (mut view, _) = fleet();
    assert_eq!(view.find("DC1"), Ok(name(A)));
    assert_eq!(view.find(A), Ok(name(A)));
    assert!(view.find("dc9").is_err());
    view.enrolled(&name("dc1.other.test"));
    view.rearrange(at(0));
    let error = view.find("dc1").expect_err("two of them");
    assert_eq!(error.to_string(), "\"dc1\" may be dc1.lab.test or dc1.other.test");
    for forest in 0..300 {
        view.enrolled(&name(&format!("dc1.forest{forest}.test")));
    }
    let error = view.find("dc1").expect_err("one in every forest").to_string();
    assert!(error.ends_with(" or one of 294 more") && error.len() < 400, "{error}");
}
