//! The NTLM challenge of a simulated host.

use epmesh_common::identity::ntlm::{Challenge, NegotiateFlags, Version};
use uuid::Uuid;

use super::{Who, names::NETBIOS_DOMAIN};

/// The challenge of a host of the domain.
#[must_use]
pub fn domain_challenge(who: &Who) -> Challenge {
    Challenge {
        target_name: Some(NETBIOS_DOMAIN.to_owned()),
        flags: NegotiateFlags::TARGET_TYPE_DOMAIN.union(NegotiateFlags::REQUEST_TARGET),
        netbios_domain: Some(NETBIOS_DOMAIN.to_owned()),
        dns_domain: Some(who.domain.to_string()),
        // Samba does not tell the forest.
        ..challenge_of(who)
    }
}

/// The challenge of any host.
pub(super) fn challenge_of(who: &Who) -> Challenge {
    let [a, b, c, d, e, f, g, h, ..] = Uuid::new_v4().into_bytes();
    Challenge {
        server_challenge: [a, b, c, d, e, f, g, h],
        netbios_computer: Some(who.netbios.clone()),
        dns_computer: Some(who.name.to_string()),
        version: Some(Version { major: 6, minor: 1, build: 0, revision: 15 }),
        ..Challenge::default()
    }
}
