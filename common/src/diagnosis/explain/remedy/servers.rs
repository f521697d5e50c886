//! DNS servers in the commands of a remedy: where a command has to be typed, and for which platform it is.

use epmesh_facts::Platform;

use super::super::super::{
    case::Case,
    culprit::{NameServer, ServerHost},
};

/// Where a command that names this server has to be typed: a loopback address is another server everywhere
/// else.
pub(super) fn place(server: &NameServer) -> String {
    match &server.host {
        Some(ServerHost::Destination(name)) => format!(", on {name}"),
        Some(ServerHost::Dc(_)) | None => String::new(),
    }
}

/// The platform of a DNS server: what it is where that is known, else what both ends are.
pub(super) fn platform_of(case: &Case<'_>, server: &NameServer) -> Option<Platform> {
    let (from, to) = (case.destination_platform(), case.source_platform());
    match &server.host {
        Some(ServerHost::Dc(owner)) if owner == case.source() => to,
        Some(ServerHost::Dc(owner)) if owner == case.destination() => from,
        Some(ServerHost::Destination(_)) => from,
        Some(ServerHost::Dc(_)) | None => from.filter(|from| Some(*from) == to),
    }
}
