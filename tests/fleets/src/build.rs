//! A random healthy fleet.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use epmesh_common::facts::{
    BootMode, DnsName, Platform, Process, Reading, ServiceState, StartType, StaticPortOwner,
    Timestamp,
};

use super::{
    dice::Dice,
    harmless,
    world::{
        Behind, Dc, LOOPBACK, Lie, Life, Mapper, NameServer, Names, Registered, Server, Stranger,
        StrangerKind, World, plain_settings,
    },
};

/// How the hosts of a fleet are called: the other way must lead to the same verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// `dc1`, `dc2` …
    #[default]
    Plain,
    /// Other names, in another order.
    Other,
}

/// The size of a fleet: mostly small.
pub fn size(dice: &mut Dice) -> usize {
    let size = match dice.below(200) {
        0 => dice.from_to(61, 200),
        1..=9 => dice.from_to(21, 60),
        10..=79 => dice.from_to(9, 20),
        _ => dice.from_to(3, 8),
    };
    usize::try_from(size).unwrap_or(3)
}

/// What holds for a whole fleet.
struct Style {
    sites: usize,
    windows: u32,
    dual: u32,
    only_v6: bool,
    agents: u32,
    child_domains: bool,
    two_forests: bool,
    foreign_dns: bool,
    replicates: bool,
}

impl Style {
    fn draw(dice: &mut Dice, count: usize) -> Self {
        let most = (count / 2).clamp(1, 6);
        Self {
            sites: 1 + dice.below(most),
            windows: dice.one(&[100, 100, 0, 50]).unwrap_or(100),
            dual: dice.one(&[0, 0, 0, 0, 70, 100]).unwrap_or(0),
            only_v6: dice.chance(3),
            agents: dice.one(&[100, 100, 100, 90, 70]).unwrap_or(100),
            child_domains: dice.chance(15),
            two_forests: count >= 6 && dice.chance(8),
            foreign_dns: dice.chance(10),
            replicates: dice.chance(70),
        }
    }
}

/// Builds a fleet of `count` domain controllers as it stands at `now`.
#[must_use]
pub fn world(dice: &mut Dice, count: usize, now: Timestamp, naming: Naming) -> World {
    let style = Style::draw(dice, count);
    let dcs = (0..count).map(|at| dc(dice, &style, at, count, now, naming)).collect();
    let mut world = World {
        dcs,
        strangers: Vec::new(),
        blocks: Vec::new(),
        devices: Vec::new(),
        balancers: Vec::new(),
        replicates: style.replicates,
        liar: None,
    };
    at_least_two_agents(&mut world);
    strangers(dice, &style, &mut world);
    for at in 0..count {
        resolver(dice, &style, &mut world, at);
        harmless::lines(dice, &mut world, at);
    }
    harmless::firewalls(dice, style.sites, &mut world);
    let agents: Vec<usize> = (0..count).filter(|at| world.dcs[*at].agent).collect();
    if agents.len() > 3 && dice.chance(4) {
        let lie = dice.one(&[Lie::AllWell, Lie::NothingThere]);
        world.liar = dice.one(&agents).zip(lie);
    }
    world
}

/// One more healthy domain controller, of the kind of the first.
pub fn add(dice: &mut Dice, world: &mut World, now: Timestamp) {
    let (at, first) = (world.dcs.len(), world.dcs[0].clone());
    let style = Style {
        sites: 1,
        windows: if first.platform == Platform::Windows { 100 } else { 0 },
        dual: 0,
        only_v6: !first.addresses.iter().any(IpAddr::is_ipv4),
        agents: 100,
        child_domains: false,
        two_forests: false,
        foreign_dns: false,
        replicates: world.replicates,
    };
    let mut new = dc(dice, &style, at, at + 1, now, Naming::Plain);
    new.name = name(&format!("zz{at}.{}", first.domain));
    (new.domain, new.forest) = (first.domain, first.forest);
    new.addresses.truncate(1);
    new.unregistered.clear();
    new.inside = None;
    new.dns = Some(NameServer::default());
    new.names.servers = vec![LOOPBACK];
    world.dcs.push(new);
}

fn name(text: &str) -> DnsName {
    text.parse().expect("the builder's names are names")
}

fn forest_of(style: &Style, at: usize, count: usize) -> &'static str {
    if style.two_forests && at * 3 >= count * 2 { "other.test" } else { "corp.test" }
}

fn v4(site: usize, host: usize) -> IpAddr {
    let part = |number: usize| u8::try_from(number % 256).unwrap_or_default();
    IpAddr::V4(Ipv4Addr::new(10, part(site), part(host / 200), part(10 + host % 200)))
}

fn v6(site: usize, host: usize) -> IpAddr {
    let part = |number: usize| u16::try_from(number).unwrap_or_default();
    IpAddr::V6(Ipv6Addr::new(0xfd00, part(site), 0, 0, 0, 0, 1, part(10 + host)))
}

fn dc(
    dice: &mut Dice,
    style: &Style,
    at: usize,
    count: usize,
    now: Timestamp,
    naming: Naming,
) -> Dc {
    let site = dice.below(style.sites);
    let platform = if dice.chance(style.windows) { Platform::Windows } else { Platform::Samba };
    let forest = name(forest_of(style, at, count));
    let domain = if style.child_domains && dice.chance(40) {
        name(&format!("emea.{forest}"))
    } else {
        forest.clone()
    };
    // A disjoint namespace: the host's own suffix is not the domain's.
    let suffix = if dice.chance(4) { name("legacy.example") } else { domain.clone() };
    let label = match naming {
        Naming::Plain => format!("dc{}", at + 1),
        Naming::Other => format!("{}{}", ["zulu", "mike", "alfa"][at % 3], count - at),
    };
    let mut addresses = Vec::new();
    if !style.only_v6 {
        addresses.push(v4(site, at));
        if dice.chance(8) {
            addresses.push(v4(100 + site, at));
        }
    }
    if style.only_v6 || dice.chance(style.dual) {
        addresses.push(v6(site, at));
    }
    let unregistered = if platform == Platform::Samba && dice.chance(10) {
        vec![IpAddr::V4(Ipv4Addr::new(172, 17, 0, 1))]
    } else {
        Vec::new()
    };
    // One that is reached through address translation, as between companies that merged.
    let inside = (addresses.len() == 1 && addresses[0].is_ipv4() && dice.chance(3))
        .then(|| IpAddr::V4(Ipv4Addr::new(192, 168, 7, u8::try_from(10 + at % 200).unwrap_or(10))));
    let booted = now.minus(Duration::from_secs(dice.from_to(3600, 40 * 24 * 3600)));
    let guid = dice.guid();
    let mut rpc = plain_settings(platform);
    let mut port = match platform {
        Platform::Windows => u16::try_from(dice.from_to(49670, 49700)).unwrap_or(49670),
        _ => 49152,
    };
    if platform == Platform::Windows && dice.chance(6) {
        // A port of its own, inside or outside the dynamic range: Microsoft's articles disagree.
        port = if dice.chance(50) { 5300 } else { 50500 };
        for held in &mut rpc.static_ports {
            if held.owner == StaticPortOwner::Ntds {
                held.port = Reading::Value(u32::from(port));
            }
        }
    }
    Dc {
        name: name(&format!("{label}.{suffix}")),
        domain,
        forest,
        site,
        platform,
        addresses,
        inside,
        unregistered,
        guid,
        created: booted.minus(Duration::from_secs(200 * 24 * 3600)),
        read_only: site > 0 && platform == Platform::Windows && dice.chance(8),
        agent: dice.chance(style.agents),
        ahead_ms: dice.skew(600_000),
        up: true,
        frozen: false,
        firewall: platform == Platform::Windows && dice.chance(70),
        boot: Life {
            id: format!("{:032x}", dice.guid().as_u128()),
            at: booted,
            mode: BootMode::Normal,
        },
        directory: Server {
            state: ServiceState::Running,
            start: StartType::Automatic,
            process: Some(process(platform, booted)),
            registered: Registered::All,
            port,
            behind: Behind::Itself,
        },
        mapper: Mapper {
            runs: true,
            start: StartType::Automatic,
            refuses: false,
            hides: false,
            hides_from: Vec::new(),
        },
        dns: None,
        names: Names {
            servers: Vec::new(),
            hosts: Vec::new(),
            lmhosts: Vec::new(),
            wins: None,
            cache: Vec::new(),
            unread: dice.chance(3),
        },
        stale_settings: Vec::new(),
        sends_no_changes: None,
        takes_no_changes: None,
        netlogon_paused: false,
        rpc,
        filters: harmless::filters(dice, platform),
        ports_used: u8::try_from(dice.from_to(1, 8) * 5).unwrap_or(5),
        taken: Vec::new(),
    }
}

/// The process of the directory's service in a life that began at `booted`: lsass on Windows, the
/// task that serves RPC on Samba.
#[must_use]
pub fn process(platform: Platform, booted: Timestamp) -> Process {
    let (pid, after) = if platform == Platform::Windows { (640, 4) } else { (655, 6) };
    Process { pid, started: booted.plus(Duration::from_secs(after)) }
}

fn at_least_two_agents(world: &mut World) {
    for dc in world.dcs.iter_mut().take(2) {
        dc.agent = true;
    }
    // Who is known in a forest follows from an agent there.
    let last = world.dcs.len().saturating_sub(1);
    for at in [last, last.saturating_sub(1)] {
        world.dcs[at].agent |= world.dcs[at].forest != world.dcs[0].forest;
    }
}

fn strangers(dice: &mut Dice, style: &Style, world: &mut World) {
    let family = |site, host| if style.only_v6 { v6(site, host) } else { v4(site, host) };
    for number in 1..=3_usize {
        let site = dice.below(style.sites);
        world.strangers.push(Stranger {
            name: name(&format!("srv{number}.corp.test")),
            address: family(site, 1000 + number),
            site,
            kind: if number == 3 { StrangerKind::Appliance } else { StrangerKind::Member },
            dns: None,
        });
    }
    if style.foreign_dns {
        world.strangers.push(Stranger {
            name: name("ns1.corp.test"),
            address: family(0, 1010),
            site: 0,
            kind: StrangerKind::Appliance,
            dns: Some(NameServer::default()),
        });
    }
}

fn resolver(dice: &mut Dice, style: &Style, world: &mut World, at: usize) {
    // Windows: nearly every domain controller is a DNS server; elsewhere the first of each forest.
    let forest = world.dcs[at].forest.clone();
    let first_two = world.dcs.iter().take(at).filter(|dc| dc.forest == forest).count() < 2;
    if first_two || dice.chance(70) {
        world.dcs[at].dns = Some(NameServer::default());
    }
    let mut others: Vec<usize> =
        (0..world.dcs.len()).filter(|other| world.dcs[*other].forest == forest).collect();
    dice.shuffle(&mut others);
    let servers: Vec<usize> = others
        .into_iter()
        .filter(|other| {
            let dc = &world.dcs[*other];
            // The first two of a forest are servers, whether or not they have had their turn.
            let ahead = world.dcs.iter().take(*other).filter(|dc| dc.forest == forest).count() < 2;
            *other != at && (dc.dns.is_some() || ahead)
        })
        .take(2)
        .collect();
    let own = &world.dcs[at];
    let mut list: Vec<IpAddr> = servers
        .iter()
        .filter_map(|server| {
            world.dcs[*server].addresses.iter().copied().find(|to| own.address_like(*to).is_some())
        })
        .collect();
    if own.dns.is_some() {
        // Both ways of naming oneself are found, in both places.
        let itself =
            if dice.chance(60) || own.inside.is_some() { LOOPBACK } else { own.addresses[0] };
        let place = if dice.chance(50) { 0 } else { list.len() };
        list.insert(place, itself);
    }
    if style.foreign_dns && dice.chance(50) {
        list.insert(0, world.strangers[3].address);
    }
    if dice.chance(4) && list.len() > 1 {
        // A server that was taken away years ago; nobody took it off the list.
        let gone = if style.only_v6 { v6(9, 4000) } else { v4(9, 4000) };
        let place = dice.below(list.len() + 1);
        list.insert(place, gone);
    }
    world.dcs[at].names.servers = list;
}
