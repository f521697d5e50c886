//! Filters that stand between an RPC server of a Windows host and its callers, on the host itself.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Blank, Reading};

/// The firewall's profiles and the RPC filters of the Windows Filtering Platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Filters {
    /// Whether each profile of the firewall is on.
    pub profiles: Reading<Vec<FirewallProfile>>,
    /// The filters at the RPC layers; most hosts have none.
    pub rpc: Reading<Vec<RpcFilter>>,
    /// How many there are beyond those: a list that was cut says nothing about what is not in it.
    pub rpc_left_out: Reading<u32>,
}

impl Filters {
    /// Filters of which nothing is known.
    #[must_use]
    pub fn blank(blank: &Blank) -> Self {
        Self { profiles: blank.reading(), rpc: blank.reading(), rpc_left_out: blank.reading() }
    }

    /// Whether the list of RPC filters was read and is whole.
    #[must_use]
    pub fn rpc_is_whole(&self) -> bool {
        self.rpc.value().is_some() && self.rpc_left_out.value() == Some(&0)
    }
}

/// A profile of the firewall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FirewallProfile {
    /// Which.
    pub kind: ProfileKind,
    /// Whether it is on; a policy counts before the local setting.
    pub enabled: bool,
}

/// The profiles of the firewall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileKind {
    /// On the network of the domain.
    Domain,
    /// On a private network.
    Private,
    /// Everywhere else.
    Public,
}

/// A filter at an RPC layer (`netsh rpc filter show filter`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RpcFilter {
    /// The layer.
    pub layer: RpcFilterLayer,
    /// The key that deletes it: `netsh rpc filter delete filter filterkey=…`.
    pub key: Uuid,
    /// Its display name.
    pub name: String,
    /// What it does.
    pub action: RpcFilterAction,
    /// The interface it is limited to, where it is limited to one.
    pub interface: Option<Uuid>,
    /// How many conditions it has in all.
    pub conditions: u32,
}

impl RpcFilter {
    /// Whether it may block the interface with this UUID: conditions beyond the interface are not told.
    #[must_use]
    pub fn blocks(&self, interface: Uuid) -> bool {
        self.action == RpcFilterAction::Block && self.interface.is_none_or(|uuid| uuid == interface)
    }
}

/// The layers at which RPC is filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RpcFilterLayer {
    /// `FWPM_LAYER_RPC_UM`: calls.
    Calls,
    /// `FWPM_LAYER_RPC_EPMAP`: what the endpoint mapper resolves.
    Resolution,
    /// `FWPM_LAYER_RPC_EP_ADD`: what servers may register.
    Registration,
}

impl fmt::Display for RpcFilterLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Calls => "RPC_UM",
            Self::Resolution => "RPC_EPMAP",
            Self::Registration => "RPC_EP_ADD",
        })
    }
}

/// The action of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RpcFilterAction {
    /// Lets through.
    Permit,
    /// Blocks.
    Block,
    /// Something else: a callout, a continuation.
    Other,
}
