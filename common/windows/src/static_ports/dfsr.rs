//! The static port of DFS Replication, where it could not be read: it stands in that service's own
//! configuration. Its registration shows it.

use epmesh_facts::{PortRange, RpcSettings, StaticPortOwner, Transport};
use epmesh_rpc::{ProtocolSequence, names};

use super::{
    super::{Note, Release, RpcPorts, Severity, known::Known, rpc_ports},
    owner::{note, service_of},
};

/// The port that it has on a domain controller of Windows Server 2008 and 2008 R2 unless told otherwise
/// (KB 832017).
const OF_2008: u16 = 5722;

/// The one TCP port under which the host's own map has DFSR, where it lies outside of every range that
/// servers take their ports from, and nothing shows that another process listens there.
pub(super) fn registered(known: &Known<'_>, rpc: &RpcSettings) -> Option<u16> {
    let ranges = known.ports?.dynamic.value()?;
    let listed = match rpc_ports(rpc) {
        RpcPorts::Dynamic => Vec::new(),
        RpcPorts::Listed(listed) => listed,
        // Where servers take their ports from is not known then.
        _ => return None,
    };
    let is_tcp = |range: &&PortRange| range.transport == Transport::Tcp;
    let taken_from = |port: u16| {
        let dynamic = ranges.iter().filter(is_tcp).map(|range| (range.first, range.last));
        dynamic.chain(listed.iter().copied()).any(|(first, last)| (first..=last).contains(&port))
    };
    let is_usual = |port: u16| {
        let old = matches!(known.release, Some(Release::Windows2008 | Release::Windows2008R2));
        old && port == OF_2008
    };
    let interface = names::by_name("dfsr")?.id;
    let rows = known.map?.own()?.iter().filter(|row| {
        row.interface.offers(interface) && row.binding.sequence == ProtocolSequence::NcacnIpTcp
    });
    let mut ports: Vec<u16> = rows.filter_map(|row| row.binding.port()).collect();
    ports.retain(|port| !taken_from(*port) && !is_usual(*port));
    ports.sort_unstable();
    ports.dedup();
    match *ports {
        [port] if !belongs_to_another(known, port) => Some(port),
        _ => None,
    }
}

/// Whether another process than DFSR's listens on the port: then the row is one that was left behind.
fn belongs_to_another(known: &Known<'_>, port: u16) -> bool {
    let own = known.process(service_of(StaticPortOwner::Dfsr)).map(|process| process.pid);
    let listeners = known.ports.and_then(|ports| ports.listeners.value()).into_iter().flatten();
    let mut there = listeners.filter(|listener| listener.port == port).peekable();
    // One whose process cannot be seen may be DFSR's.
    let others = |pid: Option<u32>| pid.is_some_and(|pid| pid != 0 && Some(pid) != own);
    own.is_some() && there.peek().is_some() && there.all(|listener| others(listener.pid))
}

/// The note that says how the port is known, since the setting itself is in no registry.
pub(super) fn shown(port: u16) -> Note {
    note(
        Severity::Note,
        StaticPortOwner::Dfsr,
        format!(
            "{port}, as its registration shows: that lies outside of the ranges that servers take \
             their ports from"
        ),
        "Get-DfsrServiceConfiguration, or dfsrdiag StaticRPC, shows what is set",
        "KB 832017",
    )
}
