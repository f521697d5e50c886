//! The firewall's profiles, from the registry, and which of many RPC filters are told.

use epmesh_facts::{
    FilterField, FilterTerms, FirewallProfile, ProfileKind, Reading, Reason, ReasonKind, RpcFilter,
    RpcFilterAction,
};
use uuid::Uuid;

use super::{keys, registry::Registry, typed::number};

/// The profiles of the firewall, each on or off. Group policy counts before the local setting; a profile for
/// which neither says anything is left out, for the firewall's own default differs by version.
///
/// Windows calls the private profile `StandardProfile` in its own settings, and either way in the
/// policy's (MS-GPFAS 2.2.2.1, MS-FASP 2.2.2).
#[must_use]
pub fn profiles(registry: &dyn Registry) -> Reading<Vec<FirewallProfile>> {
    let wanted: [(ProfileKind, &[&str], &str); 3] = [
        (ProfileKind::Domain, &["DomainProfile"], "DomainProfile"),
        (ProfileKind::Private, &["PrivateProfile", "StandardProfile"], "StandardProfile"),
        (ProfileKind::Public, &["PublicProfile"], "PublicProfile"),
    ];
    let mut profiles = Vec::new();
    for (kind, policies, local) in wanted {
        let policies = policies.iter().map(|name| format!("{}\\{name}", keys::FIREWALL_POLICY));
        let places = policies.chain([format!("{}\\{local}", keys::FIREWALL)]);
        for key in places {
            match number(registry, &key, "EnableFirewall") {
                Reading::Value(number) => {
                    profiles.push(FirewallProfile { kind, enabled: number != 0 });
                    break;
                }
                Reading::Unreadable(why) => return Reading::Unreadable(why),
                Reading::Absent | Reading::NotApplicable => {}
            }
        }
    }
    if profiles.is_empty() { Reading::Absent } else { Reading::Value(profiles) }
}

/// A condition of a filter, as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The interface is this one. At the layer of registrations: the process has this interface.
    Interface(Uuid),
    /// The protocol sequence is the one of this number.
    Protocol(u8),
    /// Something else.
    Other(FilterField),
}

/// The interface to which a filter is limited, and its other terms. Conditions on the same field are
/// alternatives, those on different fields hold together ("Filter arbitration"): with two interfaces it is
/// limited to neither alone.
#[must_use]
pub fn terms(conditions: &[Condition], weight: u64, sublayer: Uuid) -> (Option<Uuid>, FilterTerms) {
    let (mut interface, mut protocol, mut others) = (None, None, Vec::new());
    for condition in conditions {
        match *condition {
            Condition::Interface(uuid) if interface.is_none_or(|before| before == uuid) => {
                interface = Some(uuid);
            }
            Condition::Interface(_) => others.push(FilterField::Interface),
            Condition::Protocol(number) if protocol.is_none_or(|before| before == number) => {
                protocol = Some(number);
            }
            Condition::Protocol(_) => others.push(FilterField::Protocol),
            Condition::Other(field) => others.push(field),
        }
    }
    if others.contains(&FilterField::Interface) {
        interface = None;
    }
    if others.contains(&FilterField::Protocol) {
        protocol = None;
    }
    others.sort_unstable();
    others.dedup();
    (interface, FilterTerms { protocol, others, weight, sublayer })
}

/// The list of filters as it may be told: the enumeration returns only those that the caller may read, so that an
/// empty one says something only where the caller is the system itself.
#[must_use]
pub fn told(filters: Vec<RpcFilter>, is_system: bool) -> Reading<Vec<RpcFilter>> {
    if filters.is_empty() && !is_system {
        return Reading::unseen(Reason::of_kind(
            // ERROR_ACCESS_DENIED
            ReasonKind::System(5),
            "none is shown to this account, which says nothing of those that it may not read",
        ));
    }
    Reading::Value(filters)
}

/// The most RPC filters that are told; as many as a report takes.
const MAX_FILTERS: usize = epmesh_wire::limits::RPC_FILTERS;

/// RPC filters while they are read, in whatever number: those that block are kept first, for they are
/// what keeps a caller out, and the rest is counted.
#[derive(Debug, Default)]
pub struct RpcFilters {
    kept: Vec<RpcFilter>,
    seen: usize,
}

impl RpcFilters {
    /// Takes some more.
    pub fn extend(&mut self, filters: impl IntoIterator<Item = RpcFilter>) {
        for filter in filters {
            self.seen = self.seen.saturating_add(1);
            self.kept.push(filter);
            // Cut now and then, so that the memory has a bound and the sorting is cheap.
            if self.kept.len() >= 2 * MAX_FILTERS {
                self.cut();
            }
        }
    }

    /// The number of filters so far.
    #[must_use]
    pub const fn seen(&self) -> usize {
        self.seen
    }

    fn cut(&mut self) {
        self.kept.sort_by_key(|filter| {
            (filter.action != RpcFilterAction::Block, filter.layer, filter.key)
        });
        self.kept.truncate(MAX_FILTERS);
    }

    /// The filters that are told, by layer and key, and how many are not.
    #[must_use]
    pub fn finish(mut self) -> (Vec<RpcFilter>, u32) {
        self.cut();
        let left_out = self.seen.saturating_sub(self.kept.len());
        self.kept.sort_by_key(|filter| (filter.layer, filter.key));
        (self.kept, u32::try_from(left_out).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use epmesh_facts::RpcFilterLayer;

    use super::*;

    fn filter(key: u128, action: RpcFilterAction) -> RpcFilter {
        RpcFilter {
            layer: RpcFilterLayer::Resolution,
            key: Uuid::from_u128(key),
            name: "a filter".to_owned(),
            action,
            interface: None,
            conditions: 0,
            terms: None,
        }
    }

    #[test]
    fn conditions_are_taken_apart() {
        let (drsuapi, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let of = |conditions: &[Condition]| {
            let (interface, terms) = terms(conditions, 7, Uuid::nil());
            (interface, terms.protocol, terms.others)
        };
        use Condition::{Interface, Other, Protocol};
        assert_eq!(of(&[]), (None, None, vec![]));
        assert_eq!(of(&[Interface(drsuapi), Protocol(1)]), (Some(drsuapi), Some(1), vec![]));
        let caller = Other(FilterField::Caller);
        let set = [Interface(drsuapi), caller, Other(FilterField::Opnum), caller];
        let fields = vec![FilterField::Caller, FilterField::Opnum];
        assert_eq!(of(&set), (Some(drsuapi), None, fields));
        let two = [Interface(drsuapi), Interface(other)];
        assert_eq!(of(&two), (None, None, vec![FilterField::Interface]));
        assert_eq!(of(&[Protocol(1), Protocol(2)]), (None, None, vec![FilterField::Protocol]));
    }

    #[test]
    fn an_empty_list_says_something_to_the_system_alone() {
        assert_eq!(told(Vec::new(), true), Reading::Value(Vec::new()));
        let unseen = told(Vec::new(), false);
        assert!(matches!(&unseen, Reading::Unreadable(why) if why.kind == ReasonKind::System(5)));
        let one = vec![filter(1, RpcFilterAction::Block)];
        assert_eq!(told(one.clone(), false), Reading::Value(one));
    }

    fn read(permits: u128, blocks: u128) -> (Vec<RpcFilter>, u32) {
        let mut filters = RpcFilters::default();
        filters.extend((0..permits).map(|key| filter(key, RpcFilterAction::Permit)));
        filters.extend((permits..permits + blocks).map(|key| filter(key, RpcFilterAction::Block)));
        filters.finish()
    }

    #[test]
    fn all_are_told_as_long_as_they_fit() {
        let (told, left_out) = read(1020, 4);
        assert_eq!((told.len(), left_out), (1024, 0));
        assert!(told.is_sorted_by_key(|filter| (filter.layer, filter.key)));
        assert_eq!(read(0, 0), (Vec::new(), 0));
    }

    #[test]
    fn what_does_not_fit_is_counted_and_what_blocks_is_told_first() {
        for (permits, blocks) in [(1021, 4), (10_000, 500), (2048, 2048)] {
            let (told, left_out) = read(permits, blocks);
            assert_eq!(told.len(), 1024);
            assert_eq!(u128::from(left_out), permits + blocks - 1024);
            let blocking = |filter: &&RpcFilter| filter.action == RpcFilterAction::Block;
            let told = told.iter().filter(blocking).count();
            assert_eq!(told, usize::try_from(blocks).expect("small").min(1024));
        }
    }
}
