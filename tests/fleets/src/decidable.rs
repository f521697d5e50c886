//! The truth that can be decided from the evidence that came in: the rule by which a fault counts
//! or does not. It asks the world and the list of reports that arrived, and never the engine.
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
//! 10. That *S* has listed what *D* was denied, or another port than *D* was told, is known only from a map read after
//!     the first denial; of a source that never speaks, from what a third one is told.
//! 11. That another host answers on port 135 of *S* takes the word of *S* on another port: LDAP has to get there.
//! 12. That long packets are lost shows only to a destination that reads the whole endpoint map.
//! 13. That a source refuses over an open way shows in an attempt that *D* made since, and told; an error that a domain
//!     controller that is away gives as well takes two.
//! 14. Between sites, a way that no replication takes may be closed on purpose.
//! 15. A witness that states what is not so is one voice among the others: where the side, or the cause, rests on what
//!     others saw of *S*, nothing is decided beside it. So it is with a record that leads where nobody says who he is:
//!     where one says that *S* answers there, it may be address translation. What *D* itself states wrongly decides
//!     nothing.
//! 16. What a file says that could not be read is not known, nor that it says nothing: what then is given for *S* before
//!     DNS is open.
//! 17. A Netlogon that is paused shows only to a destination that has not replicated from *S* since: what paused it then
//!     does not keep *S* from sending changes.

use std::{net::IpAddr, time::Duration};

use epmesh_common::facts::{RecordType, Timestamp};

use super::{
    at_address::probe,
    attempt::LOGON_FAILURE,
    client::{Stands, reaches},
    fault::{Fault, OUTSIDE},
    kind::Kind,
    played::Played,
    world::{Guise, Way, Who, World},
};

/// Times of two hosts that are nearer to each other than this have no order: each is as exact as
/// the way of its reports.
const APART: Duration = Duration::from_secs(2);

/// Fewer losses than these are restarts.
const LOSSES: usize = 3;

/// A host that is started anew is back by then.
const RESTART: Duration = Duration::from_secs(70);

/// Whether what came in decides this fault on this link.
#[must_use]
pub fn decides(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    let is_contested =
        rests_on_others(fault.kind) || may_be_translated(&played.world, fault, link.0);
    !(played.world.liar.is_some() && is_contested) && decides_but_for_others(played, fault, link)
}

/// The same where no other witness states what is not so.
pub(super) fn decides_but_for_others(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    let (to, from) = link;
    let bears = played.shows(fault, link)
        && (played.stands(link) != Stands::Works || latent(played, fault, link));
    let is_unread = fault.kind.is_of_names() && played.world.dcs[to].names.unread;
    let is_open = played.is_lie(link) || is_unread;
    bears
        && !is_open
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
        && names_itself(played, fault, link)
        && was_refused(played, fault, link)
        && !may_be_on_purpose(played, fault, link)
        && (played.world.loses_large(to, from).is_none() || played.whole.contains(&link))
}

/// Whether it can show at all: on some link that it bears on, something does not work.
#[must_use]
pub fn shows(played: &Played, fault: &Fault) -> bool {
    // A success is told by its hour alone: it may be one of before the pause.
    let may_show = fault.kind == Kind::NetlogonPaused;
    played.last.keys().any(|link| {
        played.shows(fault, *link)
            && (played.stands(*link) != Stands::Works || may_show || latent(played, fault, *link))
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
fn latent(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    let (world, to) = (&played.world, link.0);
    if fault.kind == Kind::NetlogonPaused {
        let mut attempts = played.attempts.get(&link).into_iter().flatten();
        return !attempts.any(|(at, result)| *at > fault.at && *result == 0);
    }
    if fault.kind.comes_back() {
        return true;
    }
    // Whom the balancer leads to the source sees nothing of it.
    if fault.kind == Kind::NameBalanced && !fault.is_reset_by_balancer(to) {
        return false;
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
    if fault.kind == Kind::OutsideServer {
        let outside = world.strangers[OUTSIDE].address;
        return servers.any(|asked| *asked == outside && answers(asked));
    }
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
        Kind::HostBlocksMapper | Kind::HostBlocksPort | Kind::NeverAnswers => {
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
        | Kind::PathInspected
        | Kind::PathCutsBind
        | Kind::PortBalanced
        | Kind::PathReplacesMapper => others.any(reached),
        Kind::PathAlters | Kind::SitesAlter if !world.dcs[from].agent => others.any(reached),
        _ => true,
    }
}

/// Whether what others saw of the source tells the side or the cause.
const fn rests_on_others(kind: Kind) -> bool {
    kind.is_cut()
        || kind.is_of_one_way()
        || kind.is_between_sites()
        || matches!(
            kind,
            Kind::AccessDenied
                | Kind::EndpointToAnother
                | Kind::EndpointToNobody
                | Kind::MapperReplaced
                | Kind::NeverAnswers
                | Kind::NameBalanced
        )
}

/// Whether the wrong address of a record may be the source's behind address translation, for all that the destination is
/// told: no host answers it there by a name, and no domain controller states that the address is its own. What stands on
/// the destination itself is held against DNS, and no translation makes it right.
fn may_be_translated(world: &World, fault: &Fault, to: usize) -> bool {
    let leads_there = matches!(
        fault.kind,
        Kind::AddressStaleOnOne
            | Kind::AddressStaleOnAll
            | Kind::AddressTwice
            | Kind::LmhostsLine
            | Kind::WinsStale
    );
    let is_stated = || match world.owner(fault.wrong) {
        Some(Who::Dc(dc)) => world.dcs[dc].agent && world.dcs[dc].inside.is_none(),
        _ => false,
    };
    let is_named = || {
        let answers = probe(world, to, fault.wrong, false).identity;
        answers.iter().any(|answer| answer.outcome.is_ok())
    };
    leads_there && !is_stated() && !is_named()
}

/// Whether the source was heard to list what was denied, or what was told otherwise, after that.
fn listed(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    let is_against_map = match fault.kind {
        Kind::HiddenByFilter | Kind::FilteredForOne | Kind::PathInspected => true,
        Kind::PathAlters | Kind::SitesAlter => played.world.dcs[link.1].agent,
        _ => false,
    };
    let first = || first_after(played, fault, link);
    !is_against_map || first().is_some_and(|at| spoke_after(played, link.1, at.plus(APART)))
}

/// Whether the source itself can be heard beside the host that answers in its place.
fn names_itself(played: &Played, fault: &Fault, (to, from): (usize, usize)) -> bool {
    let is_replaced =
        matches!(fault.kind, Kind::MapperReplaced | Kind::PathReplacesMapper | Kind::PortBalanced);
    let is_other_host = is_replaced && matches!(fault.guise, Guise::Member(_));
    let world = &played.world;
    let mut addresses = world.dcs[from].addresses.iter();
    !is_other_host
        || addresses.all(|to_it| matches!(world.way(to, *to_it, 389), Way::Through(_) | Way::NoWay))
}

/// Whether the destination was refused since, and told so.
fn was_refused(played: &Played, fault: &Fault, link: (usize, usize)) -> bool {
    if !fault.kind.is_of_replication() {
        return true;
    }
    let refused = refusals(played, fault, link);
    refused.first().is_some_and(|error| *error != LOGON_FAILURE) || refused.len() > 1
}

/// How the attempts to replicate ended that failed since the fault and since either end was started anew, and were told.
/// What was before an end was started anew may have been another life's.
fn refusals(played: &Played, fault: &Fault, link: (usize, usize)) -> Vec<u32> {
    let restarted = played.restarts.iter().filter(|(dc, _)| [link.0, link.1].contains(dc));
    let recovered = restarted.map(|(_, at)| at.plus(RESTART)).max().unwrap_or_default();
    let since = fault.done().max(recovered);
    let attempts = played.attempts.get(&link).into_iter().flatten();
    let refused = attempts.filter(|(at, result)| {
        *at > since && *result != 0 && spoke_after(played, link.0, at.minus(APART))
    });
    refused.map(|(_, result)| *result).collect()
}

/// Whether it is still to be seen on some link. What shows in attempts to replicate alone is not, where an end was started
/// anew since the last one; nor that long packets are lost, where nobody asks for any.
pub(super) fn is_still_seen(played: &Played, fault: &Fault) -> bool {
    played.last.keys().filter(|link| played.shows(fault, **link)).any(|link| {
        let asks = || played.whole.contains(link);
        let loses = played.world.loses_large(link.0, link.1).is_some();
        let is_of_attempts = fault.kind.is_of_replication() || loses && !asks();
        !is_of_attempts || !refusals(played, fault, *link).is_empty()
    })
}

/// Whether what keeps the destination out may be meant: it replicates from others, and not over this way.
fn may_be_on_purpose(played: &Played, fault: &Fault, (to, from): (usize, usize)) -> bool {
    let world = &played.world;
    // At an address of a balancer's, a firewall resets as its machines without RPC do.
    let is_reset = fault.kind == Kind::NameBalanced && fault.is_reset_by_balancer(to);
    let is_cut = fault.kind.is_cut() || is_reset;
    let pulls = played.pulled.iter().any(|(destination, _)| *destination == to);
    is_cut
        && pulls
        && world.dcs[to].site != world.dcs[from].site
        && !played.pulled.contains(&(to, from))
}
