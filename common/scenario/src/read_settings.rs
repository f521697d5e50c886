//! The registry, the filters and the event logs of one computer.

use epmesh_config::Section;
use epmesh_facts::{
    FilterField, FilterTerms, LoggedEvent, NearMiss, ProfileKind, Reading, RegistryText, RpcFilter,
    RpcFilterAction, RpcFilterLayer, StaticPortOwner,
};

use super::{
    age::age,
    words,
    world::{Machine, ago},
};

/// The values of the registry that hold a static port, as a scenario calls them.
const STATIC_PORTS: [(&str, StaticPortOwner); 4] = [
    ("NTDS TCP/IP Port", StaticPortOwner::Ntds),
    ("Netlogon DCTcpipPort", StaticPortOwner::Netlogon),
    ("NTFRS RPC TCP/IP Port Assignment", StaticPortOwner::Ntfrs),
    ("DFSR StaticRPC", StaticPortOwner::Dfsr),
];

/// Reads them.
pub(super) fn read(machine: &mut Machine, table: &Section<'_>) {
    if let Some(registry) = table.table("registry") {
        protocols(machine, &registry);
        ports(machine, &registry);
        policy(machine, &registry);
    }
    let off = table.list("firewall-off", |text| match text {
        "domain" => Ok(ProfileKind::Domain),
        "private" => Ok(ProfileKind::Private),
        "public" => Ok(ProfileKind::Public),
        _ => Err(format!("{text:?} is none of domain, private, public")),
    });
    if let (Some(off), Reading::Value(profiles)) = (off, &mut machine.filters.profiles) {
        profiles.iter_mut().for_each(|one| one.enabled &= !off.contains(&one.kind));
    }
    filters(machine, table);
    events(machine, table);
}

fn protocols(machine: &mut Machine, registry: &Section<'_>) {
    if registry.has_list("ClientProtocols") {
        // The whole of it, each `name` or `name=data`.
        let value = |text: &str| {
            let (name, data) = text.split_once('=').unwrap_or((text, "rpcrt4.dll"));
            Ok::<_, String>(RegistryText { name: name.to_owned(), data: data.to_owned() })
        };
        if let Some(mut values) = registry.list("ClientProtocols", value) {
            values.sort_by(|one, other| one.name.cmp(&other.name));
            machine.rpc.client_protocols = Reading::Value(values);
        }
    } else if let Some(read) = registry.parse("ClientProtocols", missing::<Vec<RegistryText>>) {
        machine.rpc.client_protocols = read;
    }
    if let Some(gone) =
        registry.list("ClientProtocols without", |name| Ok::<_, String>(name.to_owned()))
        && let Reading::Value(values) = &mut machine.rpc.client_protocols
    {
        values.retain(|value| !gone.contains(&value.name));
    }
}

/// `missing`, or `unreadable: WHY`.
fn missing<T>(text: &str) -> Result<Reading<T>, String> {
    match (text, text.strip_prefix("unreadable: ")) {
        ("missing", _) => Ok(Reading::Absent),
        (_, Some(why)) => Ok(Reading::unseen(why)),
        _ => Err("it is a list, `missing`, or `unreadable: …`".to_owned()),
    }
}

fn ports(machine: &mut Machine, registry: &Section<'_>) {
    let text = |text: &str| Ok::<_, String>(text.to_owned());
    if let Some(lines) = registry.list("Internet Ports", text) {
        machine.rpc.internet_ports = Reading::Value(lines);
    }
    if let Some(flag) = registry.text("Internet PortsInternetAvailable") {
        machine.rpc.internet_ports_available = Reading::Value(flag);
    }
    if let Some(flag) = registry.text("Internet UseInternetPorts") {
        machine.rpc.use_internet_ports = Reading::Value(flag);
    }
    if let Some(bind) = registry.list("Linkage Bind", text) {
        machine.rpc.bind = Reading::Value(bind);
    }
    // The host's own listing of the range that RPC servers take their ports from.
    if let Reading::Value(ranges) = epmesh_windows::rpc_ranges(&machine.rpc, &machine.ports.dynamic)
    {
        machine.ports.rpc = Reading::Value(ranges);
    }
    for (key, owner) in STATIC_PORTS {
        let Some(port) = registry.integer(key, 0..=i64::from(u32::MAX)) else { continue };
        for row in machine.rpc.static_ports.iter_mut().filter(|row| row.owner == owner) {
            row.port = Reading::Value(u32::try_from(port).unwrap_or(u32::MAX));
        }
    }
    let misspelt = registry.list("misspelt", |text| {
        let mut parts = text.split(" | ");
        let mut next = || parts.next().map(str::to_owned).ok_or("not `KEY | NAME | MEANT | DATA`");
        Ok::<_, &str>(NearMiss { key: next()?, name: next()?, meant: next()?, data: next()? })
    });
    if let Some(list) = misspelt {
        machine.rpc.near_misses = Reading::Value(list);
    }
}

fn policy(machine: &mut Machine, registry: &Section<'_>) {
    let number =
        |key: &str| registry.integer(key, 0..=10).and_then(|value| u32::try_from(value).ok());
    if let Some(value) = number("RestrictRemoteClients") {
        machine.rpc.restrict_remote_clients = Reading::Value(value);
    }
    if let Some(value) = number("EnableAuthEpResolution") {
        machine.rpc.enable_auth_ep_resolution = Reading::Value(value);
    }
}

/// `[[dc2.rpc-filter]]`: a filter of the Windows Filtering Platform at an RPC layer.
fn filters(machine: &mut Machine, table: &Section<'_>) {
    let mut found = Vec::new();
    for (at, row) in table.array_of_tables("rpc-filter").iter().enumerate() {
        let layer = row.parse("layer", |text| match text {
            "RPC_UM" => Ok(RpcFilterLayer::Calls),
            "RPC_EPMAP" => Ok(RpcFilterLayer::Resolution),
            "RPC_EP_ADD" => Ok(RpcFilterLayer::Registration),
            _ => Err(format!("{text:?} is none of RPC_UM, RPC_EPMAP, RPC_EP_ADD")),
        });
        let action = row.parse("action", |text| match text {
            "permit" => Ok(RpcFilterAction::Permit),
            "block" => Ok(RpcFilterAction::Block),
            _ => Err(format!("{text:?} is neither permit nor block")),
        });
        row.require("layer");
        let interface = row.parse("interface", words::interface).map(|interface| interface.uuid);
        let name = row.text("name").unwrap_or_else(|| "RPC filter".to_owned());
        let from = row.list("for", |text| Ok::<_, String>(text.to_owned())).unwrap_or_default();
        let but = row.list("but", words::filter_field).unwrap_or_default();
        let others: Vec<FilterField> =
            from.first().map(|_| FilterField::Address).into_iter().chain(but).collect();
        let limits = usize::from(interface.is_some()) + others.len();
        let conditions = u32::try_from(limits).unwrap_or(u32::MAX);
        let terms = (!row.boolean("older-agent").unwrap_or_default()).then(|| FilterTerms {
            protocol: None,
            others,
            // What netsh gives: the more conditions, the heavier.
            weight: u64::from(conditions),
            sublayer: super::base::guid(0xEE),
        });
        let key = super::base::guid(0xF0 | u8::try_from(at).unwrap_or(0) & 0x0F);
        let action = action.unwrap_or(RpcFilterAction::Block);
        if let Some(layer) = layer {
            found.push(RpcFilter { layer, key, name, action, interface, conditions, terms });
            machine.filtered_for.extend(from);
        }
    }
    if !found.is_empty() {
        machine.filters.rpc = Reading::Value(found);
    }
}

/// `[[dc2.event]]`: what its event logs hold.
fn events(machine: &mut Machine, table: &Section<'_>) {
    let mut found = Vec::new();
    for (at, row) in table.array_of_tables("event").iter().enumerate() {
        row.require("id");
        let id = row.integer("id", 1..=65_535).and_then(|id| u32::try_from(id).ok());
        let log = row.text("log").unwrap_or_else(|| "Directory Service".to_owned());
        let provider = row.text("source").unwrap_or_default();
        let when = age(row, "ago").unwrap_or(std::time::Duration::from_secs(300));
        let parameters = row.list("parameters", |text| Ok::<_, String>(text.to_owned()));
        if let Some(id) = id {
            found.push(LoggedEvent {
                log,
                provider,
                id,
                record: 1000 + u64::try_from(at).unwrap_or(0),
                at: ago(when),
                parameters: parameters.unwrap_or_default(),
            });
        }
    }
    found.sort_by_key(|event| event.at);
    if !found.is_empty() {
        machine.events.list = Reading::Value(found);
    }
}
