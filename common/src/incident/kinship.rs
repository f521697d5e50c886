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
            // The endpoint mapper itself did not answer. Where it says that something is not registered, that is over.
            Self::Condition {
                dc,
                cause: Cause::EpmAccessDenied | Cause::NotError1753 | Cause::ServiceHangs,
            } => match other {
                Self::EndpointMapper { dc: at } => at == dc && cause == Cause::Unknown,
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

#[cfg(test)]
mod tests {
    use epmesh_facts::DnsName;

    use super::*;

    #[test]
    fn a_mapper_that_answers_again_leaves_no_trouble_to_what_is_not_registered() {
        let dc: DnsName = "dc1.lab.test".parse().expect("a name");
        let missing = Fault::Application { dc: dc.clone() };
        let turns_out = |cause| {
            let condition = Fault::Condition { dc: dc.clone(), cause };
            condition.may_turn_out_to_be(&missing, Cause::Unknown)
        };
        assert!(!turns_out(Cause::EpmAccessDenied) && !turns_out(Cause::NotError1753));
        assert!(turns_out(Cause::PortRangeExhausted), "the reason is not told any more");
    }
}
