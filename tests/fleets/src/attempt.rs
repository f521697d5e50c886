//! The outcome of one attempt of a destination to replicate from a source: the error that its directory records, by
//! the world.
//!
//! Windows goes through the names (events 2087 and 2088), then through the addresses, then asks the endpoint mapper,
//! then binds with Kerberos. Samba does the same and has fewer numbers for it.

use std::net::IpAddr;

use epmesh_common::facts::{Platform, Reading, ServiceState};

use super::{
    client::addresses,
    world::{Behind, BindCut, Guise, StrangerKind, Way, Who, World},
};

/// `WERR_BADFILE`, which Samba has for a name that leads nowhere.
const NO_NAME: u32 = 2;
/// `WERR_HOST_UNREACHABLE`, which Samba has for whatever happens on the way.
pub(super) const NOT_REACHED: u32 = 1232;
/// `SEC_E_WRONG_PRINCIPAL`: the ticket is for another host than the one that answers.
pub(super) const WRONG_PRINCIPAL: u32 = 0x8009_0322;
/// `ERROR_LOGON_FAILURE`: Samba's word for a ticket that is not taken.
pub(super) const LOGON_FAILURE: u32 = 1326;

/// How an attempt ends at one address.
enum End {
    /// There, with this result.
    Here(u32),
    /// A client goes on to the next.
    Next,
}

/// The result of an attempt that `to` makes now; 0 for a success.
pub(super) fn attempt(world: &World, to: usize, from: usize) -> u32 {
    let (client, server) = (&world.dcs[to], &world.dcs[from]);
    let result = if client.stale_settings.iter().any(|(of, _)| *of == from) {
        // No alias leads from the old GUID to anybody.
        8524
    } else {
        by_addresses(world, to, from)
    };
    let result = match result {
        0 => client.takes_no_changes.or(server.sends_no_changes).unwrap_or(0),
        other => other,
    };
    if client.platform == Platform::Windows { result } else { by_samba(result) }
}

/// The number that Samba has for what Windows has this one for.
const fn by_samba(result: u32) -> u32 {
    match result {
        8524 => NO_NAME,
        1722 | 1753 | 1727 | 1728 | 1818 => NOT_REACHED,
        WRONG_PRINCIPAL => LOGON_FAILURE,
        other => other,
    }
}

fn by_addresses(world: &World, to: usize, from: usize) -> u32 {
    let client = &world.dcs[to];
    let found = addresses(world, to, from);
    let mut usable = found.iter().filter(|address| client.address_like(**address).is_some());
    if found.is_empty() {
        return 8524;
    }
    // One that came up without TCP has no protocol sequence to call with (`RPC_S_PROTSEQ_NOT_SUPPORTED`).
    if matches!(client.rpc.client_protocols, Reading::Absent) {
        return 1703;
    }
    if client.is_out_of_ports() {
        return 1722;
    }
    let ended = usable.find_map(|address| match at(world, to, from, *address) {
        End::Here(result) => Some(result),
        End::Next => None,
    });
    ended.unwrap_or(1722)
}

/// What comes of one address.
fn at(world: &World, to: usize, from: usize, address: IpAddr) -> End {
    let there = match world.way(to, address, 135) {
        Way::Through(Who::Dc(dc)) => dc,
        Way::Through(Who::Stranger(other)) => {
            let has_mapper = world.strangers[other].kind == StrangerKind::Member;
            return if has_mapper { End::Here(1753) } else { End::Next };
        }
        Way::Rejected | Way::Prohibited | Way::Silent | Way::NoWay => return End::Next,
    };
    let server = &world.dcs[there];
    match world.guise(to, there) {
        Some(Guise::Member(_)) => return End::Here(1753),
        Some(Guise::Http | Guise::OtherRpc) => return End::Here(1728),
        Some(Guise::Silent) => return End::Here(1727),
        None if server.frozen => return End::Here(1727),
        None if !server.mapper.runs => return End::Next,
        None if server.mapper.refuses => return End::Here(5),
        None => {}
    }
    let Some(port) = world.told_port(to, there) else { return End::Here(1753) };
    let is_open = port == server.directory.port
        && matches!(world.way(to, address, port), Way::Through(_))
        && server.directory.behind != Behind::Nobody;
    if !is_open {
        return End::Next;
    }
    // What takes the connection and not the bind: 1727 (KB 4019721), or the list of endpoints is used up.
    match world.bind_cut(to, there) {
        Some(BindCut::Silence | BindCut::Reset) => return End::Here(1727),
        Some(BindCut::Rejected) => return End::Here(1753),
        None => {}
    }
    if server.directory.behind == Behind::Another {
        return End::Here(1753);
    }
    let serves = server.directory.state == ServiceState::Running;
    End::Here(match there == from {
        true if world.loses_large(to, there).is_some() => 1818,
        true => 0,
        false if serves => WRONG_PRINCIPAL,
        false => 1753,
    })
}
