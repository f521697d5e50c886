//! The settings of the RPC runtime, from the registry.

use epmesh_facts::{Reading, RegistryText, RpcSettings, StaticPort, StaticPortOwner};

use super::{
    keys, near_miss,
    registry::{Data, Registry},
    typed::{lines, number, text, wrong_type},
};

/// Reads the settings. A value of the wrong type is "could not be read", never "absent". `dfsr_port` reads the
/// one that is not in the registry, where DFS Replication is installed.
pub fn read(registry: &dyn Registry, dfsr_port: impl Fn() -> Reading<u32>) -> RpcSettings {
    let (near_misses, near_misses_left_out) = match near_miss::find(registry) {
        Ok((found, left_out)) if found.is_empty() => (Reading::Absent, Reading::Value(left_out)),
        Ok((found, left_out)) => (Reading::Value(found), Reading::Value(left_out)),
        Err(error) => (Reading::unreadable(&error), Reading::unreadable(&error)),
    };
    RpcSettings {
        client_protocols: client_protocols(registry),
        internet_ports: lines(registry, keys::RPC_INTERNET, "Ports"),
        internet_ports_available: text(registry, keys::RPC_INTERNET, "PortsInternetAvailable"),
        use_internet_ports: text(registry, keys::RPC_INTERNET, "UseInternetPorts"),
        bind: lines(registry, keys::RPC_LINKAGE, "Bind"),
        static_ports: static_ports(registry, dfsr_port),
        near_misses,
        near_misses_left_out,
        samba_ports: Reading::NotApplicable,
        restrict_remote_clients: number(registry, keys::RPC_POLICY, "RestrictRemoteClients"),
        enable_auth_ep_resolution: number(registry, keys::RPC_POLICY, "EnableAuthEpResolution"),
    }
}

/// The values of `ClientProtocols`. The key without a value is a value: the runtime then knows no
/// protocol sequence. Only the key's own absence is "absent".
fn client_protocols(registry: &dyn Registry) -> Reading<Vec<RegistryText>> {
    let key = keys::CLIENT_PROTOCOLS;
    let values = match registry.values(key) {
        Ok(Some(values)) => values,
        Ok(None) => return Reading::Absent,
        Err(error) => return Reading::unreadable(&error),
    };
    let mut texts = Vec::new();
    for value in values {
        match value.data {
            Data::Text(data) => texts.push(RegistryText { name: value.name, data }),
            // The default value of a key means nothing here, whatever it is.
            _ if value.name.is_empty() => {}
            other => return Reading::unseen(wrong_type(key, &value.name, &other, "REG_SZ")),
        }
    }
    texts.retain(|text| !(text.name.is_empty() && text.data.is_empty()));
    texts.sort_by(|a, b| (&a.name, &a.data).cmp(&(&b.name, &b.data)));
    Reading::Value(texts)
}

fn static_ports(registry: &dyn Registry, dfsr_port: impl Fn() -> Reading<u32>) -> Vec<StaticPort> {
    let port = |owner| match owner {
        StaticPortOwner::Ntds => number(registry, keys::NTDS, "TCP/IP Port"),
        StaticPortOwner::Netlogon => number(registry, keys::NETLOGON, "DCTcpipPort"),
        StaticPortOwner::Ntfrs => number(registry, keys::NTFRS, "RPC TCP/IP Port Assignment"),
        StaticPortOwner::Dfsr => match registry.values(keys::DFSR) {
            // Not installed: Windows 2000 and 2003 before R2.
            Ok(None) => Reading::NotApplicable,
            Ok(Some(_)) => dfsr_port(),
            Err(error) => Reading::unreadable(&error),
        },
    };
    StaticPortOwner::ALL.map(|owner| StaticPort { owner, port: port(owner) }).to_vec()
}
