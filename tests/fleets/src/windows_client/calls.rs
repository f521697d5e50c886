//! The attempts of a destination: which address is tried next, where one ends, and with which errors.

use std::net::IpAddr;

use epmesh_common::facts::{AddressProbe, Failure, InterfaceProbe, MapAnswer};

use super::{
    around::{Around, Client, Owner, Tcp},
    call_rows::{
        IS_NOT_REGISTERED, LARGE_LOST, NO_ADDRESS, NO_PORT, NO_TCP, Next, OLD_ALIAS, OLD_GUID,
        WRONG_PRINCIPAL, after,
    },
    lived::{End, Lived, Stage},
    name_rows::WAYS,
    names,
};

/// What a destination lives through.
#[must_use]
pub fn lived(around: &impl Around) -> Lived {
    let client = around.client();
    let mut lived = Lived::default();
    match client.serves {
        // A directory that does not run pulls from nobody: no attempt, no error.
        Some(false) => {
            lived.ends.insert(End::at(Stage::Begin, &[]));
            return lived;
        }
        Some(true) => {}
        None => lived.is_open = true,
    }
    // A key that was repaired counts from the next start on as well: then its own record says so.
    let lacks_tcp =
        client.tcp != Tcp::Known || client.recorded.is_some_and(|it| NO_TCP.contains(&it));
    if client.is_windows && lacks_tcp {
        lived.ends.insert(End::at(Stage::Begin, NO_TCP));
        if client.tcp == Tcp::Missing {
            return lived;
        }
    }
    if !client.knows_source {
        lived.ends.insert(End::at(Stage::Names, OLD_ALIAS));
    }
    for way in WAYS {
        match names::addresses(around, &client, way) {
            Err(names::Unread) => lived.is_open = true,
            Ok(found) if found.is_empty() => {
                lived.ends.insert(End::at(Stage::Names, NO_ADDRESS));
            }
            Ok(found) => at_addresses(around, &client, &found, &mut lived),
        }
    }
    lived
}

/// The addresses of a name. DNS gives them in any order, so each that takes the connection may be the first
/// that does; those that do not are passed over (detection location 323), and only where none does it is
/// an error.
fn at_addresses(around: &impl Around, client: &Client, found: &[IpAddr], lived: &mut Lived) {
    let mut probes = Vec::new();
    for address in found {
        match around.probe(*address) {
            Some(probe) => probes.push(probe),
            None => lived.is_open = true,
        }
    }
    let mut none = Vec::new();
    let mut takers = Vec::new();
    for probe in &probes {
        match &probe.connect.outcome {
            Ok(()) => takers.push(probe),
            Err(Failure::Local(_)) => none.extend(NO_PORT),
            Err(failure) => match after(Stage::Connect, failure) {
                Some((Next::Other, codes)) => none.extend(codes),
                Some((Next::Nothing, codes)) => {
                    lived.ends.insert(End::at(Stage::Connect, &codes));
                }
                None => lived.is_open = true,
            },
        }
    }
    if takers.is_empty() && !none.is_empty() {
        none.sort_unstable();
        none.dedup();
        lived.ends.insert(End::at(Stage::Connect, &none));
    }
    for probe in takers {
        match at_mapper(around, client, probe) {
            Some(ends) => lived.ends.extend(ends),
            None => lived.is_open = true,
        }
    }
}

/// An address that takes the connection on 135: the ways in which it may end; `None` where something was
/// not seen.
fn at_mapper(around: &impl Around, client: &Client, probe: &AddressProbe) -> Option<Vec<End>> {
    if let Err(failure) = &probe.bind.as_ref()?.outcome {
        let (_, codes) = after(Stage::Bind, failure)?;
        return Some(vec![End::at(Stage::Bind, &codes)]);
    }
    let asked = probe.interfaces.first()?;
    match &asked.answer {
        MapAnswer::NotRegistered(_) => Some(vec![End::at(Stage::Map, IS_NOT_REGISTERED)]),
        // [MS-RPCE] 3.1.1.1.3: a client with `EnableAuthEpResolution` asks as somebody, and is served: what it
        // then gets, an anonymous observer has not seen.
        MapAnswer::Failed(Failure::AccessDenied(_)) if client.authenticates => None,
        MapAnswer::Failed(failure) => {
            let (_, codes) = after(Stage::Map, failure)?;
            Some(vec![End::at(Stage::Map, &codes)])
        }
        MapAnswer::Endpoints(_) => at_ports(around, client, probe, asked),
    }
}

/// The endpoints of the answer, in its order: the first that takes the bind is the one (detection location
/// 500: the list may be used up).
fn at_ports(
    around: &impl Around,
    client: &Client,
    probe: &AddressProbe,
    asked: &InterfaceProbe,
) -> Option<Vec<End>> {
    let mut last = None;
    for port in &asked.ports {
        let (stage, failure) = match (&port.connect.outcome, port.bind.as_ref()) {
            (Err(failure), _) => (Stage::PortConnect, failure),
            (Ok(()), None) => return None,
            (Ok(()), Some(bind)) => match &bind.outcome {
                Ok(()) => return who(around, client, probe),
                Err(failure) => (Stage::PortBind, failure),
            },
        };
        let local = matches!(failure, Failure::Local(_)).then(|| (Next::Nothing, NO_PORT.to_vec()));
        let (next, codes) = local.or_else(|| after(stage, failure))?;
        let end = End::at(stage, &codes);
        if next == Next::Nothing {
            return Some(vec![end]);
        }
        last = Some(end);
    }
    last.map(|end| vec![end])
}

/// The interface answers: whose is it?
fn who(around: &impl Around, client: &Client, probe: &AddressProbe) -> Option<Vec<End>> {
    match around.owner(probe.address) {
        Owner::Another => return Some(vec![End::at(Stage::Identity, WRONG_PRINCIPAL)]),
        Owner::Unknown => return None,
        Owner::Source => {}
    }
    if !client.knows_source {
        return Some(vec![End::at(Stage::Identity, OLD_GUID)]);
    }
    let is_cut = |failure: &Failure| {
        matches!(failure, Failure::TimedOut | Failure::Unfinished | Failure::Reset)
    };
    let whole = probe.map.as_ref().and_then(|view| view.endpoints.as_ref().err());
    let small = probe.one_entry.as_ref().is_some_and(|stage| stage.outcome.is_ok());
    if small && whole.is_some_and(is_cut) {
        // Where little changes, the answers are small and pass.
        return Some(vec![End::at(Stage::Call, LARGE_LOST), End::there()]);
    }
    // What comes after the bind, between the two directories or their Kerberos, no look without credentials
    // meets (KB 3108513 lists it); its own record is what it reported.
    let later = client.recorded.map(|code| End::at(Stage::Call, &[code]));
    Some(later.into_iter().chain([End::there()]).collect())
}
