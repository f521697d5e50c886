//! The words of a scenario: how a stage, an answer, a port, a line of a file is written.

use std::net::IpAddr;

use epmesh_facts::{
    Answer, DnsName, Failure, FilterField, HostsLine, IdentityMethod, LmhostsLine, MapAnswer,
    PortRange, RecordData, RecordType, ServiceState, StartType,
};
use epmesh_rpc::{Binding, Endpoint, InterfaceId, ProtocolSequence, names};
use epmesh_windows::Release;

use super::base::full_name;

type Read<T> = Result<T, String>;

/// The endpoint mapper's status for what is not registered, as it stands on the wire.
pub(super) const NOT_REGISTERED: u32 = 0x16C9_A0D6;

/// `ok`, or how a stage failed.
pub(super) fn stage(text: &str) -> Read<Result<(), Failure>> {
    if text == "ok" { Ok(Ok(())) } else { failure(text).map(Err) }
}

/// The failure of a stage.
pub(super) fn failure(text: &str) -> Read<Failure> {
    let code = |rest: &str| number(rest).map_err(|()| format!("{rest:?} is no number such as 0x5"));
    Ok(match text {
        "refused" => Failure::Refused,
        "timed out" => Failure::TimedOut,
        "unfinished" => Failure::Unfinished,
        "reset" => Failure::Reset,
        "unreachable" => Failure::Unreachable(10_065),
        "access denied" => Failure::AccessDenied(5),
        "another interface" => Failure::BindRejected { result: 2, reason: 1 },
        _ => {
            if let Some(rest) = text.strip_prefix("fault ") {
                Failure::Fault(code(rest)?)
            } else if let Some(rest) = text.strip_prefix("status ") {
                Failure::Status(code(rest)?)
            } else if let Some(rest) = text.strip_prefix("bind refused ") {
                let reason = u16::try_from(code(rest)?).map_err(|error| error.to_string())?;
                Failure::BindNak(reason)
            } else if let Some(rest) = text.strip_prefix("not understood: ") {
                Failure::Protocol(rest.to_owned())
            } else if let Some(rest) = text.strip_prefix("not tried: ") {
                Failure::local(rest)
            } else {
                return Err(format!(
                    "{text:?} is no way to fail: refused, timed out, unfinished, reset, unreachable, \
                     access denied, another interface, fault N, status N, bind refused N, not \
                     understood: …, not tried: …"
                ));
            }
        }
    })
}

/// The answer of `ept_map`: `not registered`, `port 49667`, or a failure.
pub(super) fn map_answer(text: &str) -> Read<MapAnswer> {
    if text == "not registered" {
        return Ok(MapAnswer::NotRegistered(NOT_REGISTERED));
    }
    match text.strip_prefix("port ") {
        Some(ports) => {
            let ports = ports.split(' ').map(|port| port.parse().map(Binding::tcp));
            let ports = ports.collect::<Result<Vec<_>, _>>();
            ports.map(MapAnswer::Endpoints).map_err(|error| format!("{text:?}: {error}"))
        }
        None => failure(text).map(MapAnswer::Failed),
    }
}

/// Why a source of names does not answer.
pub(super) fn reply(text: &str) -> Read<Answer> {
    Ok(match text {
        "timed out" => Answer::TimedOut,
        "refused" => Answer::Refused,
        "server failure" => Answer::ServerFailure,
        "unreachable" => Answer::Unreachable("no route to host".to_owned()),
        "not understood" => Answer::Malformed("the answer is cut short".to_owned()),
        "no such name" => Answer::NoSuchName,
        _ => match text.strip_prefix("not asked: ") {
            Some(why) => Answer::NotAsked(why.to_owned()),
            None => {
                return Err(format!(
                    "{text:?} is no answer of a server: timed out, refused, server failure, \
                     unreachable, not understood, no such name, not asked: …"
                ));
            }
        },
    })
}

/// A port (`135`), a range (`49152-65535`), or a group: `dynamic`, `ldap`, `dns`, `any`.
pub(super) fn ports(text: &str) -> Read<Vec<(u16, u16)>> {
    Ok(match text {
        "any" => vec![(1, 65_535)],
        "dynamic" => vec![(1025, 5000), (49_152, 65_535)],
        "ldap" => vec![(389, 389), (636, 636), (3268, 3269)],
        "dns" => vec![(53, 53)],
        "netbios" => vec![(137, 139)],
        _ => vec![span(text)?],
    })
}

/// `FIRST-LAST`, or one port.
pub(super) fn span(text: &str) -> Read<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last && first > 0 => Ok((first, last)),
        _ => Err(format!("{text:?} is neither a port nor a range such as 49152-65535")),
    }
}

/// A range of ports of its own family and transport.
pub(super) fn resized(range: &mut PortRange, to: (u16, u16)) {
    (range.first, range.last) = to;
}

/// `4: 10.0.1.50 dc2.contoso.com dc2`: line, address, names.
pub(super) fn hosts_line(text: &str) -> Read<HostsLine> {
    let (line, address, rest) = numbered(text)?;
    let names = rest.split_whitespace().map(host_name).collect::<Read<Vec<_>>>()?;
    if names.is_empty() {
        return Err(format!("{text:?} maps no name"));
    }
    Ok(HostsLine { line, address, names })
}

/// `7: 10.0.1.50 DC2 #PRE`: line, address, NetBIOS name, options.
pub(super) fn lmhosts_line(text: &str) -> Read<LmhostsLine> {
    let (line, address, rest) = numbered(text)?;
    let mut words = rest.split_whitespace();
    let name = words.next().ok_or_else(|| format!("{text:?} maps no name"))?.to_uppercase();
    let mut read = LmhostsLine { line, address, name, suffix: None, preload: false, domain: None };
    for word in words {
        match word.strip_prefix("#DOM:") {
            Some(domain) => read.domain = Some(domain.to_owned()),
            None if word == "#PRE" => read.preload = true,
            None => return Err(format!("{word:?} is neither #PRE nor #DOM:…")),
        }
    }
    Ok(read)
}

fn numbered(text: &str) -> Read<(u32, IpAddr, &str)> {
    let shape = || format!("{text:?} is not of the form `4: 10.0.1.50 dc2.contoso.com`");
    let (line, rest) = text.split_once(':').ok_or_else(shape)?;
    let rest = rest.trim();
    let (address, names) = rest.split_once(' ').ok_or_else(shape)?;
    let line = line.trim().parse().map_err(|_| shape())?;
    Ok((line, address.parse().map_err(|_| shape())?, names.trim()))
}

/// A host by its first label or in full. A single label in a file of mappings stays one.
fn host_name(text: &str) -> Read<DnsName> {
    text.parse().map_err(|error| format!("{error}"))
}

/// `dc2` or `dc2.contoso.com`: a host of the domain.
pub(super) fn name(text: &str) -> Read<DnsName> {
    full_name(text).ok_or_else(|| format!("{text:?} is no host name"))
}

/// A record's type.
pub(super) fn record_type(text: &str) -> Read<RecordType> {
    match text {
        "A" => Ok(RecordType::A),
        "AAAA" => Ok(RecordType::Aaaa),
        "CNAME" => Ok(RecordType::Cname),
        _ => Err(format!("{text:?} is none of A, AAAA, CNAME")),
    }
}

/// The data of a record of this type.
pub(super) fn record_data(kind: RecordType, text: &str) -> Read<RecordData> {
    if kind == RecordType::Cname {
        return name(text).map(RecordData::Alias);
    }
    let address: IpAddr = text.parse().map_err(|_| format!("{text:?} is no address"))?;
    if address.is_ipv4() == (kind == RecordType::A) {
        Ok(RecordData::Address(address))
    } else {
        Err(format!("{text:?} does not go with a record of type {kind}"))
    }
}

/// A row of an endpoint map: `ncacn_ip_tcp:49667`, `ncacn_np:\pipe\lsass`.
pub(super) fn endpoint(interface: InterfaceId, text: &str) -> Read<Endpoint> {
    let shape =
        || format!(r"{text:?} is no endpoint such as ncacn_ip_tcp:49667 or ncacn_np:\pipe\lsass");
    let (sequence, endpoint) = text.split_once(':').ok_or_else(shape)?;
    let sequence: ProtocolSequence = sequence.parse().map_err(|_| shape())?;
    Ok(super::base_services::endpoint_of(interface, sequence, endpoint))
}

/// The field of a condition of an RPC filter, other than interface and address.
pub(super) fn filter_field(text: &str) -> Read<FilterField> {
    match text {
        "version" => Ok(FilterField::InterfaceVersion),
        "authentication" => Ok(FilterField::Authentication),
        "caller" => Ok(FilterField::Caller),
        "opnum" => Ok(FilterField::Opnum),
        _ => Err(format!("{text:?} is none of version, authentication, caller, opnum")),
    }
}

/// An interface by its short name or its UUID.
pub(super) fn interface(text: &str) -> Read<InterfaceId> {
    names::find(text).ok_or_else(|| format!("no interface {text:?} is known"))
}

/// A release of Windows Server: `2019`, `2012 R2`.
pub(super) fn release(text: &str) -> Read<Release> {
    let known = Release::ALL.into_iter().find(|release| {
        let name = release.to_string();
        name.trim_start_matches("Windows ").trim_start_matches("Server ") == text
    });
    known.ok_or_else(|| format!("{text:?} is no release of Windows Server such as 2019 or 2012 R2"))
}

/// Whether a service runs.
pub(super) fn service_state(text: &str) -> Read<ServiceState> {
    match text {
        "running" => Ok(ServiceState::Running),
        "starting" => Ok(ServiceState::Starting),
        "stopping" => Ok(ServiceState::Stopping),
        "stopped" => Ok(ServiceState::Stopped),
        "pausing" => Ok(ServiceState::Pausing),
        "paused" => Ok(ServiceState::Paused),
        "resuming" => Ok(ServiceState::Resuming),
        _ => Err(format!(
            "{text:?} is none of running, starting, stopping, stopped, pausing, paused, resuming"
        )),
    }
}

/// The start type of a service.
pub(super) fn start_type(text: &str) -> Read<StartType> {
    match text {
        "automatic" => Ok(StartType::Automatic),
        "manual" => Ok(StartType::Manual),
        "disabled" => Ok(StartType::Disabled),
        _ => Err(format!("{text:?} is none of automatic, manual, disabled")),
    }
}

/// A way of asking who answers.
pub(super) fn identity(text: &str) -> Read<IdentityMethod> {
    match text {
        "rootDSE" => Ok(IdentityMethod::RootDse),
        "NTLM" => Ok(IdentityMethod::NtlmChallenge),
        "LDAP ping" => Ok(IdentityMethod::LdapPing),
        "NetBIOS" => Ok(IdentityMethod::NodeStatus),
        _ => Err(format!("{text:?} is none of rootDSE, NTLM, LDAP ping, NetBIOS")),
    }
}

/// A number, decimal or 0x….
fn number(text: &str) -> Result<u32, ()> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).map_err(|_| ()),
        None => text.parse().map_err(|_| ()),
    }
}
