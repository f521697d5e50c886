//! What the evidence that came in decides: the rule by which a fault counts or does not. It asks
//! the world and the list of reports that arrived, and never the engine.
//!
//! A fault is decidable on the link from a source *S* to a destination *D* when all of this holds:
//!
//! 1. It bears on the link and no other fault hides it there, and the link does not work as a client
//!    lives it (`client`), or the fault is a wrong name that *D* asks for and has not used yet.
//! 2. *S* is no read-only domain controller: nobody replicates from one, so whether the link is
//!    needed is open.
//! 3. A look of *D* at *S* and *D*'s own facts came in that were made after the world stood as the
//!    fault leaves it, and both are fresh at the end.
//! 4. Where the cause shows only in what *S* says of itself, *S*'s own facts came in likewise.
//! 5. Died is told from never started, and unregistered from never registered, by what was before:
//!    *S* spoke before the fault.
//! 6. On which side a cut lies, a third one tells: it looked after *D* had failed for the first
//!    time (`APART` at least, since two hosts' times are compared), and it got through where the
//!    way is cut, or failed likewise from *S*'s own site where the host is.
//! 7. What *D*'s copy of the directory holds is known only where the directory of *D* answers.
//! 8. Behind address translation *S*'s own addresses are not those that lead to it, and what listens
//!    there tells nothing: then only a fault counts that does not rest on them.
//! 9. That a service comes and goes takes three losses, and so *S*'s word out of four of its lives.
//!    Where the process stays, each loss takes two words: one with the registration and, next to it,
//!    one without.
//! 10. That *S* has listed what *D* was denied is known only from a map read after the first denial.

use std::{net::IpAddr, time::Duration};

use epmesh_common::facts::{RecordType, Timestamp};

use super::{
    client::{Stands, reaches},
    fault::Fault,
    kind::Kind,
    played::Played,
};

/// Times of two hosts that are nearer to each other than this have no order: each is as exact as
/// the way of its reports.
const APART: Duration = Duration::from_secs(2);

/// Fewer losses than these are restarts.
const LOSSES: usize = 3;

/// Whether what came in decides this fault on this link.
#[must_use]
pub fn decides(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    let (to, from) = link;
    let bears = played.shows(fault, link)
        && (played.stands(link) != Stands::Works || latent(played, fault, to));
    bears
        && !played.world.dcs[from].read_only
        && looked_after(played, fault, link).is_some_and(|at| at >= oldest(played))
        && spoke_after(played, to, fault.done())
        && (!fault.kind.needs_source() || spoke_after(played, from, fault.done()))
        && seen_before(played, fault)
        && (played.world.dcs[from].inside.is_none() || !fault.kind.is_of_addresses())
        && came_and_went(played, fault)
        && (fault.kind != Kind::SettingsStale || played.world.dcs[to].serves())
        && placed(played, fault, link)
        && listed(played, fault, link)
}

/// Whether it can show at all: on some link that it bears on, something does not work.
#[must_use]
pub fn shows(played: &Played, fault: &Fault) -> bool {
    played.last.keys().any(|link| {
        played.shows(fault, *link)
            && (played.stands(*link) != Stands::Works || latent(played, fault, link.0))
    })
}

/// What is older than this at the end decides nothing, or may not: how old it is, is known as exactly as
/// any time of another host.
fn oldest(played: &Played) -> Timestamp {
    played.now.minus(Played::fresh_for()).plus(APART)
}

/// The last look that came in, where it was made after the fault.
fn looked_after(played: &Played, fault: &Fault, link: (usize, usize)) -> Option<Timestamp> {
    played.looks.get(&link)?.last().copied().filter(|at| *at > fault.done())
}

/// The first look that came in and was made after the fault.
fn first_after(played: &Played, fault: &Fault, link: (usize, usize)) -> Option<Timestamp> {
    played.looks.get(&link)?.iter().copied().find(|at| *at > fault.done())
}

fn spoke_after(played: &Played, dc: usize, since: Timestamp) -> bool {
    played.spoke.get(&dc).is_some_and(|at| *at > since && *at >= oldest(played))
}

fn seen_before(played: &Played, fault: &Fault) -> bool {
    let needs = matches!(fault.kind, Kind::Died | Kind::Unregistered);
    !needs || played.first_spoke.get(&fault.source).is_some_and(|first| *first < fault.at)
}

/// Whether the source was heard as often between losses as it takes to count them.
fn came_and_went(played: &Played, fault: &Fault) -> bool {
    let told = played.told.get(&fault.source).into_iter().flatten();
    let mut struck: Vec<usize> =
        told.map(|at| fault.strikes().filter(|strike| strike < at).count()).collect();
    struck.dedup();
    let losses = match fault.kind {
        // Another process each time: it was lost in between, whether or not that was seen.
        Kind::ComesAndGoes => struck.len().saturating_sub(1),
        // The first strike takes it away and the next one gives it back.
        Kind::RegistrationComesAndGoes => struck
            .windows(2)
            .filter(|pair| matches!(pair, [had, gone] if had % 2 == 0 && gone % 2 == 1))
            .count(),
        _ => return true,
    };
    losses >= LOSSES
}

/// Whether a wrong name somewhere can be seen from this destination before it does harm: a server
/// that it asks, and that answers it, has it.
fn latent(played: &Played, fault: &Fault, to: usize) -> bool {
    let world = &played.world;
    if fault.kind.comes_back() {
        return true;
    }
    // A host without IPv6 does not try IPv6.
    if fault.kind == Kind::HostBlocksAddress && world.dcs[to].address_like(fault.wrong).is_none() {
        return false;
    }
    let name = &world.dcs[fault.source].name;
    let has_it = |asked: &IpAddr| match fault.server {
        None => true,
        Some(server) => {
            world.dcs[server].addresses.contains(asked) || (asked.is_loopback() && to == server)
        }
    };
    let answers = |asked: &IpAddr| world.ask(to, *asked, name, RecordType::A).is_some();
    let mut servers = world.dcs[to].names.servers.iter();
    fault.kind.shows_latent() && servers.any(|asked| has_it(asked) && answers(asked))
}

/// Whether somebody's word tells on which side a cut lies.
fn placed(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    let (to, from) = link;
    let world = &played.world;
    let Some(first) = first_after(played, fault, link) else { return false };
    let since = oldest(played).max(first.plus(APART));
    let seen = |pair: (usize, usize)| {
        played.looks.get(&pair).and_then(|looks| looks.last()).is_some_and(|at| *at > since)
    };
    let mut others =
        (0..world.dcs.len()).filter(|other| ![to, from].contains(other) && seen((*other, from)));
    let reached = |other: usize| {
        world.dcs[from].addresses.iter().any(|address| reaches(world, other, from, *address))
    };
    match fault.kind {
        // The same from a neighbour in its own site: there is no other firewall in between.
        Kind::HostBlocksMapper | Kind::HostBlocksPort => {
            let site = world.dcs[from].site;
            others.any(|other| world.dcs[other].site == site || world.dcs[to].site == site)
        }
        Kind::HostBlocksAddress => others.any(|other| {
            let tries = world.dcs[other].address_like(fault.wrong).is_some();
            let site = world.dcs[from].site;
            tries && (world.dcs[other].site == site || world.dcs[to].site == site)
        }),
        Kind::SitesBlockMapper
        | Kind::SitesBlockPorts
        | Kind::PathBlocksMapper
        | Kind::PathInspected => others.any(reached),
        _ => true,
    }
}

/// Whether the source was heard to list what was denied, after it was denied.
fn listed(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    if !matches!(fault.kind, Kind::HiddenByFilter | Kind::PathInspected) {
        return true;
    }
    let first = first_after(played, fault, link);
    first.is_some_and(|first| spoke_after(played, link.1, first.plus(APART)))
}
