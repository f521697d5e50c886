//! The network between the computers, and what witnesses saw where the scenario says so itself.

use std::{collections::BTreeSet, net::IpAddr};

use epmesh_config::Section;

use super::{
    words,
    world::{Block, StatedLook, Translation, World},
};

/// Reads `[[blocked]]`, `[[translated]]` and `[[seen]]`.
pub(super) fn read(world: &mut World, root: &Section<'_>) {
    for row in root.array_of_tables("blocked") {
        row.require("to");
        let from = witnesses(world, &row, "from");
        let to = targets(world, &row, "to");
        let groups = row.list("ports", words::ports).unwrap_or_else(|| vec![vec![(1, 65_535)]]);
        let is_of_large = row.boolean("large-packets").unwrap_or(false);
        let failure = row.parse("as", words::failure).unwrap_or(epmesh_facts::Failure::TimedOut);
        if let (Some(from), Some(to)) = (from, to) {
            let ports = groups.into_iter().flatten().collect();
            world.blocks.push(Block { from, to, ports, failure, is_of_large });
        }
    }
    for row in root.array_of_tables("translated") {
        for key in ["inside", "outside"] {
            row.require(key);
        }
        let address = |key: &str| row.parse(key, str::parse::<IpAddr>);
        let from = witnesses(world, &row, "from");
        if let (Some(from), Some(inside), Some(outside)) =
            (from, address("inside"), address("outside"))
        {
            world.translations.push(Translation { from, outside, inside });
        }
    }
    for row in root.array_of_tables("seen") {
        stated_look(world, &row);
    }
}

fn stated_look(world: &mut World, row: &Section<'_>) {
    row.require("at");
    let by = witnesses(world, row, "by");
    let at = row.parse("at", str::parse::<IpAddr>);
    let identities = row.list("no-identity-by", words::identity).unwrap_or_default();
    let connect = row.parse("port-135", words::stage);
    let mapper_bind = row.parse("bind-135", words::stage);
    let answer = row.parse("ept-map", words::map_answer);
    let port_connect = row.parse("port", words::stage);
    let port_bind = row.parse("bind", words::stage);
    let whole_map = row.parse("whole-map", words::stage);
    let one_entry = row.parse("one-entry", words::stage);
    let is_computer = |text: &str| match world.machine(text) {
        Some(machine) => Ok(machine.name.clone()),
        None => Err(format!("there is no computer {text:?}")),
    };
    let mapper_of = row.parse("port-135-is-of", is_computer);
    if let (Some(by), Some(at)) = (by, at) {
        world.stated_looks.push(StatedLook {
            by,
            at,
            connect,
            mapper_bind,
            answer,
            port_connect,
            port_bind,
            whole_map,
            one_entry,
            mapper_of,
            silent_identities: identities.into_iter().collect(),
        });
    }
}

/// Computers, `everybody`, or all of a site (`site Branch`); empty stands for everybody.
fn witnesses(world: &World, row: &Section<'_>, key: &str) -> Option<BTreeSet<String>> {
    let one = |text: &str| -> Result<Vec<String>, String> {
        if text == "everybody" {
            return Ok(Vec::new());
        }
        if let Some(site) = text.strip_prefix("site ") {
            let inside = world
                .machines
                .iter()
                .filter(|machine| machine.host.site.value().is_some_and(|own| own == site));
            let names: Vec<String> = inside.map(|machine| machine.name.clone()).collect();
            return if names.is_empty() {
                Err(format!("nobody is in the site {site:?}"))
            } else {
                Ok(names)
            };
        }
        match world.machine(text) {
            Some(machine) => Ok(vec![machine.name.clone()]),
            None => Err(format!("there is no computer {text:?}")),
        }
    };
    if row.has_list(key) {
        return row.list(key, one).map(|names| names.into_iter().flatten().collect());
    }
    let there = row.keys().iter().any(|known| known == key);
    match row.parse(key, one) {
        Some(names) => Some(names.into_iter().collect()),
        None if there => None,
        None => Some(BTreeSet::new()),
    }
}

/// A computer (all its addresses) or an address.
fn targets(world: &World, row: &Section<'_>, key: &str) -> Option<BTreeSet<IpAddr>> {
    let one = |text: &str| -> Result<Vec<IpAddr>, String> {
        match world.machine(text) {
            Some(machine) => Ok(machine.addresses()),
            None => text
                .parse()
                .map(|address| vec![address])
                .map_err(|_| format!("{text:?} is neither a computer nor an address")),
        }
    };
    if row.has_list(key) {
        return row.list(key, one).map(|found| found.into_iter().flatten().collect());
    }
    row.parse(key, one).map(|found| found.into_iter().collect())
}
