//! Faults: what goes wrong, where, and when. Each changes the world and knows its truth, which is
//! the catalogue's (and never asked of the engine).

use std::{net::IpAddr, time::Duration};

use epmesh_common::{
    diagnosis::Side,
    facts::{Platform, Timestamp},
};

use super::{
    agent::INTERVAL,
    attempt::WRONG_PRINCIPAL,
    dice::Dice,
    kind::Kind,
    world::{Balancer, BindCut, Guise, Refusal, Who, World},
};

/// One fault.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// When it strikes, by the true clock.
    pub at: Timestamp,
    /// The source whose links it is about; of a fault between sites, one of them.
    pub source: usize,
    /// The destination of a fault that has one.
    pub destination: usize,
    /// The DNS server that it is on; of one that is on all, none.
    pub server: Option<usize>,
    /// The wrong address.
    pub wrong: IpAddr,
    /// Who owns the wrong name.
    pub other: usize,
    /// How often it strikes.
    pub times: u32,
    /// So long after one another.
    pub apart: Duration,
    /// How a filter refuses.
    pub refusal: Refusal,
    /// What answers in place of the endpoint mapper.
    pub guise: Guise,
    /// The error with which a source refuses.
    pub error: u32,
}

/// The number, among the strangers, of the DNS server that does not know the forest.
pub(super) const OUTSIDE: usize = 2;
/// The numbers, among the strangers, of a member server and of something without RPC.
const MEMBER: usize = 0;
const APPLIANCE: usize = 2;
/// A directory starts within minutes; one that has been starting for so long hangs.
const STARTS_FOR_LONG: Duration = Duration::from_secs(10 * 60);
/// The port that a device writes into an answer: nothing listens there.
pub(super) const ALTERED: u16 = 50_999;

impl Fault {
    /// Draws one; `None` where the fleet has no place for what the dice say.
    /// `near` is one that is there already: some are drawn for its source.
    pub fn draw(
        dice: &mut Dice,
        world: &World,
        at: Timestamp,
        near: Option<&Self>,
        kind: Option<Kind>,
    ) -> Option<Self> {
        let drawn = dice.one(&Kind::ALL)?;
        let kind = kind.unwrap_or(drawn);
        let source = match near {
            Some(near) if dice.chance(40) => near.source,
            _ => dice.below(world.dcs.len()),
        };
        let forest = &world.dcs[source].forest;
        let clients: Vec<usize> = (0..world.dcs.len())
            .filter(|dc| *dc != source && world.dcs[*dc].agent && world.dcs[*dc].forest == *forest)
            .collect();
        let destination = dice.one(&clients)?;
        let servers: Vec<usize> = (0..world.dcs.len())
            .filter(|dc| world.dcs[*dc].dns.is_some() && world.dcs[*dc].forest == *forest)
            .collect();
        let server = dice.one(&servers)?;
        let others: Vec<usize> = (0..world.dcs.len())
            .filter(|dc| ![source, destination].contains(dc) && world.dcs[*dc].forest == *forest)
            .collect();
        let other = dice.one(&others)?;
        let like = world.dcs[source].addresses[0];
        let dead =
            if like.is_ipv4() { IpAddr::from([10, 9, 9, 9]) } else { "fd00:9::9".parse().ok()? };
        let mut wrong = vec![dead, world.strangers[0].address, world.strangers[2].address];
        wrong.extend(world.dcs[other].address_like(like));
        let wrong = dice.one(&wrong).filter(|wrong| wrong.is_ipv4() == like.is_ipv4())?;
        let last = world.dcs[source].addresses.last().copied();
        let wrong = match kind {
            Kind::HostBlocksAddress => last?,
            // Each source has a balancer of its own.
            Kind::NameBalanced if like.is_ipv4() => {
                IpAddr::from([10, 8, 0, u8::try_from(source).ok()?])
            }
            Kind::NameBalanced => format!("fd00:8::{source:x}").parse().ok()?,
            _ => wrong,
        };
        let on_one = matches!(
            kind,
            Kind::AddressStaleOnOne | Kind::AliasMissingOnOne | Kind::NameMissingOnOne
        );
        let server = on_one.then_some(server);
        let times = match kind {
            // Three losses, each with its process.
            Kind::ComesAndGoes => 4,
            // Gone and back in turn, three times gone; at the end it is the one or the other.
            Kind::RegistrationComesAndGoes => dice.one(&[5, 6])?,
            _ => 1,
        };
        // A reading of its own map falls into each of the times between.
        let apart = INTERVAL.saturating_add(Duration::from_secs(dice.from_to(0, 15)));
        use Refusal::{Prohibited, Reset, Silence};
        let refusal = dice.one(&[Silence, Silence, Reset, Prohibited])?;
        let guise = dice.one(&[Guise::Member(0), Guise::Http, Guise::OtherRpc, Guise::Silent])?;
        // Its outbound replication is disabled, the right to replicate is gone, its machine password is old.
        let error = dice.one(&[8456, 8453, WRONG_PRINCIPAL])?;
        let fault = Self {
            kind,
            at,
            source,
            destination,
            server,
            wrong,
            other,
            times,
            apart,
            refusal,
            guise,
            error,
        };
        fault.has_place(world).then_some(fault)
    }

    /// The causes and sides that are right for it in this fleet, on the link to `destination`.
    #[must_use]
    pub fn truth(&self, world: &World, destination: usize) -> (Vec<&'static str>, &'static [Side]) {
        let (causes, sides) = self.kind.truth();
        // A host that is out of ports is so as a client too, and then it is the destination's.
        if self.kind.takes_all_ports() && destination == self.source {
            return (vec!["port-exhaustion"], &[Side::Destination]);
        }
        // A directory that does not run pulls from nobody, and a host without TCP calls nobody.
        if self.kind.stops_directory() && destination == self.source {
            return (vec!["destination-not-serving"], &[Side::Destination]);
        }
        if self.kind == Kind::RolledBack && destination == self.source {
            return (vec!["replication-refused"], &[Side::Destination]);
        }
        if self.kind == Kind::SourceRefuses && self.error == 8456 {
            return (vec!["replication-refused"], &[Side::Source]);
        }
        if self.kind == Kind::NoProtocols && destination == self.source {
            return (vec!["client-protocols-missing"], &[Side::Destination]);
        }
        if let Some(truth) = self.by_device() {
            return truth;
        }
        if let Some(truth) = self.in_guise() {
            return truth;
        }
        let mut causes = causes.to_vec();
        let by_host = matches!(self.kind, Kind::HostBlocksMapper | Kind::HostBlocksPort);
        let sides = if by_host && !self.shows_at_host(world) {
            &[Side::Source, Side::Network]
        } else {
            sides
        };
        let stale = matches!(
            self.kind,
            Kind::AddressStaleOnOne | Kind::AddressStaleOnAll | Kind::NameBalanced
        );
        let sides = if self.kind == Kind::NameBalanced {
            let (more, sides) = self.behind_balancer(destination);
            causes.extend(more);
            sides
        } else {
            sides
        };
        let kept = world.dcs[self.source].addresses.iter();
        // The wrong A beside a right AAAA: "right and wrong addresses together".
        if stale && kept.clone().any(|own| own.is_ipv4() != self.wrong.is_ipv4()) {
            causes.push("dns-a-duplicate");
        }
        (causes, sides)
    }

    /// The causes and sides of what answers in place of the endpoint mapper. Where that is so for everybody, it may
    /// stand on the host itself; what is silent may be the endpoint mapper.
    fn in_guise(&self) -> Option<(Vec<&'static str>, &'static [Side])> {
        const ANY: &[Side] = &[Side::Network, Side::Source];
        const ON_THE_WAY: &[Side] = &[Side::Network];
        let (for_all, sides) = match self.kind {
            Kind::MapperReplaced => (true, ANY),
            Kind::PathReplacesMapper => (false, ON_THE_WAY),
            _ => return None,
        };
        let causes: &[&str] = match self.guise {
            Guise::Member(_) if for_all => &["answer-altered", "wrong-server-identity"],
            Guise::Http | Guise::OtherRpc if for_all => {
                &["answer-altered", "not-1753", "epm-unreachable"]
            }
            Guise::Silent if for_all => {
                &["epm-unreachable", "rpc-filtered", "not-1753", "service-hangs"]
            }
            Guise::Silent => &["epm-unreachable", "rpc-filtered", "not-1753"],
            // Another host, or no endpoint mapper, answers this one: nothing of the source's does so.
            Guise::Member(_) | Guise::Http | Guise::OtherRpc => &["answer-altered"],
        };
        Some((causes.to_vec(), sides))
    }

    /// The causes and sides of a device that keeps some from what others get at the same address.
    fn by_device(&self) -> Option<(Vec<&'static str>, &'static [Side])> {
        let is_member = matches!(self.guise, Guise::Member(_));
        let cause = match self.kind {
            // Another host answers some, or resets them.
            Kind::PortBalanced if is_member => "answer-altered",
            Kind::PortBalanced => "epm-unreachable",
            // What has not the interface is not the server that others find there.
            Kind::PathCutsBind if self.bind_cut() == BindCut::Rejected => "answer-altered",
            Kind::PathCutsBind => "rpc-filtered",
            _ => return None,
        };
        Some((vec![cause], &[Side::Network]))
    }

    /// The causes, and the sides, that are right beside the record for a client whom the balancer sends where it
    /// does. It leads some to the source: which of record and balancer is wrong then is open.
    fn behind_balancer(&self, client: usize) -> (&'static [&'static str], &'static [Side]) {
        const EITHER: &[Side] = &[Side::NameResolution, Side::Network];
        match self.balancer().sends(client) {
            Some(Who::Stranger(MEMBER)) => (&["answer-altered"], EITHER),
            Some(Who::Stranger(_)) => (&["epm-unreachable"], EITHER),
            _ => (&["wrong-server-identity"], &[Side::NameResolution]),
        }
    }

    /// The balancer to whose address the source's name leads.
    #[must_use]
    pub fn balancer(&self) -> Balancer {
        let others: &[Who] = match self.guise {
            Guise::Member(_) => &[Who::Stranger(MEMBER)],
            Guise::Http => &[Who::Stranger(APPLIANCE)],
            Guise::OtherRpc => &[Who::Dc(self.other)],
            Guise::Silent => &[Who::Stranger(MEMBER), Who::Stranger(APPLIANCE)],
        };
        let mut machines = vec![Who::Dc(self.source)];
        machines.extend(others);
        // The destination is sent to the first that is not the source.
        let first = machines.len() + 1 - self.destination % machines.len();
        Balancer { address: self.wrong, first: first % machines.len(), machines }
    }

    /// Whether the balancer to which the source's name leads sends this client to something without RPC.
    #[must_use]
    pub fn is_reset_by_balancer(&self, client: usize) -> bool {
        self.balancer().sends(client) == Some(Who::Stranger(APPLIANCE))
    }

    /// Whether a balancer in front of the source's port sends this client elsewhere.
    #[must_use]
    pub const fn is_sent_elsewhere(&self, client: usize) -> bool {
        client % 2 == self.destination % 2
    }

    /// What becomes of the bind.
    #[must_use]
    pub const fn bind_cut(&self) -> BindCut {
        match self.refusal {
            Refusal::Silence => BindCut::Silence,
            Refusal::Reset => BindCut::Reset,
            Refusal::Prohibited => BindCut::Rejected,
        }
    }

    /// Whether it can be told from a filter in front of its host: Windows' firewall drops in silence, and a
    /// neighbour in the same site has to be kept out as well.
    fn shows_at_host(&self, world: &World) -> bool {
        let source = &world.dcs[self.source];
        let neighbours = world.dcs.iter().enumerate().filter(|(at, dc)| {
            *at != self.source && dc.agent && dc.forest == source.forest && dc.site == source.site
        });
        let drops = source.platform != Platform::Windows || self.refusal == Refusal::Silence;
        drops && neighbours.count() > 0
    }

    /// Whether its host is away for a while, or for good.
    #[must_use]
    pub fn takes_down(&self) -> bool {
        self.kind.restarts() || matches!(self.kind, Kind::HostDown | Kind::NeverAnswers)
    }

    /// When the world stands as it leaves it: a host that is started anew takes its time.
    #[must_use]
    pub fn done(&self) -> Timestamp {
        match self.kind {
            Kind::StartsForLong => self.at.plus(STARTS_FOR_LONG),
            kind if kind.restarts() => self.at.plus(Duration::from_secs(60)),
            _ => self.strikes().last().unwrap_or(self.at),
        }
    }

    /// Whether a server that was added to a list is asked before the others.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.refusal == Refusal::Silence
    }

    /// Where a wrong line stands in the destination's file: each of them in its own place.
    #[must_use]
    pub fn line(&self) -> u32 {
        11 + u32::try_from(self.source).unwrap_or_default()
    }

    /// Whether one act mends both: the same cache, the same object in copies of the directory, the options of one NTDS
    /// Settings object, or the way between the same two sites, or hosts, in one direction and the other.
    fn is_one_with(&self, other: &Self, world: &World) -> bool {
        match self.kind {
            Kind::CacheStale => self.destination == other.destination && self.kind == other.kind,
            Kind::SettingsStale => self.source == other.source && self.kind == other.kind,
            // Two bits of one attribute ([MS-ADTS] 6.1.1.2.2.1.2.1.1), and a database that was put back has both (KB 875495).
            Kind::SourceRefuses if self.error == 8456 => {
                other.kind == Kind::DestinationRefuses && other.destination == self.source
            }
            Kind::DestinationRefuses => {
                let is_disabled = other.kind == Kind::SourceRefuses && other.error == 8456;
                is_disabled && other.source == self.destination
            }
            // As between two sites: one device between the two, in one direction and the other.
            Kind::PathBlocksMapper
            | Kind::PathAlters
            | Kind::PathReplacesMapper
            | Kind::PathLosesLarge
            | Kind::PathCutsBind => {
                let back = (other.destination, other.source);
                self.kind == other.kind && (self.source, self.destination) == back
            }
            kind if kind.is_between_sites() => {
                let sites = |fault: &Self| {
                    let site = |dc: usize| world.dcs.get(dc).map(|dc| dc.site);
                    let (one, two) = (site(fault.source), site(fault.destination));
                    (one.min(two), one.max(two))
                };
                self.kind == other.kind && sites(self) == sites(other)
            }
            _ => false,
        }
    }

    /// When it strikes: most do once, and stay.
    pub fn strikes(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let (first, apart) = (self.at, self.apart);
        (0..self.times).map(move |time| first.plus(apart.saturating_mul(time)))
    }

    /// Whether it keeps `other` from showing on a link from the second to the first: a destination
    /// that is led elsewhere by its own hosts file or cache asks nobody else and never gets to the
    /// source. A cache that holds an address of one family speaks for that one alone: of the other the client asks DNS
    /// (each question has its own entry), and gets to the source.
    #[must_use]
    pub fn hides(&self, other: &Self, world: &World, (to, from): (usize, usize)) -> bool {
        let gets_there = || {
            let mut right = world.dcs[from].addresses.iter();
            right.any(|own| {
                own.is_ipv4() != self.wrong.is_ipv4() && world.dcs[to].address_like(*own).is_some()
            })
        };
        self.kind.leads_astray()
            && !other.kind.leads_astray()
            && (to, from) == (self.destination, self.source)
            && !(self.kind == Kind::CacheStale && gets_there())
    }

    /// Whether both can be there at once so that each shows: they bear on different links, or one
    /// hides the other on its own link alone.
    #[must_use]
    pub fn goes_with(&self, other: &Self, world: &World) -> bool {
        if self.is_one_with(other, world) {
            return false;
        }
        let all = || 0..world.dcs.len();
        let bears = |fault: &Self, source: usize| {
            all().any(|to| to != source && fault.touches(world, to, source))
        };
        if !all().any(|source| bears(self, source) && bears(other, source)) {
            return true;
        }
        // The same address twice is one wrong answer, also from several servers.
        if self.wrong == other.wrong || self.source != other.source {
            return false;
        }
        let both = |link: (usize, usize)| {
            self.touches(world, link.0, link.1) && other.touches(world, link.0, link.1)
        };
        let shared: Vec<_> = (all().flat_map(|to| all().map(move |from| (to, from))))
            .filter(|(to, from)| to != from && both((*to, *from)))
            .collect();
        let apart = shared.is_empty() && self.kind.is_of_one_link() && other.kind.is_of_one_link();
        // Two ways cut to one source are taken for the source by a witness that sees no third.
        let cut = |fault: &Self| fault.kind.is_of_one_way();
        let hidden = |one: &Self, two: &Self| {
            two.source == one.source
                && two.kind.is_of_one_host()
                && shared.iter().all(|link| one.hides(two, world, *link))
        };
        apart && !(cut(self) && cut(other)) || hidden(self, other) || hidden(other, self)
    }

    /// Whether it bears on the link from `source` to `destination`.
    #[must_use]
    pub fn touches(&self, world: &World, destination: usize, source: usize) -> bool {
        match self.kind {
            kind if kind.is_between_sites() => {
                world.dcs[destination].site == world.dcs[self.destination].site
                    && world.dcs[source].site == world.dcs[self.source].site
            }
            kind if kind.is_of_one_link() => {
                (destination, source) == (self.destination, self.source)
            }
            kind if kind.is_of_one_client() => destination == self.destination,
            Kind::PortBalanced => source == self.source && self.is_sent_elsewhere(destination),
            // A host that is out of ports, whose endpoint mapper may not start, whose directory does not
            // run, or that has no TCP, is told so as a client too.
            Kind::HostPortsUsedUp
            | Kind::DynamicPortsTaken
            | Kind::MapperDisabled
            | Kind::NeverStarted
            | Kind::Died
            | Kind::Hangs
            | Kind::RestoreMode
            | Kind::StartsForLong
            | Kind::RolledBack
            | Kind::NoProtocols => [destination, source].contains(&self.source),
            _ => source == self.source,
        }
    }
}
