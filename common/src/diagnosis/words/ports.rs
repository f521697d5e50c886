//! Ports in a remedy: how one is tried by hand, and which have to be let through.

use epmesh_facts::Platform;
use epmesh_windows::{RpcPorts, rpc_ports};

use super::remedy::{Ground, command};

/// How the port is tried by hand from the destination: at the address that failed, where a name may
/// lead to another one.
pub(super) fn to_port(g: &Ground<'_>) -> String {
    let port = port(g);
    let address = g.name.split(' ').next().unwrap_or(g.name);
    let powershell = format!("in PowerShell Test-NetConnection {address} -Port {port}");
    // PortQry speaks IPv4 only.
    let windows = if address.contains(':') {
        powershell
    } else {
        format!("portqry -n {address} -p tcp -e {port}, or {powershell}")
    };
    let samba = format!("nc -vz {address} {port}");
    command(g.case.destination_platform(), &windows, &samba)
}

/// The port in the culprit's name, `10.0.0.2 port 49667 (dc2)`.
pub(super) fn port(g: &Ground<'_>) -> String {
    let after = g.name.split(" port ").nth(1).and_then(|rest| rest.split(' ').next());
    after.unwrap_or("135").to_owned()
}

/// What has to be let through: a rule for the ports that the runtime hands out does not cover another.
pub(super) fn open(g: &Ground<'_>) -> String {
    let (dest, source, port) = (g.dest, g.source, port(g));
    let ranges = range_words(&ranges(g));
    if is_handed_out(g, port.parse().unwrap_or_default()) {
        let service = g.case.service().map_or("NTDS", |service| &service.name);
        let pin = g.at_source(
            &format!("(KB 224196) {}", super::settings::pinned(service, source)),
            "`rpc server port = PORT` in smb.conf",
        );
        return format!(
            "open the dynamic RPC ports of {source} ({ranges}) for {dest}; or have one port alone to \
             open, PORT in this: {pin}; it counts from the next restart"
        );
    }
    format!(
        "open TCP {port} of {source} for {dest}: it lies outside the dynamic range ({ranges}), so that a \
         rule for that does not cover it; KB 2089874 has a static port inside the range, KB 154596 \
         outside: either works where the firewalls let it through"
    )
}

/// The ports that RPC servers of the source get from the runtime: of its own ranges where it has some;
/// Samba's is a parameter of its own, and not the range of the kernel.
fn ranges(g: &Ground<'_>) -> Vec<(u16, u16)> {
    let own = g.case.source_port_use.and_then(|ports| ports.rpc.value());
    let own = own.into_iter().flatten().map(|row| (row.range.first, row.range.last));
    let own: Vec<(u16, u16)> = own.collect();
    if !own.is_empty() {
        return own;
    }
    if let Some(RpcPorts::Listed(listed)) = g.case.source_rpc.map(rpc_ports) {
        return listed;
    }
    let range = g.case.source_range().filter(|_| g.case.source_platform() != Some(Platform::Samba));
    vec![range.map_or((49152, 65535), |range| (range.first, range.last))]
}

fn range_words(ranges: &[(u16, u16)]) -> String {
    let words: Vec<String> = ranges.iter().map(|(first, last)| format!("{first}-{last}")).collect();
    words.join(", ")
}

pub(super) fn is_handed_out(g: &Ground<'_>, port: u16) -> bool {
    ranges(g).iter().any(|(first, last)| (*first..=*last).contains(&port))
}
