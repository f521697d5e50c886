//! The table of causes: ids and meanings from the engine, sides from the scenario suite.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use epmesh_common::diagnosis::Cause;

use super::page;

/// The table of all causes, those of one side together.
pub(crate) fn table() -> String {
    let sides = sides();
    let mut rows: Vec<(String, &str, &str)> = Cause::ALL
        .iter()
        .map(|cause| {
            let of = sides.get(cause.as_str());
            let side = of.map(|of| of.iter().cloned().collect::<Vec<_>>().join(", "));
            (side.unwrap_or_default(), cause.as_str(), cause.meaning())
        })
        .collect();
    rows.sort_by_key(|(side, id, _)| (rank(side), *id));
    let mut out = "| cause | side | meaning |\n|---|---|---|\n".to_owned();
    for (side, id, meaning) in rows {
        let _ = writeln!(out, "| `{id}` | {side} | {meaning} |");
    }
    out
}

/// Sides in the order in which a call passes them; what has none comes last.
fn rank(side: &str) -> usize {
    let order = ["directory", "name-resolution", "destination", "network", "source"];
    order.iter().position(|known| side.starts_with(known)).unwrap_or(order.len())
}

/// For each cause the sides that the scenarios expect with it.
fn sides() -> BTreeMap<String, BTreeSet<String>> {
    let mut sides: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let suite = page::repository().join("tests/scenarios");
    for folder in
        fs::read_dir(suite).expect("the suite").flatten().filter(|entry| entry.path().is_dir())
    {
        for file in fs::read_dir(folder.path()).expect("a cause").flatten() {
            let text = fs::read_to_string(file.path()).expect("a scenario");
            let expect = text.split("[expect]").nth(1).unwrap_or_default();
            let value = |key: &str| {
                let line =
                    expect.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
                line.and_then(|rest| rest.split('"').next()).map(str::to_owned)
            };
            if let (Some(cause), Some(side)) = (value("cause"), value("side")) {
                sides.entry(cause).or_default().insert(side);
            }
        }
    }
    sides
}
