//! The endpoint map of a host, as seen from one place.

use std::net::IpAddr;

use epmesh_rpc::{Endpoint, InterfaceId, ProtocolSequence};
use serde::{Deserialize, Serialize};

use super::{Blank, Failure, Reason};

/// A host's own endpoint map, read along each way the host has to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EndpointMap {
    /// One view a way; the differences between them are facts of their own.
    pub views: Vec<MapView>,
}

impl EndpointMap {
    /// A map of which nothing is known: where it could not be seen, the one view says why.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        let view = |why: &Reason| MapView {
            through: Through::Local,
            endpoints: Err(Failure::Local(why.clone())),
        };
        let views = match blank {
            Blank::Unreadable(why) => vec![view(why)],
            Blank::Absent | Blank::NotApplicable => Vec::new(),
        };
        Self { views }
    }

    /// The view of the host itself: the local view where it answered, else the first that did.
    #[must_use]
    pub fn own(&self) -> Option<&[Endpoint]> {
        let listed = |view: &&MapView| view.endpoints.is_ok();
        self.views
            .iter()
            .filter(listed)
            .find(|view| view.through == Through::Local)
            .or_else(|| self.views.iter().find(listed))
            .and_then(|view| view.endpoints.as_deref().ok())
    }
}

/// Whether a map holds an interface over TCP. None where it does not, and one of the interface's entries could
/// not be read: that one may be it.
#[must_use]
pub fn holds_over_tcp(map: &[Endpoint], wanted: InterfaceId) -> Option<bool> {
    let of = |sequence: &ProtocolSequence| {
        map.iter().any(|endpoint| {
            endpoint.interface.offers(wanted) && endpoint.binding.sequence == *sequence
        })
    };
    match of(&ProtocolSequence::NcacnIpTcp) {
        true => Some(true),
        false if of(&ProtocolSequence::unread()) => None,
        false => Some(false),
    }
}

/// An endpoint map seen through one way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MapView {
    /// The way in.
    pub through: Through,
    /// Every endpoint listed, sorted; or why there is no list.
    pub endpoints: Result<Vec<Endpoint>, Failure>,
}

/// The way to an endpoint mapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// The operating system, without the network: ALPC on Windows, the ncalrpc socket on Samba.
    Local,
    /// TCP port 135 at this address.
    Address(IpAddr),
}

#[cfg(test)]
mod tests {
    use epmesh_rpc::{Binding, names};

    use super::*;

    #[test]
    fn an_entry_that_could_not_be_read_may_be_the_one() {
        let ids = names::find("drsuapi").zip(names::find("netlogon"));
        let (drsuapi, netlogon) = ids.expect("two known interfaces");
        let row = |interface, sequence: &str| Endpoint {
            interface,
            object: None,
            binding: Binding {
                sequence: sequence.parse().expect("a sequence"),
                endpoint: String::new(),
                host: None,
            },
            annotation: String::new(),
        };
        let mut map = vec![row(drsuapi, "ncacn_np"), row(netlogon, "protocols")];
        assert_eq!(holds_over_tcp(&map, drsuapi), Some(false));
        assert_eq!(holds_over_tcp(&map, netlogon), None);
        map.push(row(drsuapi, "protocols"));
        assert_eq!(holds_over_tcp(&map, drsuapi), None);
        map.push(row(drsuapi, "ncacn_ip_tcp"));
        assert_eq!(holds_over_tcp(&map, drsuapi), Some(true));
        assert_eq!(holds_over_tcp(&[], drsuapi), Some(false));
    }
}
