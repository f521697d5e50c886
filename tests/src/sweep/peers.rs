//! The simulated peers, in a process of their own.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr},
};

use anyhow::{Context, Result};
use epmesh_common::facts::DnsName;
use epmesh_tests::sim::{Network, SimDc, SimPorts, Who, Zone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where the peers are: one line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Fleet {
    /// The DNS server that knows them all.
    pub(crate) dns: IpAddr,
    pub(crate) forest: DnsName,
    pub(crate) peers: Vec<(DnsName, Uuid)>,
    pub(crate) ports: Ports,
}

/// As [`SimPorts`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Ports {
    pub(crate) endpoint_mapper: u16,
    pub(crate) dns: u16,
    pub(crate) ldap: u16,
    pub(crate) netbios: u16,
}

/// Serves `count` peers until the input ends.
pub(crate) async fn serve(count: u16) -> Result<()> {
    let addresses = addresses(count);
    let ports = SimPorts::pick(&addresses)?;
    let mut zone = Zone::default();
    let mut whos = Vec::new();
    for (number, &address) in addresses.iter().enumerate() {
        let who = Who::new(&format!("dc{}", number + 1), address)?;
        zone.set_address(&who.name, who.address);
        zone.set_alias(&who.alias()?, &who.name);
        whos.push(who);
    }
    let first = whos.first().context("at least one peer")?;
    let fleet = Fleet {
        dns: first.ip(),
        forest: first.domain.clone(),
        peers: whos.iter().map(|who| (who.name.clone(), who.dsa_guid)).collect(),
        ports: Ports {
            endpoint_mapper: ports.endpoint_mapper,
            dns: ports.dns,
            ldap: ports.ldap,
            netbios: ports.node_status,
        },
    };
    let mut running = Vec::new();
    for who in whos {
        // Only the first is asked for names.
        let records = if running.is_empty() { std::mem::take(&mut zone) } else { Zone::default() };
        running.push(SimDc::start(who, ports, records).await?);
    }
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&fleet)?)?;
    let ended = || std::io::stdin().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(ended).await??;
    Ok(())
}

/// Loopback addresses, 250 of each of some networks in a row.
fn addresses(count: u16) -> Vec<Ipv4Addr> {
    let [_, second, third, _] = Network::pick().address(0).octets();
    let address = |number: u16| {
        let [_, host] = (number % 250 + 1).to_be_bytes();
        let network = u16::from(third).wrapping_add(number / 250) % 256;
        let [_, network] = network.to_be_bytes();
        Ipv4Addr::new(127, second, network, host)
    };
    (0..count).map(address).collect()
}
