//! The firewall's profiles, from the registry.

use epmesh_common::facts::{FirewallProfile, ProfileKind, Reading};

use super::{keys, registry::Registry, typed::number};

/// Which profiles are on. Group policy counts before the local setting; a profile for which
/// neither says anything is left out, for the firewall's own default differs by version.
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
