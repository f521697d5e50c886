//! The view as a whole.

use std::{collections::BTreeSet, time::Duration};

use epmesh_common::{
    diagnosis::{Cause, Evidence, Link, State, Verdict, diagnose, judge},
    facts::{
        Body, Directory, DnsName, Host, NtdsSettings, PeerObservation, Process, Reading, Report,
        Section, SectionKind, ServiceState, Statement, StatementKey, Timestamp,
    },
    windows::ClientProtocolRule,
};

use uuid::Uuid;

mod answers;
mod evidence;
mod examples;
mod known;
mod reports;
mod restored;

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

/// Three agents that have stated their host section, with all links judged.
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
    judge_all(&mut view, State::Healthy);
    (view, agents)
}

fn verdict(link: &Link, state: State) -> Verdict {
    Verdict { state, ..diagnose(&Evidence::empty(link.clone(), 1), at(0)) }
}

fn judge_all(view: &mut View, state: State) {
    for link in view.take_dirty(usize::MAX) {
        view.record_verdict(&link, verdict(&link, state), at(0));
    }
}

fn dirty(view: &mut View) -> BTreeSet<(String, String)> {
    let links = view.take_dirty(usize::MAX);
    let short = |name: &DnsName| name.host().to_owned();
    links.iter().map(|link| (short(&link.destination), short(&link.source))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

fn link(destination: &str, source: &str) -> Link {
    Link { destination: name(destination), source: name(source), interface: DRSUAPI }
}
