//! The endpoint map, entry for entry.

use std::net::IpAddr;

use epmesh_common::{
    facts::PeerObservation,
    rpc::{Endpoint, names},
};
use serde::Serialize;
use uuid::Uuid;

/// An entry of an endpoint map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// The address whose endpoint mapper lists it.
    pub address: IpAddr,
    /// The interface's short name, where it has one.
    pub name: Option<&'static str>,
    /// The interface's UUID.
    pub uuid: Uuid,
    /// Its version, `MAJOR.MINOR`.
    pub version: String,
    /// The object, where there is one.
    pub object: Option<Uuid>,
    /// The protocol sequence.
    pub sequence: String,
    /// The endpoint: a port, a pipe, a name.
    pub endpoint: String,
    /// The host that the server wrote into the entry.
    pub host: Option<String>,
    /// What the server says about itself.
    pub annotation: String,
}

/// Every entry of every map that was read, interface by interface.
pub(crate) fn entries(seen: &PeerObservation) -> Vec<Entry> {
    let maps = seen.addresses.iter().filter_map(|probe| {
        let endpoints = probe.map.as_ref()?.endpoints.as_ref().ok()?;
        Some((probe.address, endpoints))
    });
    maps.flat_map(|(address, endpoints)| endpoints.iter().map(move |one| entry(address, one)))
        .collect()
}

/// A row of a table for each of some entries: name, UUID and version, object, protocol sequence, endpoint, annotation. The
/// interface stands once, in front of its endpoints.
pub(crate) fn rows<'e>(
    entries: impl IntoIterator<Item = &'e Entry>,
) -> impl Iterator<Item = [String; 6]> {
    let mut before = None;
    entries.into_iter().map(move |entry| {
        let this = (entry.uuid, &entry.version);
        let is_first = before.replace(this) != Some(this);
        let head = |value: String| if is_first { value } else { String::new() };
        [
            head(entry.name.unwrap_or("").to_owned()),
            head(format!("{} v{}", entry.uuid, entry.version)),
            entry.object.map_or_else(String::new, |object| object.to_string()),
            entry.sequence.clone(),
            entry.endpoint.clone(),
            entry.annotation.clone(),
        ]
    })
}

/// An entry of the map that the endpoint mapper at `address` has.
pub(crate) fn entry(address: IpAddr, endpoint: &Endpoint) -> Entry {
    let id = endpoint.interface;
    let known = names::by_uuid(id.uuid).filter(|known| known.id.major == id.major);
    Entry {
        address,
        name: known.map(|known| known.name),
        uuid: id.uuid,
        version: format!("{}.{}", id.major, id.minor),
        object: endpoint.object,
        sequence: endpoint.binding.sequence.to_string(),
        endpoint: endpoint.binding.endpoint.clone(),
        host: endpoint.binding.host.clone(),
        annotation: endpoint.annotation.clone(),
    }
}
