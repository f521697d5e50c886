//! The majority among domain controllers of one build of Windows in `ClientProtocols`: the fleet's
//! own word beside Microsoft's lists, which disagree.

use std::collections::{BTreeMap, BTreeSet};

use epmesh_facts::{DcFacts, OsVersion, RegistryText};

use super::runtime::is_runtime;

/// The values that more than half of the domain controllers of one build have, exactly so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolMajority {
    build: u32,
    values: BTreeSet<Value>,
    /// How many have exactly these.
    holders: usize,
    /// How many of this build have told theirs.
    of: usize,
}

/// A value, its name in lower case; the library is left out where it is the usual one.
type Value = (String, Option<String>);

fn set(values: &[RegistryText]) -> BTreeSet<Value> {
    let value = |value: &RegistryText| {
        let other = (!is_runtime(&value.data)).then(|| value.data.to_lowercase());
        (value.name.to_lowercase(), other)
    };
    values.iter().map(value).collect()
}

impl ProtocolMajority {
    /// The majority among those of `fleet` that run `version` and whose values could be read. None
    /// where no set of values has more than half of them.
    pub fn of<'a>(
        fleet: impl IntoIterator<Item = &'a DcFacts>,
        version: &OsVersion,
    ) -> Option<Self> {
        let mut counts: BTreeMap<BTreeSet<Value>, usize> = BTreeMap::new();
        for facts in fleet {
            let host = facts.host.as_ref().and_then(|held| held.fact.version.value());
            let rpc = facts.rpc_settings.as_ref();
            let values = rpc.and_then(|held| held.fact.client_protocols.value());
            if let (Some(values), true) = (values, host == Some(version)) {
                *counts.entry(set(values)).or_default() += 1;
            }
        }
        let of = counts.values().sum();
        let (values, holders) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        (holders.saturating_mul(2) > of).then_some(Self {
            build: version.build,
            values,
            holders,
            of,
        })
    }

    /// Whether one of these names is among the values, with the usual library.
    pub(super) fn has(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.values.contains(&(name.to_lowercase(), None)))
    }

    /// The domain controllers that it speaks for: "5 of 6 domain controllers with build 20348".
    pub(super) fn who(&self) -> String {
        let Self { build, holders, of, .. } = self;
        format!("{holders} of {of} domain controllers with build {build}")
    }

    /// In what `values` differ from it, for people; `None` where they do not.
    pub(super) fn difference(&self, values: &[RegistryText]) -> Option<String> {
        let here = set(values);
        let list = |of: &BTreeSet<Value>, but: &BTreeSet<Value>| {
            let shown = of.difference(but).map(|(name, other)| match other {
                None => name.clone(),
                Some(library) => format!("{name} ({library:?})"),
            });
            shown.collect::<Vec<_>>().join(", ")
        };
        let (theirs, ours) = (list(&self.values, &here), list(&here, &self.values));
        let parts = [("they have ", theirs), ("only this one has ", ours)];
        let parts = parts.into_iter().filter(|(_, list)| !list.is_empty());
        let parts: Vec<String> = parts.map(|(what, list)| format!("{what}{list}")).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{About, ClientProtocolRule, notes_beside, testing::with_rpc};
    use epmesh_facts::Reading;

    const VERSION: OsVersion = OsVersion { major: 10, minor: 0, build: 20_348 };
    const FIVE: [&str; 5] =
        ["ncacn_http", "ncacn_ip_tcp", "ncacn_ip_udp", "ncacn_nb_tcp", "ncacn_np"];

    fn dc(names: &[&str]) -> DcFacts {
        let value =
            |name: &&str| RegistryText { name: (*name).to_owned(), data: "rpcrt4.dll".to_owned() };
        let values = names.iter().map(value).collect();
        with_rpc(|rpc| rpc.client_protocols = Reading::Value(values))
    }

    fn said(fleet: &[DcFacts], of: &DcFacts) -> Vec<String> {
        let majority = ProtocolMajority::of(fleet, &VERSION);
        notes_beside(of, &ClientProtocolRule::default(), majority.as_ref())
            .into_iter()
            .filter(|note| note.about == About::ClientProtocols)
            .map(|note| format!("{} {}", note.severity, note.text))
            .collect()
    }

    #[test]
    fn what_most_of_a_build_have_stands_beside_the_rule() {
        let four: Vec<&str> = FIVE.into_iter().filter(|name| *name != "ncacn_nb_tcp").collect();
        let lacks = dc(&four[..2]);
        let fleet = [dc(&four), dc(&four), dc(&four), lacks.clone()];
        // As most: what the rule misses, they miss too, and nothing else is said.
        let usual = said(&fleet, &fleet[0]);
        assert_eq!(usual.len(), 1, "{usual:?}");
        let text = "ncacn_nb_tcp is missing; ";
        assert!(usual[0].starts_with("note ") && usual[0].contains(text), "{usual:?}");
        let beside = "3 of 4 domain controllers with build 20348 do not have it either";
        assert!(usual[0].ends_with(beside), "{usual:?}");
        // Not as most: the rule's severity stays, and the whole difference is a note.
        let said = said(&fleet, &lacks);
        assert!(said[0].starts_with("fault ncacn_np is missing"), "{said:?}");
        assert!(said[0].ends_with("3 of 4 domain controllers with build 20348 have it"));
        let differs = "note it differs from 3 of 4 domain controllers with build 20348: they have \
                       ncacn_ip_udp, ncacn_np";
        assert!(said.iter().any(|text| text == differs), "{said:?}");
    }

    #[test]
    fn a_majority_is_more_than_half_of_one_build() {
        let old = OsVersion { build: 14_393, ..VERSION };
        let fleet = [dc(&FIVE), dc(&FIVE[..4])];
        assert_eq!(ProtocolMajority::of(&fleet, &VERSION), None, "one against one");
        assert_eq!(ProtocolMajority::of(&fleet[..1], &old), None, "another build");
        let unread = with_rpc(|rpc| {
            rpc.client_protocols = Reading::unseen("access denied");
        });
        let fleet = [dc(&FIVE), unread.clone(), unread];
        let majority = ProtocolMajority::of(&fleet, &VERSION).expect("the only one that told");
        assert_eq!(majority.who(), "1 of 1 domain controllers with build 20348");
        let shouted: Vec<RegistryText> = FIVE
            .map(|name| RegistryText {
                name: name.to_uppercase(),
                data: r"C:\Windows\System32\RPCRT4.DLL".to_owned(),
            })
            .to_vec();
        assert_eq!(majority.difference(&shouted), None, "spelt in another way");
        let mut other = shouted;
        other[1].data = "hook.dll".to_owned();
        let said = majority.difference(&other).expect("another library");
        assert_eq!(said, "they have ncacn_ip_tcp; only this one has ncacn_ip_tcp (\"hook.dll\")");
    }
}
