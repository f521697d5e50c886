//! A scenario file as a whole.

use std::net::IpAddr;

use epmesh_common::diagnosis::Link;
use epmesh_config::{Document, Problems, Section};
use epmesh_facts::Platform;
use epmesh_windows::Release;

use super::{
    age::age,
    base::{self, FOREST, Plot},
    consequences,
    expect::{self, Expect},
    read_machine, read_names, read_network, read_zones, words,
    world::{Kind, Machine, World},
};

/// Root tables that are no computers.
const RESERVED: [&str; 4] = ["dns", "wins", "zones", "expect"];

/// The most computers that a scenario may add.
const MOST_MACHINES: usize = 64;

/// The parts of a scenario file.
pub(super) struct Parts {
    pub(super) title: String,
    pub(super) why: String,
    pub(super) world: World,
    pub(super) expect: Expect,
}

/// Reads a scenario.
///
/// # Errors
/// Everything that is wrong with it, each with its line.
pub(super) fn scenario(file: &str, text: &str) -> Result<Parts, Problems> {
    let document = Document::parse(file, text)?;
    let root = document.root();
    let (title, why) = (root.text("title"), root.text("why"));
    root.require("title");
    root.require("why");
    let platform = root.parse("platform", platform).unwrap_or(Platform::Windows);
    let release = root.parse("windows", words::release).unwrap_or(Release::Windows2019);
    let mut world = base::forest(platform, release);
    let expect = match &mut world {
        Some(world) => {
            people(world, &root, platform, release);
            base::arrange(world);
            link(world, &root);
            for section in tables(world, &root) {
                read_machine::rest(world, &section.0, &section.1);
            }
            read_names::servers(world, &root);
            read_zones::read(world, &root);
            read_network::read(world, &root);
            consequences::apply(world);
            expect::read(&root, world)
        }
        None => None,
    };
    match (world, expect, title, why) {
        (Some(world), Some(expect), Some(title), Some(why)) => {
            document.finish().map(|()| Parts { title, why, world, expect })
        }
        _ => Err(document.refuse("it states no scenario")),
    }
}

fn platform(text: &str) -> Result<Platform, String> {
    match text {
        "windows" => Ok(Platform::Windows),
        "samba" => Ok(Platform::Samba),
        _ => Err(format!("{text:?} is neither windows nor samba")),
    }
}

/// The tables of computers, each with its computer's name.
fn tables<'a>(world: &World, root: &Section<'a>) -> Vec<(String, Section<'a>)> {
    let known = |key: &String| world.machine(key).is_some();
    let keys: Vec<String> = root.keys().into_iter().filter(known).collect();
    keys.into_iter().filter_map(|key| Some((key.clone(), root.table(&key)?))).collect()
}

/// Who is there and what it is: first of all, because names, records and copies of the directory
/// follow from it.
fn people(world: &mut World, root: &Section<'_>, platform: Platform, release: Release) {
    let mut number: u8 = 3;
    for key in root.keys() {
        if RESERVED.contains(&key.as_str()) || !root.has_table(&key) {
            continue;
        }
        let is_known = world.machine(&key).is_some();
        if !is_known && world.machines.len() >= MOST_MACHINES {
            root.problem(&key, "too many computers");
            continue;
        }
        let kind = match world.machine(&key) {
            Some(machine) => Some(machine.kind),
            // A table without this key is none of a computer and stays unknown.
            None if !root.keys_of(&key).iter().any(|key| key == "kind") => None,
            None => Some(Kind::Dc),
        };
        let Some(kind) = kind else { continue };
        let Some(table) = root.table(&key) else { continue };
        number = number.saturating_add(1);
        one(world, &key, &table, Start { kind, platform, release, number, is_known });
    }
}

#[derive(Clone, Copy)]
struct Start {
    kind: Kind,
    platform: Platform,
    release: Release,
    number: u8,
    is_known: bool,
}

fn one(world: &mut World, name: &str, table: &Section<'_>, start: Start) {
    let kind = table.parse("kind", kind).unwrap_or(start.kind);
    let old = world.machines.iter().position(|machine| machine.name == name);
    let before = old.and_then(|at| world.machines.get(at));
    let own: Vec<IpAddr> = before.map(Machine::addresses).unwrap_or_default();
    let stated = table.list("addresses", |text| text.parse::<IpAddr>().map_err(|e| e.to_string()));
    let addresses = stated.unwrap_or(own);
    let Some(&first) = addresses.first() else {
        table.problem("addresses", "a computer that is not of the base forest needs one");
        return;
    };
    let site = table.text("site").or_else(|| before?.host.site.value().cloned());
    let number = match name {
        "dc1" => 1,
        "dc2" => 2,
        "dc3" => 3,
        _ => start.number,
    };
    let fresh = Plot::dc(name, number, first, site.as_deref().unwrap_or("Main"));
    let plot = Plot {
        kind,
        platform: table.parse("platform", platform).unwrap_or(start.platform),
        release: table.parse("windows", words::release).unwrap_or(start.release),
        booted: age(table, "booted").unwrap_or(fresh.booted),
        ..fresh
    };
    let Some(mut machine) = base::machine(&plot) else {
        table.problem("kind", &format!("{name:?} is no host name"));
        return;
    };
    if let epmesh_facts::Reading::Value(list) = &mut machine.host.addresses {
        let interface = list.first().map(|first| first.interface.clone()).unwrap_or_default();
        *list = addresses
            .iter()
            .map(|address| epmesh_facts::InterfaceAddress {
                interface: interface.clone(),
                address: *address,
            })
            .collect();
    }
    read_machine::identity(&mut machine, table);
    match old.and_then(|at| world.machines.get_mut(at)) {
        Some(place) if start.is_known => *place = machine,
        _ => world.machines.push(machine),
    }
}

fn kind(text: &str) -> Result<Kind, String> {
    match text {
        "domain controller" => Ok(Kind::Dc),
        "member" => Ok(Kind::Member),
        "other" => Ok(Kind::Other),
        _ => Err(format!("{text:?} is none of: domain controller, member, other")),
    }
}

/// `dc1 <- dc2`: the destination pulls from the source.
fn link(world: &mut World, root: &Section<'_>) {
    let known = |text: &str| {
        let machine = world.machine(text.trim());
        machine
            .map(|one| one.host.name.clone())
            .ok_or_else(|| format!("there is no computer {:?} in {FOREST}", text.trim()))
    };
    let parsed = root.parse("link", |text| {
        let (destination, source) =
            text.split_once("<-").ok_or("not of the form `dc1 <- dc2`".to_owned())?;
        Ok::<_, String>((known(destination)?, known(source)?))
    });
    let interface = root.parse("interface", words::interface);
    let link = &world.link;
    // By host name: a computer may have been given another domain meanwhile.
    let now = |of: &epmesh_facts::DnsName| known(of.host()).unwrap_or_else(|_| of.clone());
    let (destination, source) =
        parsed.unwrap_or_else(|| (now(&link.destination), now(&link.source)));
    let interface = interface.unwrap_or(link.interface);
    world.link = Link { destination, source, interface };
}
