//! Faults that come, go and come again, one after the other and overlapping.
//!
//! Every domain controller looks once a minute, each at its own second. A history is right when at each moment the
//! open incidents are the faults that stand, one each, apart from the time that it takes to see them.

use std::collections::BTreeSet;

use epmesh_common::facts::RecordType;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IteratorRandom as _};

use super::*;

/// A fault of the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Broken {
    /// A line of this domain controller's hosts file, on the other one.
    HostsLine(usize, usize),
    /// An address record of this domain controller is wrong; its value.
    Record(usize, u8),
    /// The alias of this domain controller is missing.
    Alias(usize),
    /// This domain controller is cut off.
    Cut(usize),
    /// The service of this domain controller has died.
    Died(usize),
}

impl Broken {
    fn hits(self, from: usize, to: usize) -> bool {
        match self {
            Self::HostsLine(destination, source) => (destination, source) == (from, to),
            Self::Record(source, _) | Self::Alias(source) => source == to,
            Self::Cut(source) | Self::Died(source) => source == to,
        }
    }

    fn verdict(self, link: &Link) -> Verdict {
        let record = |record, value: Option<String>| {
            let fault = Fault::DnsRecord { name: link.source.clone(), record, value };
            failing(link, Cause::DnsAStale, Side::NameResolution, vec![fault])
        };
        match self {
            Self::HostsLine(..) => {
                let (dc, path) = (link.destination.clone(), "/etc/hosts".to_owned());
                let line = Fault::HostsLine { dc, path, line: Some(3) };
                failing(link, Cause::HostsFileOverride, Side::NameResolution, vec![line])
            }
            Self::Record(_, value) => record(RecordType::A, Some(format!("10.99.0.{value}"))),
            Self::Alias(_) => record(RecordType::Cname, None),
            Self::Cut(_) => silent(link),
            Self::Died(_) => died(link),
        }
    }

    /// Whether an incident of `fault` is this fault.
    fn is(self, fault: &Fault) -> bool {
        match (self, fault) {
            (Self::HostsLine(destination, _), Fault::HostsLine { dc: at, .. }) => {
                *at == dc(destination)
            }
            (Self::Record(source, value), Fault::DnsRecord { name, value: Some(held), .. }) => {
                *name == dc(source) && *held == format!("10.99.0.{value}")
            }
            (Self::Alias(source), Fault::DnsRecord { name, value: None, .. }) => {
                *name == dc(source)
            }
            (Self::Cut(source), Fault::Path { to, .. } | Fault::Dc { dc: to, .. }) => {
                *to == dc(source)
            }
            (Self::Died(source), Fault::Service { dc: at, .. }) => *at == dc(source),
            _ => false,
        }
    }
}

/// The faults that stand, in the order in which one hides the other on a link.
#[derive(Default)]
struct World {
    stands: BTreeSet<Broken>,
}

impl World {
    fn judge(&self, from: usize, to: usize, link: &Link) -> Verdict {
        let hit = self.stands.iter().find(|broken| broken.hits(from, to));
        hit.map_or_else(|| healthy(link), |broken| broken.verdict(link))
    }

    /// The faults that show on any link among so many domain controllers.
    fn shown(&self, count: usize) -> BTreeSet<Broken> {
        let ends = (1..=count).flat_map(|from| (1..=count).map(move |to| (from, to)));
        let links = ends.filter(|(from, to)| from != to);
        links
            .filter_map(|(from, to)| self.stands.iter().find(|it| it.hits(from, to)))
            .copied()
            .collect()
    }
}

/// A stage on which time passes by tens of seconds, and whose domain controllers look one after the other.
struct Theatre {
    stage: Stage,
    world: World,
    second: u64,
}

impl Theatre {
    async fn new(count: usize) -> Self {
        let this = Self { stage: Stage::new(count).await, world: World::default(), second: 0 };
        this.stage.judged(0, all_well).await;
        this
    }

    /// Ten seconds pass; who is due looks, and what is due is done.
    async fn pass(&mut self) {
        self.second += 10;
        let slot = self.second / 10 % 6;
        self.stage.fleet.change(|view| {
            let count = self.stage.count;
            for from in (1..=count).filter(|from| *from as u64 % 6 == slot) {
                for to in (1..=count).filter(|to| *to != from) {
                    let link = Link { destination: dc(from), source: dc(to), interface: DRSUAPI };
                    let mut verdict = self.world.judge(from, to, &link);
                    let now = self.stage.time(self.second);
                    verdict.works.at = Some(now);
                    view.record_verdict(&link, verdict, now);
                }
            }
            view.regroup();
        });
        self.stage.waited(self.second).await;
    }

    async fn passes(&mut self, seconds: u64) {
        for _ in 0..seconds.div_ceil(10) {
            self.pass().await;
        }
    }

    async fn with(&mut self, broken: Broken, seconds: u64) {
        self.world.stands.insert(broken);
        self.passes(seconds).await;
    }

    async fn without(&mut self, broken: Broken, seconds: u64) {
        self.world.stands.remove(&broken);
        self.passes(seconds).await;
    }

    async fn open(&self) -> Vec<Fault> {
        let book = self.stage.incidents.book.lock().await;
        let records = book.incidents.values().map(|stored| &stored.record);
        let open = records.filter(|record| record.status == Status::Open);
        open.map(|record| record.what.fault.clone()).collect()
    }
}

/// What happened in the lab: a record that leads to the member, one that leads nowhere, the first again, the
/// alias; each healed before the next came.
#[tokio::test]
async fn faults_that_come_one_after_the_other_are_one_incident_each_and_all_end() {
    for pause in [10, 20, 30, 60, 130, 400] {
        let mut theatre = Theatre::new(3).await;
        for (broken, pause) in [
            (Broken::Record(2, 60), 400),
            (Broken::Record(2, 88), pause),
            (Broken::Record(2, 60), pause),
            (Broken::Alias(2), pause),
            (Broken::Record(2, 60), 4_000),
        ] {
            theatre.with(broken, 200).await;
            let open = theatre.open().await;
            assert_eq!(open.iter().filter(|it| broken.is(it)).count(), 1, "{pause}: {open:?}");
            theatre.without(broken, pause).await;
        }
        assert_eq!(theatre.open().await, [], "{pause}");
        let incidents = theatre.stage.all().await;
        assert_eq!(incidents.len(), 3, "{pause}: one each, reopened or not: {incidents:#?}");
    }
}

/// The last domain controller is seen well a minute after the first. The rest of the fault is no fault of its
/// own meanwhile.
#[tokio::test]
async fn a_domain_controller_that_comes_back_is_seen_by_one_after_the_other_and_told_once() {
    let mut theatre = Theatre::new(20).await;
    theatre.with(Broken::Cut(1), 200).await;
    assert_eq!(theatre.stage.told().await, [OPENED]);
    theatre.without(Broken::Cut(1), 400).await;
    assert_eq!(theatre.stage.told().await, [OPENED, RESOLVED]);
}

fn any_fault(rng: &mut StdRng, count: usize) -> Broken {
    let source = rng.random_range(1..=count);
    match rng.random_range(0..5) {
        0 => Broken::HostsLine(1 + source % count, source),
        1 => Broken::Record(source, if rng.random_bool(0.5) { 60 } else { 88 }),
        2 => Broken::Alias(source),
        3 => Broken::Cut(source),
        _ => Broken::Died(source),
    }
}

/// What the lost fault may have been is asked of its own links only.
#[tokio::test]
async fn what_is_lost_elsewhere_holds_no_fault_back() {
    let stage = Stage::new(4).await;
    let led_astray = |link: &Link| {
        let (from, of) = (link.destination.clone(), link.source.clone());
        let names = vec![Fault::Names { from, of }];
        failing(link, Cause::Unknown, Side::NameResolution, names)
    };
    let first = |from: usize, to: usize, link: &Link| match (from, to) {
        (2, 1) => led_astray(link),
        _ => healthy(link),
    };
    stage.stays(0, 120, first).await;
    let second = |_: usize, to: usize, link: &Link| match to {
        3 => Broken::Alias(3).verdict(link),
        _ => healthy(link),
    };
    stage.judged(180, second).await;
    stage.waited(192).await;
    assert_eq!(stage.told().await, [OPENED, OPENED]);
}

/// Some hours of faults, with acknowledgements, silences and restarts.
#[tokio::test]
async fn whatever_comes_and_goes_the_open_incidents_are_the_faults_that_stand() {
    const COUNT: usize = 4;
    // The time for all to have looked twice, and for what waits that long to be opened.
    const SETTLED: u64 = 60 + 120 + 20;
    for seed in 0..100 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut theatre = Theatre::new(COUNT).await;
        let (mut before, mut appeared, mut starts) = (BTreeSet::new(), 0, 0);
        for step in 0..25 {
            match rng.random_range(0..10) {
                0..=4 => {
                    let broken = any_fault(&mut rng, COUNT);
                    theatre.world.stands.insert(broken);
                }
                5..=7 => {
                    let broken = theatre.world.stands.iter().choose(&mut rng).copied();
                    theatre.world.stands.retain(|it| Some(*it) != broken);
                }
                8 => {
                    for row in theatre.stage.incidents.list(false).await.incidents {
                        let incidents = &theatre.stage.incidents;
                        let hour = Duration::from_secs(3600);
                        // One that is pending takes neither.
                        let _ = match rng.random_range(0..2) {
                            0 => incidents.acknowledge(&row.id, "anna", None).await,
                            _ => incidents.silence(&row.id, "anna", hour, "work").await,
                        };
                    }
                }
                _ => {
                    theatre.stage = theatre.stage.killed().await;
                    starts += 1;
                }
            }
            let shown = theatre.world.shown(COUNT);
            appeared += shown.difference(&before).count();
            before = shown;
            let wait = [20, 60, 120, SETTLED, 2 * SETTLED][rng.random_range(0..5)];
            theatre.passes(wait).await;
            let open = theatre.open().await;
            let distinct: BTreeSet<&Fault> = open.iter().collect();
            assert_eq!(distinct.len(), open.len(), "seed {seed}, step {step}: {open:?}");
            if wait < SETTLED {
                continue;
            }
            for broken in theatre.world.shown(COUNT) {
                let of_it = open.iter().filter(|fault| broken.is(fault)).count();
                assert_eq!(of_it, 1, "seed {seed}, step {step}: {broken:?} in {open:?}");
            }
        }
        theatre.world.stands.clear();
        theatre.passes(3_600 + SETTLED).await;
        assert_eq!(theatre.open().await, [], "seed {seed}");
        let told = theatre.stage.told().await;
        // A start while a fault is seen by one after the other may tell it as two.
        let most = appeared + starts;
        let opened = told.iter().filter(|kind| [OPENED, REOPENED].contains(&kind.as_str())).count();
        assert!(opened <= most, "seed {seed}: {opened} openings of {appeared} faults: {told:?}");
    }
}
