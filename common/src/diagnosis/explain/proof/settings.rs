//! Proof from boot, settings and ports, how the source was started and what it is set to, and how many
//! ports either end has left: as far as it bears on whether the interface can be registered and reached.

use epmesh_facts::{
    BootMode, DnsName, PortUse, Reading, RegistryText, RpcFilter, RpcSettings, Stamped, Timestamp,
    Transport,
};

use super::{
    super::super::{case::Case, cause::Step, verdict::EvidenceItem},
    item::item,
};

/// A range of which so much is in use is quoted, in percent.
const BUSY: u8 = 80;

pub(super) fn settings(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    let (source, facts) = (case.source(), &case.evidence.source);
    if let Some(host) = case.source_host {
        if let Some(boot) = host.fact.boot.value() {
            let fact = format!("it was started at {}", case.on_our_clock(boot.at));
            items.push(item(Step::Ask, source, host.at, fact, Some(format!("boot {}", boot.id))));
        }
        if let Some(mode) = host.fact.boot_mode.value().filter(|mode| **mode != BootMode::Normal) {
            let mode = match mode {
                BootMode::Normal | BootMode::Safe => "safe mode",
                BootMode::SafeWithNetwork => "safe mode with networking",
                BootMode::DirectoryRepair => "Directory Services Repair Mode",
            };
            let fact = format!("it was started in {mode}");
            items.push(item(Step::Ask, source, host.at, fact, None));
        }
    }
    // Where the case has it, it is fresh.
    if let (Some(rpc), Some(held)) = (case.source_rpc, &facts.rpc_settings) {
        let lines = registry(rpc).into_iter();
        items.extend(lines.map(|(fact, raw)| item(Step::Ask, source, held.at, fact, raw)));
    }
    if let (Some(filters), Some(held)) = (case.source_filters, &facts.filters) {
        if let Some(profiles) = filters.profiles.value() {
            let on = profiles.iter().filter(|profile| profile.enabled).count();
            let fact = format!("its firewall is on in {on} of {} profiles", profiles.len());
            items.push(item(Step::Reach, source, held.at, fact, None));
        }
        let rows = filters.rpc.value().into_iter().flatten();
        for filter in rows.filter(|filter| filter.blocks(case.interface().uuid)) {
            let fact =
                format!("its RPC filter {} may block the interface{}", filter.name, when(filter));
            let raw = format!("{}, {}", filter.layer, filter.key);
            items.push(item(Step::Ask, source, held.at, fact, Some(raw)));
        }
    }
    let ends = [
        (source, case.source_port_use, &facts.port_use),
        (case.destination(), case.destination_port_use, &case.evidence.destination.port_use),
    ];
    for (host, fresh, held) in ends {
        items.extend(busy(host, fresh, held.as_ref()));
    }
}

/// What decides whether a filter acts on a caller, where that is not the interface and the protocol alone.
fn when(filter: &RpcFilter) -> String {
    match &filter.terms {
        _ if filter.is_plain() => String::new(),
        Some(terms) => {
            let fields: Vec<String> = terms.others.iter().map(ToString::to_string).collect();
            format!("; that depends on {}", fields.join(", "))
        }
        None => "; it has conditions that are not told".to_owned(),
    }
}

/// The settings of its RPC runtime that are not the ordinary case.
fn registry(rpc: &RpcSettings) -> Vec<(String, Option<String>)> {
    let mut lines = Vec::new();
    match &rpc.client_protocols {
        Reading::Absent => lines.push(("it has no registry key ClientProtocols".to_owned(), None)),
        Reading::Value(values) => {
            let pair = |value: &RegistryText| format!("{}={}", value.name, value.data);
            let all: Vec<String> = values.iter().map(pair).collect();
            lines.push(("the values of its ClientProtocols".to_owned(), Some(all.join(", "))));
        }
        Reading::NotApplicable | Reading::Unreadable(_) => {}
    }
    let lists = [
        (&rpc.internet_ports, "the value Ports in Rpc\\Internet"),
        (&rpc.bind, "the value Bind in Rpc\\Linkage"),
    ];
    for (list, name) in lists {
        if let Some(entries) = list.value() {
            lines.push((format!("it has {name}"), Some(entries.join(", "))));
        }
    }
    for row in &rpc.static_ports {
        if let Some(port) = row.port.value() {
            lines.push((format!("it has a static port for {}", row.owner), Some(port.to_string())));
        }
    }
    if let Some(policy) = rpc.restrict_remote_clients.value() {
        lines.push(("it has RestrictRemoteClients".to_owned(), Some(policy.to_string())));
    }
    lines
}

/// The ranges of TCP ports of which few are left.
fn busy(
    host: &DnsName,
    fresh: Option<&PortUse>,
    held: Option<&Stamped<PortUse>>,
) -> Vec<EvidenceItem> {
    let at: Option<Timestamp> = held.map(|held| held.at);
    let (Some(rows), Some(at)) = (fresh.and_then(|ports| ports.ranges.value()), at) else {
        return Vec::new();
    };
    let few =
        rows.iter().filter(|row| row.range.transport == Transport::Tcp && row.used_percent >= BUSY);
    few.map(|row| {
        let (range, used) = (row.range, row.used_percent);
        let fact = format!("up to {used} % of its TCP ports {}-{} in use", range.first, range.last);
        let raw = format!("{} % in TIME_WAIT", row.time_wait_percent);
        item(Step::ReachPort, host, at, fact, Some(raw))
    })
    .collect()
}
