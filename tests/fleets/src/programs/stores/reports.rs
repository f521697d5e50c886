//! The reports that are written: those of one forest, under other names.

use std::time::Duration;

use epmesh::fleet::{Acknowledged, HISTORY, Settings, Staged, View};
use epmesh_common::{
    facts::{Body, DnsName, Report, Target, Timestamp},
    windows::ClientProtocolRule,
};
use epmesh_fleets::{
    Naming,
    build::world,
    dice::Dice,
    look::look,
    own::{drsuapi, sections},
    world::World,
};

/// Domain controllers of the forest: with more, not everybody looks at everybody.
const COUNT: usize = 51;

/// The first reports of a forest, as the coordinator has staged them.
pub(crate) struct Model {
    first: Vec<Staged>,
}

impl Model {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_millis(1_795_219_200_000);
        let world = world(&mut Dice::new(1753), COUNT, now, Naming::Plain);
        let view = View::new(Settings {
            interval: Duration::from_secs(60),
            interfaces: vec![drsuapi()],
            client_protocols: ClientProtocolRule::default(),
            history: HISTORY,
        });
        let first = (0..world.dcs.len()).map(|at| {
            let statements = bodies(&world, at).into_iter().map(|body| body.stated(now)).collect();
            let report = Report { sequence: 1, at: now, statements, dropped: 0, notes: Vec::new() };
            view.stage(&name(at), report, now, now)
        });
        Self { first: first.collect() }
    }

    /// The first report of a domain controller: everything.
    pub(crate) fn first(&self, dc: usize) -> Staged {
        let model = self.first.get(dc % self.first.len()).expect("a number within the forest");
        Staged { dc: name(dc), ..model.clone() }
    }

    /// A later report: the time of everything, and a body that changed in one of `changed`.
    pub(crate) fn later(&self, dc: usize, number: usize, changed: usize) -> Staged {
        let mut staged = self.first(dc);
        let later = Duration::from_secs(60 * number as u64);
        let at = staged.received.plus(later);
        staged.acknowledged = Acknowledged { sequence: number as u64 + 1, at };
        staged.received = at;
        for (_, seen) in &mut staged.stamps {
            *seen = at;
        }
        staged.history = None;
        let wanted = (dc + number).is_multiple_of(changed);
        let pick = (dc + number / changed) % staged.bodies.len().max(1);
        for (index, body) in staged.bodies.iter_mut().enumerate() {
            body.changed = wanted && index == pick;
            body.at = at;
        }
        staged
    }
}

fn name(dc: usize) -> DnsName {
    format!("dc{dc}.corp.example.com").parse().expect("a name")
}

/// What a domain controller says of itself, and of every other.
fn bodies(world: &World, at: usize) -> Vec<Body> {
    let own = sections(world, at, &[]).into_iter();
    let mut bodies: Vec<Body> = own.map(|section| Body::Own(Box::new(section))).collect();
    for (_, dc) in world.dcs.iter().enumerate().filter(|(other, _)| *other != at) {
        let target = Target {
            name: dc.name.clone(),
            dsa_guid: Some(dc.guid),
            forest: Some(dc.forest.clone()),
            whole_map: false,
            well_known: false,
        };
        bodies.push(Body::Peer(look(world, at, &target)));
    }
    bodies
}
