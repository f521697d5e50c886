//! Faults that are one trouble: one was said for want of something better, and the other is what it turned out
//! to be.

use crate::diagnosis::{Cause, Fault};

impl Fault {
    /// Whether trouble that was taken for this fault may turn out to be `other`, of this `cause`, although the
    /// verdicts do not name both.
    ///
    /// Two different records, files, services or addresses are never one trouble: where one follows the
    /// other, the first is over.
    #[must_use]
    pub fn may_turn_out_to_be(&self, other: &Self, cause: Cause) -> bool {
        match self {
            Self::Names { from, .. } => match other {
                Self::DnsRecord { .. } | Self::DnsServer { .. } => true,
                Self::HostsLine { dc, .. } | Self::Cache { dc } | Self::Resolver { dc } => {
                    dc == from
                }
                _ => false,
            },
            // By the source's own word nothing listens there.
            Self::Path { to: dc, .. } | Self::Dc { dc, .. } => {
                matches!(other, Self::Condition { dc: at, cause: Cause::EpmUnreachable } if at == dc)
            }
            Self::Condition { dc, cause: Cause::EpmUnreachable } => match other {
                Self::Path { to: at, .. } | Self::Dc { dc: at, .. } => at == dc,
                _ => false,
            },
            // Nobody says any more which of the source's services it is.
            Self::Service { dc, .. } | Self::Condition { dc, .. } => match other {
                Self::Registration { dc: at, .. }
                | Self::Application { dc: at }
                | Self::EndpointMapper { dc: at } => at == dc && cause == Cause::Unknown,
                _ => false,
            },
            _ => false,
        }
    }
}
