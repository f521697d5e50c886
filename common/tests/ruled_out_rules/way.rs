//! Looks that rule out causes on the way: how far the destination got.

use std::net::IpAddr;

use epmesh_common::{
    facts::{Failure, MapAnswer},
    rpc::Binding,
};

use crate::seen::{Seen, addresses, numbers};

/// Whether something holds of each address that the words name, and they name one.
fn of_each(why: &str, holds: impl Fn(IpAddr) -> bool) -> bool {
    let named = addresses(why);
    !named.is_empty() && named.into_iter().all(holds)
}

/// The destination connects to port 135 at each address, and no address of the source is silent.
pub(crate) fn connected(seen: &Seen<'_>, why: &str) -> bool {
    of_each(why, |address| seen.probe(address).is_some_and(|probe| probe.connect.outcome.is_ok()))
}

/// The endpoint mapper at each address answers the question.
pub(crate) fn mapper_answers(seen: &Seen<'_>, why: &str) -> bool {
    of_each(why, |address| {
        let bound = seen.probe(address).and_then(|probe| probe.bind.as_ref());
        let is_bound = bound.is_some_and(|bind| bind.outcome.is_ok());
        let answer = seen.asked(address).map(|asked| &asked.answer);
        is_bound && matches!(answer, Some(MapAnswer::Endpoints(_) | MapAnswer::NotRegistered(_)))
    })
}

/// The port that the words name was reached, and answered a bind: it accepted it, where the words say so; else it
/// refused it for want of rights.
pub(crate) fn answered(seen: &Seen<'_>, why: &str) -> bool {
    let Some(port) = numbers(why, "port ").first().copied() else { return false };
    let refused = |failure: &Failure| matches!(failure, Failure::AccessDenied(_));
    let is_answered = of_each(why, |address| {
        let tried = seen.port(address, port);
        let bind = tried.and_then(|tried| tried.bind.as_ref());
        tried.is_some_and(|tried| tried.connect.outcome.is_ok())
            && bind.is_some_and(|bind| bind.outcome.as_ref().map_or_else(refused, |()| true))
    });
    bound(seen, why) || is_answered && !why.contains("accepts the bind")
}

/// The interface accepts the bind on the port that the words name.
pub(crate) fn bound(seen: &Seen<'_>, why: &str) -> bool {
    let Some(port) = numbers(why, "port ").first().copied() else { return false };
    of_each(why, |address| {
        let tried = seen.port(address, port);
        let bind = tried.and_then(|tried| tried.bind.as_ref());
        tried.is_some_and(|tried| tried.connect.outcome.is_ok())
            && bind.is_some_and(|bind| bind.outcome.is_ok())
    })
}

/// The endpoint mapper at the address said that it has no such interface: it named no port that could be blocked.
pub(crate) fn not_registered(seen: &Seen<'_>, why: &str) -> bool {
    of_each(why, |address| {
        seen.asked(address).is_some_and(|asked| matches!(asked.answer, MapAnswer::NotRegistered(_)))
    })
}

/// The endpoint mapper at the address named this port, and the source's own map, where it was seen, has it.
pub(crate) fn told_a_port(seen: &Seen<'_>, why: &str) -> bool {
    let Some(port) = numbers(why, "named port ").first().copied() else { return false };
    let is_told = of_each(why, |address| told(seen, address).contains(&port));
    is_told && seen.listed().is_none_or(|own| own.contains(&port))
}

/// The ports that the endpoint mapper at an address names.
fn told(seen: &Seen<'_>, address: IpAddr) -> Vec<u16> {
    match seen.asked(address).map(|asked| &asked.answer) {
        Some(MapAnswer::Endpoints(bindings)) => bindings.iter().filter_map(Binding::port).collect(),
        _ => Vec::new(),
    }
}

/// Every port that the destination is told at some address is in the source's own map.
pub(crate) fn told_what_is_listed(seen: &Seen<'_>) -> bool {
    let Some(own) = seen.listed() else { return false };
    seen.probes().any(|probe| {
        let told = told(seen, probe.address);
        !told.is_empty() && told.iter().all(|port| own.contains(port))
    })
}

/// An answer of many packets arrived: as many entries as the words say.
pub(crate) fn whole_map(seen: &Seen<'_>, why: &str) -> bool {
    seen.probes().any(|probe| {
        let rows = probe.map.as_ref().and_then(|map| map.endpoints.as_ref().ok());
        rows.is_some_and(|rows| why.contains(&format!("({} entries)", rows.len())))
    })
}
