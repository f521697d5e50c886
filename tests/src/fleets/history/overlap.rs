//! Two faults on one link: which of them is seen there, by the order in which a client goes.
//!
//! A destination looks for the name (events 2087 and 2088), connects to port 135, is told the port by the endpoint
//! mapper, and then replicates. Whatever stops it earlier keeps what would stop it later from being met.

use super::super::{
    client::{Stands, stands},
    fault::Fault,
    kind::Kind,
    world::World,
};

/// How far a destination comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Name,
    Connection,
    Interface,
    Replication,
}

impl Stage {
    /// Where a fault that goes over others stops a destination.
    const fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::AddressStaleOnOne
            | Kind::AddressStaleOnAll
            | Kind::AliasWrong
            | Kind::AliasDead
            | Kind::AliasMissingOnOne
            | Kind::AliasMissingOnAll => Some(Self::Name),
            Kind::PathBlocksMapper => Some(Self::Connection),
            Kind::Died
            | Kind::NeverStarted
            | Kind::Unregistered
            | Kind::NeverRegistered
            | Kind::PipeOnly
            | Kind::EndpointToNobody => Some(Self::Interface),
            kind if kind.is_of_replication() => Some(Self::Replication),
            _ => None,
        }
    }
}

/// Kinds that go over, or under, one of `kind` on the same link: a path over a service, a record over replication.
pub(super) const fn partners(kind: Kind) -> &'static [Kind] {
    match Stage::of(kind) {
        Some(Stage::Name) => &[Kind::SourceRefuses, Kind::DestinationRefuses, Kind::RolledBack],
        Some(Stage::Connection) => {
            &[Kind::Died, Kind::Unregistered, Kind::PipeOnly, Kind::EndpointToNobody]
        }
        Some(Stage::Interface) => &[Kind::PathBlocksMapper],
        Some(Stage::Replication) => &[
            Kind::AddressStaleOnAll,
            Kind::AddressStaleOnOne,
            Kind::AliasWrong,
            Kind::AliasDead,
            Kind::AliasMissingOnAll,
        ],
        None => &[],
    }
}

/// Whether both may be there although they share links: on each of these, one of them is met first.
pub(super) fn goes_over(world: &World, one: &Fault, other: &Fault) -> bool {
    let is_order = |first: Option<Stage>, second: Option<Stage>| {
        matches!(
            (first, second),
            (Some(Stage::Name), Some(Stage::Replication))
                | (Some(Stage::Connection), Some(Stage::Interface))
        )
    };
    let (first, second) = (Stage::of(one.kind), Stage::of(other.kind));
    let is_pair = is_order(first, second) || is_order(second, first);
    is_pair
        && shared(world, one, other)
            .all(|link| hides(world, one, other, link) != hides(world, other, one, link))
}

/// The links that both bear on.
pub(super) fn shared<'a>(
    world: &'a World,
    one: &'a Fault,
    other: &'a Fault,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let all = || 0..world.dcs.len();
    let links = all().flat_map(move |to| all().map(move |from| (to, from)));
    links.filter(|(to, from)| {
        to != from && one.touches(world, *to, *from) && other.touches(world, *to, *from)
    })
}

/// Whether `one` keeps `other` from being seen on a link of this healthy world that both bear on: it stops the destination
/// earlier, or it alone makes the link fail.
pub(super) fn hides(world: &World, one: &Fault, other: &Fault, link: (usize, usize)) -> bool {
    if one.hides(other, world, link) {
        return true;
    }
    // A destination whose own directory does not run tries nothing. What is on the way is there all the same, and proven
    // it is said first.
    let is_idle = |fault: &Fault| fault.kind.stops_directory() && fault.source == link.0;
    if is_idle(one) || is_idle(other) {
        return false;
    }
    let (Some(first), Some(second)) = (Stage::of(one.kind), Stage::of(other.kind)) else {
        return false;
    };
    let alone = |fault: &Fault| {
        let mut world = world.clone();
        fault.apply(&mut world);
        stands(&world, link.0, link.1)
    };
    match (alone(one), alone(other)) {
        (Stands::Fails, Stands::Fails) => first < second,
        (Stands::Fails, Stands::Works) => true,
        // Where some attempts get past the one, both are seen.
        _ => false,
    }
}
