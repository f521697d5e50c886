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
    /// What else decides whether it acts; none where the teller, being of an earlier version, does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<FilterTerms>,
}

/// The terms of an RPC filter beyond layer, action and interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FilterTerms {
    /// The protocol sequence it is limited to, where it is limited to one: 1 is TCP, 2 named pipes, 3 LRPC, 4 HTTP
    /// (`RPC_PROTSEQ_TCP` and the others of rpcasync.h).
    pub protocol: Option<u8>,
    /// The fields of its conditions other than interface and protocol, each once.
    pub others: Vec<FilterField>,
    /// Its weight: within a sublayer the heaviest filter that fits decides.
    pub weight: u64,
    /// Its sublayer.
    pub sublayer: Uuid,
}

/// The field of a condition of an RPC filter, in the groups in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilterField {
    /// An interface, other than by one equal UUID.
    Interface,
    /// The version or the flags of an interface.
    InterfaceVersion,
    /// The protocol sequence, other than by one that is equal.
    Protocol,
    /// The way or the level of authentication.
    Authentication,
    /// Who calls (`remote_user_token`): "the domain controllers", as a rule.
    Caller,
    /// The address of the caller, or the one that was called.
    Address,
    /// The number of the call (`opnum`). Windows before Server 2025 ignores it.
    Opnum,
    /// Any other.
    Other,
}

impl fmt::Display for FilterField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interface => "several interfaces",
            Self::InterfaceVersion => "the interface's version or flags",
            Self::Protocol => "several protocol sequences",
            Self::Authentication => "the authentication",
            Self::Caller => "who calls",
            Self::Address => "an address",
            Self::Opnum => "the number of the call",
            Self::Other => "something else",
        })
    }
}

/// `RPC_PROTSEQ_TCP` of rpcasync.h.
const TCP: u8 = 1;

impl RpcFilter {
    /// Whether it may block the interface with this UUID over TCP. Only of a plain filter is it known that it
    /// does.
    #[must_use]
    pub fn blocks(&self, interface: Uuid) -> bool {
        let protocol = self.terms.as_ref().and_then(|terms| terms.protocol);
        self.action == RpcFilterAction::Block
            && self.interface.is_none_or(|uuid| uuid == interface)
            && protocol.is_none_or(|protocol| protocol == TCP)
    }

    /// Whether it may permit the interface with this UUID to some caller, where it does not permit everything.
    #[must_use]
    pub fn permits(&self, interface: Uuid) -> bool {
        self.action == RpcFilterAction::Permit
            && match self.interface {
                Some(uuid) => uuid == interface,
                None => self.conditions > 0,
            }
    }

    /// Whether its conditions are nothing but one interface and one protocol sequence: it acts on every caller.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        match &self.terms {
            Some(terms) => terms.others.is_empty(),
            None => self.conditions == u32::from(self.interface.is_some()),
        }
    }

    /// Whether it decides before `other` at the same layer: it is heavier in the same sublayer, or, where the
    /// weights are not told, has conditions and the other has none.
    #[must_use]
    pub fn decides_before(&self, other: &Self) -> bool {
        match (&self.terms, &other.terms) {
            (Some(own), Some(other)) => own.sublayer == other.sublayer && own.weight > other.weight,
            _ => self.conditions > 0 && other.conditions == 0,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const DRSUAPI: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn filter(
        action: RpcFilterAction,
        interface: Option<Uuid>,
        others: &[FilterField],
    ) -> RpcFilter {
        let conditions = u32::from(interface.is_some()) + u32::try_from(others.len()).unwrap_or(0);
        RpcFilter {
            layer: RpcFilterLayer::Calls,
            key: Uuid::nil(),
            name: String::new(),
            action,
            interface,
            conditions,
            terms: Some(FilterTerms {
                protocol: None,
                others: others.to_vec(),
                weight: u64::from(conditions),
                sublayer: Uuid::nil(),
            }),
        }
    }

    /// The two published sets against DCSync: domain controllers permitted by their token and the rest blocked; the
    /// call blocked by its number.
    #[test]
    fn what_is_set_against_dcsync_is_not_plain_or_permits_beside() {
        let block = filter(RpcFilterAction::Block, Some(DRSUAPI), &[]);
        let permit = filter(RpcFilterAction::Permit, Some(DRSUAPI), &[FilterField::Caller]);
        assert!(block.is_plain() && block.blocks(DRSUAPI) && !block.blocks(OTHER));
        assert!(permit.permits(DRSUAPI) && !permit.permits(OTHER) && permit.decides_before(&block));
        let by_opnum = filter(RpcFilterAction::Block, Some(DRSUAPI), &[FilterField::Opnum]);
        assert!(by_opnum.blocks(DRSUAPI) && !by_opnum.is_plain());
        let all = filter(RpcFilterAction::Permit, None, &[]);
        assert!(!all.permits(DRSUAPI), "it is lighter than any that names the interface");
    }

    #[test]
    fn another_protocol_is_not_tcp() {
        let mut pipes = filter(RpcFilterAction::Block, Some(DRSUAPI), &[]);
        let mut limit = |protocol| {
            pipes.terms.as_mut().expect("its terms").protocol = Some(protocol);
            pipes.blocks(DRSUAPI)
        };
        assert_eq!((limit(2), limit(1)), (false, true));
    }

    #[test]
    fn an_earlier_version_tells_the_number_of_conditions_alone() {
        let untold = |interface, conditions| RpcFilter {
            conditions,
            terms: None,
            ..filter(RpcFilterAction::Block, interface, &[])
        };
        assert!(untold(Some(DRSUAPI), 1).is_plain() && untold(None, 0).is_plain());
        assert!(!untold(Some(DRSUAPI), 2).is_plain() && !untold(None, 1).is_plain());
        assert!(untold(Some(DRSUAPI), 1).decides_before(&untold(None, 0)));
    }
}
