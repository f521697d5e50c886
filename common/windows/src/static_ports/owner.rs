//! The service that a static port belongs to, and a note on its setting.

use epmesh_facts::StaticPortOwner;

use super::super::{About, Note, Severity};

pub(super) const fn service_of(owner: StaticPortOwner) -> &'static str {
    match owner {
        StaticPortOwner::Ntds => "NTDS",
        StaticPortOwner::Netlogon => "Netlogon",
        StaticPortOwner::Ntfrs => "NtFrs",
        StaticPortOwner::Dfsr => "DFSR",
    }
}

/// The setting of a static port: a registry value, or what `dfsrdiag` calls it.
#[must_use]
pub const fn static_port_setting(owner: StaticPortOwner) -> &'static str {
    match owner {
        StaticPortOwner::Ntds => {
            r"HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters, TCP/IP Port"
        }
        StaticPortOwner::Netlogon => {
            r"HKLM\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters, DCTcpipPort"
        }
        StaticPortOwner::Ntfrs => {
            r"HKLM\SYSTEM\CurrentControlSet\Services\NTFRS\Parameters, RPC TCP/IP Port Assignment"
        }
        StaticPortOwner::Dfsr => "dfsrdiag StaticRPC",
    }
}

/// The setting as the subject of a note, where nothing else says whose it is.
pub(super) const fn value(owner: StaticPortOwner) -> &'static str {
    match owner {
        StaticPortOwner::Dfsr => "DFS Replication, dfsrdiag StaticRPC",
        _ => static_port_setting(owner),
    }
}

pub(super) fn note(
    severity: Severity,
    owner: StaticPortOwner,
    text: String,
    advice: &str,
    source: &str,
) -> Note {
    Note {
        severity,
        about: About::StaticPort,
        subject: value(owner).to_owned(),
        text,
        advice: advice.to_owned(),
        source: source.to_owned(),
    }
}
