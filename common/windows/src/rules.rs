//! All rules over one domain controller.

use epmesh_facts::{DcFacts, Platform};

use super::{
    boot,
    client_protocols::{self, ClientProtocolRule},
    known::Known,
    near_misses,
    note::Note,
    port_ranges,
    protocol_majority::ProtocolMajority,
    rpc_internet, rpc_linkage, rpc_policy, services, static_ports,
};

/// All notes on a domain controller, the worst first. Nothing for a host that is not known to run Windows, and
/// nothing about facts that nobody stated.
#[must_use]
pub fn notes(facts: &DcFacts, protocols: &ClientProtocolRule) -> Vec<Note> {
    notes_beside(facts, protocols, None)
}

/// As [`notes`], with what most domain controllers of the same build have beside it.
#[must_use]
pub fn notes_beside(
    facts: &DcFacts,
    protocols: &ClientProtocolRule,
    majority: Option<&ProtocolMajority>,
) -> Vec<Note> {
    let known = Known::of(facts);
    if known.host.is_none_or(|host| host.platform != Platform::Windows) {
        return Vec::new();
    }
    let mut notes = boot::notes(&known);
    notes.extend(services::notes(&known));
    if let Some(rpc) = known.rpc {
        notes.extend(client_protocols::notes(protocols, rpc, known.release, majority));
        notes.extend(rpc_internet::notes(rpc, known.dynamic_tcp()));
        notes.extend(rpc_linkage::notes(rpc));
        notes.extend(static_ports::notes(&known, rpc));
        notes.extend(rpc_policy::notes(rpc));
        notes.extend(near_misses::notes(rpc));
    }
    notes.extend(port_ranges::notes(&known));
    notes.sort_by(|a, b| (a.severity, a.about, &a.subject).cmp(&(b.severity, b.about, &b.subject)));
    notes
}
