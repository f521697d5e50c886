//! The endpoint map of a host, as seen from one place.

use std::net::IpAddr;

use epmesh_rpc::Endpoint;
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
