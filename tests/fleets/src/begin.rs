//! A fleet and what is going to happen to it, drawn from a seed.

use std::time::Duration;

use epmesh_common::facts::Timestamp;

use super::{build, dice::Dice, fault::Fault, kind::Kind, played::Variant, world::World};

/// When the first agent reports.
pub(super) const START: u64 = 1_772_000_000_000;

/// A fleet before anything has happened, and what is going to.
pub(super) struct Begin {
    pub(super) dice: Dice,
    pub(super) start: Timestamp,
    pub(super) count: usize,
    pub(super) world: World,
    pub(super) faults: Vec<Fault>,
}

/// Draws the fleet that `seed` is.
pub(super) fn begin(seed: u64, variant: Variant) -> Begin {
    let mut dice = Dice::new(seed);
    let start = Timestamp::from_millis(START + variant.later_ms);
    let count = build::size(&mut dice).min(variant.most.unwrap_or(usize::MAX));
    let world = build::world(&mut dice, count, start, variant.naming);
    let wanted = dice.one(&[0, 1, 1, 1, 1, 2, 2, 3]).unwrap_or(0);
    let wanted = variant.faults.unwrap_or(wanted);
    let faults = draw_faults(&mut dice, &world, start, wanted, variant.kind);
    Begin { dice, start, count, world, faults }
}

fn draw_faults(
    dice: &mut Dice,
    world: &World,
    start: Timestamp,
    wanted: usize,
    kind: Option<Kind>,
) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for _ in 0..40 {
        if faults.len() >= wanted {
            break;
        }
        let at = start.plus(Duration::from_millis(dice.from_to(130_000, 170_000)));
        let Some(fault) = Fault::draw(dice, world, at, faults.last(), kind) else { continue };
        if goes_beside(&fault, &faults, world) {
            faults.push(fault);
        }
    }
    faults
}

/// Whether a fault can be there beside these so that each is one of its own.
pub(super) fn goes_beside(fault: &Fault, faults: &[Fault], world: &World) -> bool {
    goes_beside_or(fault, faults, world, |_| false)
}

/// The same, beside such others too that `goes_over` says.
pub(super) fn goes_beside_or(
    fault: &Fault,
    faults: &[Fault],
    world: &World,
    goes_over: impl Fn(&Fault) -> bool,
) -> bool {
    // Independent: none keeps another one from showing.
    let shared = faults.iter().any(|other| !fault.goes_with(other, world) && !goes_over(other));
    // Two DNS servers down at once would be a fault that nobody put in.
    let takes_names = |it: &Fault| it.takes_down() && world.dcs[it.source].dns.is_some();
    let nameless = takes_names(fault) && faults.iter().any(takes_names);
    // Nor does one lead to the name that another one is about.
    let met = |it: &Fault| it.other == fault.source || fault.other == it.source;
    !shared && !nameless && !faults.iter().any(met)
}
