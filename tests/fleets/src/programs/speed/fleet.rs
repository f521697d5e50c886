//! Many forests out of one: the facts and looks of a random healthy forest, under other names and
//! addresses.

use std::{collections::HashSet, time::Duration};

use epmesh::fleet::{HISTORY, Settings, View};
use epmesh_common::{
    facts::{
        Body, DnsName, Platform, Reading, Report, Section, ServiceRole, ServiceState, Target,
        Timestamp,
    },
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

/// Domain controllers of a forest: with more, not everybody looks at everybody.
const COUNT: usize = 51;

/// Seeds that are tried for a forest of the wanted sort.
const SEEDS: u64 = 10_000;

/// A large fleet, all of it seen just now.
pub(crate) struct Fleet {
    pub(crate) view: View,
    pub(crate) now: Timestamp,
    names: Vec<DnsName>,
    sections: Vec<Vec<Section>>,
    sequence: u64,
}

/// What one domain controller of the model says, as text.
struct Said {
    sections: Vec<String>,
    looks: Vec<String>,
}

impl Fleet {
    pub(crate) fn new(forests: u32) -> Self {
        let now = Timestamp::from_millis(1_795_219_200_000);
        let model = model(now);
        let said: Vec<Said> = (0..COUNT).map(|at| said(&model, at)).collect();
        let settings = Settings {
            interval: Duration::from_secs(60),
            interfaces: vec![drsuapi()],
            client_protocols: ClientProtocolRule::default(),
            history: HISTORY,
        };
        let mut fleet = Self {
            view: View::new(settings),
            now,
            names: Vec::new(),
            sections: Vec::new(),
            sequence: 1,
        };
        for forest in 0..forests {
            for (dc, said) in model.dcs.iter().zip(&said) {
                let name: DnsName = moved(dc.name.as_str(), forest).parse().expect("a name");
                let own: Vec<Section> =
                    said.sections.iter().map(|text| read(text, forest)).collect();
                let bodies = own.iter().cloned().map(|section| Body::Own(Box::new(section)));
                let looks = said.looks.iter().map(|text| Body::Peer(read(text, forest)));
                let bodies: Vec<Body> = bodies.chain(looks).collect();
                fleet.view.enrolled(&name);
                fleet.names.push(name.clone());
                fleet.sections.push(own);
                let report = fleet.report(name, bodies);
                fleet.take(report);
            }
        }
        fleet.view.rearrange(now);
        let apart: HashSet<&DnsName> = fleet.names.iter().collect();
        assert_eq!(apart.len(), fleet.names.len(), "every domain controller has a name of its own");
        fleet
    }

    pub(crate) fn dcs(&self) -> usize {
        self.names.len()
    }

    fn report(&mut self, name: DnsName, bodies: Vec<Body>) -> (DnsName, Report) {
        self.sequence += 1;
        let statements = bodies.into_iter().map(|body| body.stated(self.now)).collect();
        let (sequence, at, notes) = (self.sequence, self.now, Vec::new());
        (name, Report { sequence, at, statements, dropped: 0, notes })
    }

    /// Takes a report in, as the coordinator does, but for the store.
    pub(crate) fn take(&mut self, (name, report): (DnsName, Report)) {
        let staged = self.view.stage(&name, report, self.now, self.now);
        self.view.apply(staged);
    }

    /// A report that the service of a domain controller has died, each time of another one in another
    /// forest.
    pub(crate) fn death(&mut self, number: usize) -> (DnsName, Report) {
        self.now = self.now.plus(Duration::from_millis(10));
        let at = (number * COUNT + number % COUNT) % self.names.len();
        let name = self.names.get(at).cloned().expect("a number within the fleet");
        let mut bodies = Vec::new();
        for section in self.sections.get(at).into_iter().flatten() {
            let mut section = section.clone();
            match &mut section {
                Section::Services(services) => {
                    let list = services.list.value().cloned().unwrap_or_default().into_iter();
                    let stopped = list.map(|mut service| {
                        if service.roles.contains(&ServiceRole::DirectoryRpc) {
                            service.state = ServiceState::Stopped;
                            service.process = Reading::Absent;
                        }
                        service
                    });
                    services.list = Reading::Value(stopped.collect());
                }
                Section::EndpointMap(map) => {
                    for view in &mut map.views {
                        if let Ok(endpoints) = &mut view.endpoints {
                            endpoints.retain(|endpoint| endpoint.interface != drsuapi());
                        }
                    }
                }
                _ => continue,
            }
            bodies.push(Body::Own(Box::new(section)));
        }
        self.report(name, bodies)
    }
}

/// A healthy forest of Windows domain controllers, an agent on each, one domain, several sites. All go by a name
/// in it: one that does not would be the same domain controller in every forest.
fn model(now: Timestamp) -> World {
    (0..SEEDS)
        .map(|seed| world(&mut Dice::new(seed), COUNT, now, Naming::Plain))
        .find(|world| {
            let first = world.dcs.first();
            let sites = world.dcs.iter().map(|dc| dc.site).max().unwrap_or(0);
            sites >= 2
                && world.dcs.iter().all(|dc| {
                    dc.agent
                        && !dc.read_only
                        && dc.platform == Platform::Windows
                        && dc.addresses.iter().all(std::net::IpAddr::is_ipv4)
                        && first.is_some_and(|first| first.domain == dc.domain)
                        && dc.name.is_within(&dc.domain)
                })
        })
        .expect("one of so many is like that")
}

fn said(world: &World, at: usize) -> Said {
    let sections = sections(world, at, &[]);
    let others = (0..world.dcs.len()).filter(|other| *other != at);
    let looks = others.map(|other| {
        let dc = world.dcs.get(other).expect("a number within the forest");
        let target = Target {
            name: dc.name.clone(),
            dsa_guid: Some(dc.guid),
            forest: Some(dc.forest.clone()),
            whole_map: false,
            well_known: false,
        };
        look(world, at, &target)
    });
    Said {
        sections: sections.iter().map(text).collect(),
        looks: looks.map(|look| text(&look)).collect(),
    }
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("facts are JSON")
}

fn read<T: serde::de::DeserializeOwned>(text: &str, forest: u32) -> T {
    serde_json::from_str(&moved(text, forest)).expect("facts under another name are facts")
}

/// The text under the names and in the network of another forest.
fn moved(text: &str, forest: u32) -> String {
    // 127 and 172 are somebody else's.
    let octet =
        [127, 172].iter().fold(11 + forest, |octet, taken| octet + u32::from(octet >= *taken));
    text.replace("corp.test", &format!("f{forest}.test")).replace("\"10.", &format!("\"{octet}."))
}
