//! Ports in a remedy: how one is tried by hand, and which have to be let through.

use std::net::IpAddr;

use epmesh_facts::{DnsName, Platform, StaticPortOwner};
use epmesh_rpc::epm::TCP_PORT;
use epmesh_windows::{RpcPorts, rpc_ports};

use super::{super::super::culprit::Culprit, commands::command, context::RemedyContext};

/// The step that tries the port by hand from the destination: at the address that failed, where a name may lead
/// to another one.
pub(super) fn to_port(g: &RemedyContext<'_>) -> String {
    let (port, address) = (port(g), g.culprit.and_then(Culprit::at_address));
    let host = address.map_or_else(|| g.source.to_string(), |address| address.to_string());
    let powershell = format!("in PowerShell Test-NetConnection {host} -Port {port}");
    // PortQry speaks IPv4 only.
    let windows = if address.is_some_and(|address| IpAddr::is_ipv6(&address)) {
        powershell
    } else {
        format!("portqry -n {host} -p tcp -e {port}, or {powershell}")
    };
    let samba = format!("nc -vz {host} {port}");
    command(g.destination_platform(), &windows, &samba)
}

/// The port that is to blame, or kept closed by what is.
pub(super) fn port(g: &RemedyContext<'_>) -> u16 {
    match g.culprit {
        Some(Culprit::Port { at, .. } | Culprit::Firewall { at, .. }) => at.port,
        _ => TCP_PORT,
    }
}

/// The traffic that has to be let through: a rule for the ports that the runtime hands out does not cover
/// another.
pub(super) fn open(g: &RemedyContext<'_>) -> String {
    let (dest, source, port) = (g.dest, g.source, port(g));
    let ranges = range_words(&ranges(g));
    if is_handed_out(g, port) {
        let service = g.case.service().map_or("NTDS", |service| &service.name);
        let pin = g.at_source(
            &format!("(KB 224196) {}", pinned(owner_of(service), source)),
            "`rpc server port = PORT` in smb.conf",
        );
        return format!(
            "open the dynamic RPC ports of {source} ({ranges}) for {dest}; or give the service one static \
             port and open only that, PORT in this command: {pin}; this takes effect at the next restart"
        );
    }
    format!(
        "open TCP {port} of {source} for {dest}: it lies outside the dynamic range ({ranges}), so that a \
         rule for the range does not cover it; KB 2089874 wants a static port inside the range, KB 154596 \
         outside: either works where the firewalls let it through"
    )
}

/// The service whose static port is set, by the name of the service that serves the interface.
pub(super) fn owner_of(service: &str) -> StaticPortOwner {
    match service.to_ascii_lowercase().as_str() {
        "netlogon" => StaticPortOwner::Netlogon,
        "ntfrs" => StaticPortOwner::Ntfrs,
        "dfsr" => StaticPortOwner::Dfsr,
        _ => StaticPortOwner::Ntds,
    }
}

/// The command that gives a service one port, PORT.
pub(super) fn pinned(owner: StaticPortOwner, source: &DnsName) -> String {
    let (key, value) = match owner {
        StaticPortOwner::Netlogon => ("Netlogon", "DCTcpipPort"),
        StaticPortOwner::Ntfrs => ("NTFRS", "\"RPC TCP/IP Port Assignment\""),
        StaticPortOwner::Dfsr => {
            let member = source.host();
            return format!(
                "keep what dfsrdiag DumpMachineCfg /Member:{member} shows, then dfsrdiag StaticRPC /Port:PORT \
                 /Member:{member}"
            );
        }
        StaticPortOwner::Ntds => ("NTDS", "\"TCP/IP Port\""),
    };
    let key = format!(r"HKLM\SYSTEM\CurrentControlSet\Services\{key}\Parameters");
    format!(
        "reg export {key} parameters.reg saves the key, then reg add {key} /v {value} /t REG_DWORD /d PORT"
    )
}

/// The ports that RPC servers of the source get from the runtime: of its own ranges where it has some;
/// Samba's is a parameter of its own, and not the range of the kernel.
pub(super) fn ranges(g: &RemedyContext<'_>) -> Vec<(u16, u16)> {
    let own = g.case.source_port_use.and_then(|ports| ports.rpc.value());
    let own = own.into_iter().flatten().map(|row| (row.range.first, row.range.last));
    let own: Vec<(u16, u16)> = own.collect();
    if !own.is_empty() {
        return own;
    }
    if let Some(RpcPorts::Listed(listed)) = g.case.source_rpc.map(rpc_ports) {
        return listed;
    }
    let range = g.case.source_range().filter(|_| g.source_platform() != Some(Platform::Samba));
    vec![range.map_or((49152, 65535), |range| (range.first, range.last))]
}

pub(super) fn range_words(ranges: &[(u16, u16)]) -> String {
    let words: Vec<String> = ranges.iter().map(|(first, last)| format!("{first}-{last}")).collect();
    words.join(", ")
}

pub(super) fn is_handed_out(g: &RemedyContext<'_>, port: u16) -> bool {
    ranges(g).iter().any(|(first, last)| (*first..=*last).contains(&port))
}
