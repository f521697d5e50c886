//! The map of one host, through the first of its addresses at which it can be read.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use epmesh_agent_host::rpc::endpoint_map::{Limits, through_address};
use epmesh_common::{
    facts::Failure,
    rpc::{Endpoint, InterfaceId},
};
use serde::Serialize;
use thiserror::Error;

use super::args::Arguments;
use crate::{
    check::Wanted,
    listing::{Entry, entry},
};

/// The most addresses of one name that are tried.
const MOST_ADDRESSES: usize = 8;

/// The map of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Listed {
    /// What was asked for.
    pub host: String,
    /// The address at which the map was read.
    pub address: IpAddr,
    /// How many entries the whole map has.
    pub entries: usize,
    /// Those of the interfaces that were asked for, in order.
    pub endpoints: Vec<Entry>,
    /// The interfaces that were asked for and are not in the map.
    pub missing: Vec<InterfaceId>,
}

/// The map could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The name leads nowhere.
    #[error("could not resolve {name}")]
    Names {
        /// The name.
        name: String,
        /// The system's word.
        source: io::Error,
    },
    /// The name has no address.
    #[error("{0} has no address")]
    NoAddress(String),
    /// No address gave the map.
    #[error("could not read the endpoint map of {host}: {}", each(failed))]
    Failed {
        /// The host.
        host: String,
        /// What came of each address.
        failed: Vec<(SocketAddr, Failure)>,
    },
}

fn each(failed: &[(SocketAddr, Failure)]) -> String {
    let said = failed.iter().map(|(at, failure)| format!("{at}: {failure}"));
    said.collect::<Vec<_>>().join("; ")
}

/// Reads the map. A name is resolved as the system does it; its addresses are tried one after the other.
///
/// # Errors
/// When the name leads nowhere, or at no address the whole map came.
pub async fn read(arguments: &Arguments) -> Result<Listed, ReadError> {
    let limits = Limits {
        connect: arguments.timeout,
        answer: arguments.timeout,
        walk: arguments.timeout.saturating_mul(4),
    };
    let (host, addresses) = addresses(arguments).await?;
    let mut failed = Vec::new();
    for address in addresses.into_iter().take(MOST_ADDRESSES) {
        match through_address(address, arguments.port, limits).await.endpoints {
            Ok(map) => return Ok(listed(host, address, &map, &arguments.interface)),
            Err(failure) => failed.push((SocketAddr::new(address, arguments.port), failure)),
        }
    }
    Err(if failed.is_empty() {
        ReadError::NoAddress(host)
    } else {
        ReadError::Failed { host, failed }
    })
}

async fn addresses(arguments: &Arguments) -> Result<(String, Vec<IpAddr>), ReadError> {
    let name = match &arguments.host {
        Wanted::Address(address) => return Ok((address.to_string(), vec![*address])),
        Wanted::Name(name) => name.to_string(),
    };
    let found = tokio::net::lookup_host((name.as_str(), arguments.port)).await;
    let found = found.map(|found| found.map(|at| at.ip()).collect::<Vec<_>>());
    let found = found.map_err(|source| ReadError::Names { name: name.clone(), source })?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok((name, addresses))
}

/// The entries of `map` for the interfaces that are `wanted`; all where none is.
fn listed(host: String, address: IpAddr, map: &[Endpoint], wanted: &[InterfaceId]) -> Listed {
    let is_wanted = |one: &&Endpoint| {
        wanted.is_empty() || wanted.iter().any(|wanted| one.interface.offers(*wanted))
    };
    let endpoints = map.iter().filter(is_wanted).map(|one| entry(address, one)).collect();
    let is_missing = |wanted: &&InterfaceId| !map.iter().any(|one| one.interface.offers(**wanted));
    let missing = wanted.iter().filter(is_missing).copied().collect();
    Listed { host, address, entries: map.len(), endpoints, missing }
}
