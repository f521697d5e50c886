//! Ports that services are told to use, against the ranges, each other, and who listens there.
//!
//! Microsoft's articles disagree on where such a port belongs: KB 2089874 wants it inside the
//! operating system's dynamic range, KB 154596 outside the range that RPC servers take their ports
//! from. A note names both; neither place is a cause by itself.

mod dfsr;
mod owner;

use epmesh_facts::{AddressFamily, Reading, RpcSettings, ServiceState, StaticPortOwner, Transport};

pub use self::owner::static_port_setting;
use self::owner::{note, service_of, value};
use super::{About, Note, RpcPorts, Severity, known::Known, note::unread, rpc_ports};

/// The ports of a domain controller that others than the owner of a static port listen on
/// (KB 832017).
pub const WELL_KNOWN: [u32; 12] = [53, 88, 135, 139, 389, 445, 464, 593, 636, 3268, 3269, 9389];

pub(super) fn notes(known: &Known<'_>, rpc: &RpcSettings) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut set: Vec<(StaticPortOwner, u32)> = Vec::new();
    for row in &rpc.static_ports {
        match &row.port {
            Reading::Value(port) => {
                set.push((row.owner, *port));
                notes.extend(one(known, rpc, row.owner, *port));
            }
            // Where DFSR keeps it no reader of the registry can look; where it registers shows it too.
            Reading::Unreadable(_) if row.owner == StaticPortOwner::Dfsr => {
                if let Some(port) = dfsr::registered(known, rpc) {
                    set.push((row.owner, port.into()));
                    notes.push(dfsr::shown(port));
                    notes.extend(one(known, rpc, row.owner, port.into()));
                }
            }
            other => notes.extend(unread(About::StaticPort, value(row.owner), other)),
        }
    }
    for (at, (owner, port)) in set.iter().enumerate() {
        let twins = set.iter().skip(at + 1).filter(|(_, other)| other == port);
        notes.extend(twins.map(|(twin, _)| same(*owner, *twin, *port)));
    }
    notes
}

fn one(known: &Known<'_>, rpc: &RpcSettings, owner: StaticPortOwner, port: u32) -> Vec<Note> {
    let Some(number) = u16::try_from(port).ok().filter(|port| *port != 0) else {
        let text = format!("{port} is no port");
        let advice = "set a number from 1025 to 65535, or delete the value";
        return vec![note(Severity::Fault, owner, text, advice, "KB 224196")];
    };
    if WELL_KNOWN.contains(&port) {
        let text = format!("{port} belongs to another service of a domain controller");
        return vec![note(Severity::Fault, owner, text, "choose another port", "KB 832017")];
    }
    let mut notes: Vec<Note> = range(known, owner, number).into_iter().collect();
    if let RpcPorts::Listed(ranges) = rpc_ports(rpc)
        && ranges.iter().any(|(first, last)| (*first..=*last).contains(&number))
    {
        let text = format!(
            "{port} lies in the range that RPC servers take their ports from: another may take it \
             first"
        );
        let advice = "choose a port outside of that range";
        notes.push(note(Severity::Warning, owner, text, advice, "KB 154596"));
    }
    notes.extend(listener(known, owner, number));
    notes
}

fn range(known: &Known<'_>, owner: StaticPortOwner, port: u16) -> Option<Note> {
    let ranges = known.ports?.dynamic.value()?;
    let tcp = ranges
        .iter()
        .find(|range| range.transport == Transport::Tcp && range.family == AddressFamily::V4)?;
    let inside = (tcp.first..=tcp.last).contains(&port);
    let place = if inside { "inside" } else { "outside" };
    Some(note(
        Severity::Warning,
        owner,
        format!(
            "{port} lies {place} the dynamic range {}-{}; KB 2089874 wants it inside, KB 154596 \
             outside the range that servers take their ports from",
            tcp.first, tcp.last
        ),
        if inside {
            "see that nothing else takes the port before the service starts"
        } else {
            "see that firewalls between domain controllers let it through"
        },
        "KB 2089874, KB 154596",
    ))
}

/// Who listens on the port, where both the listeners and the owner's process can be seen.
fn listener(known: &Known<'_>, owner: StaticPortOwner, port: u16) -> Option<Note> {
    let service = known.service(service_of(owner))?;
    let process =
        known.process(service_of(owner)).filter(|_| service.state == ServiceState::Running)?;
    let listeners = known.ports?.listeners.value()?;
    let mut there = listeners.iter().filter(|listener| listener.port == port).peekable();
    if there.peek().is_none() {
        return Some(note(
            Severity::Warning,
            owner,
            format!("{} runs, and nothing listens on {port}", service.name),
            "the setting counts from the next start of the service; see whether the service has been \
             started since, and whether something else held the port",
            "KB 224196",
        ));
    }
    // Somebody whose process cannot be seen may be the owner.
    let pids: Option<Vec<u32>> = there.map(|listener| listener.pid).collect();
    let pids = pids.filter(|pids| !pids.contains(&0))?;
    let other = pids.iter().find(|pid| **pid != process.pid)?;
    (!pids.contains(&process.pid)).then(|| {
        note(
            Severity::Fault,
            owner,
            format!(
                "process {other} listens on {port}, not {} (process {})",
                service.name, process.pid
            ),
            "stop that program, or give the service another port; then restart the service",
            "KB 224196",
        )
    })
}

fn same(owner: StaticPortOwner, twin: StaticPortOwner, port: u32) -> Note {
    let pair = [StaticPortOwner::Ntds, StaticPortOwner::Netlogon];
    if pair.contains(&owner) && pair.contains(&twin) {
        return note(
            Severity::Fault,
            StaticPortOwner::Netlogon,
            format!(
                "{port} is the static port of NTDS as well: Netlogon cannot use it (event 5809)"
            ),
            "give each a port of its own",
            "KB 224196",
        );
    }
    note(
        Severity::Warning,
        twin,
        format!("{port} is the static port of {owner} as well"),
        "give each a port of its own",
        "KB 224196",
    )
}

#[cfg(test)]
mod tests;
