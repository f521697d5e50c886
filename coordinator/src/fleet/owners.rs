//! Address ownership, as each domain controller reports it.

use std::{collections::HashMap, net::IpAddr};

use epmesh_common::facts::{DnsName, Host, Timestamp};

/// The addresses of all domain controllers, as each reports its own, fresh or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    /// The domain controllers that report the address as theirs, by name, and when each last did; hardly ever
    /// more than one.
    of: HashMap<IpAddr, Vec<(DnsName, Timestamp)>>,
}

impl Owners {
    /// Replaces the addresses that a domain controller reported before by those that it reports now.
    pub(super) fn change(
        &mut self,
        dc: &DnsName,
        before: Option<&Host>,
        now: Option<(&Host, Timestamp)>,
    ) {
        for address in addresses(before) {
            if let Some(claims) = self.of.get_mut(&address) {
                claims.retain(|(name, _)| name != dc);
                if claims.is_empty() {
                    self.of.remove(&address);
                }
            }
        }
        let Some((host, at)) = now else { return };
        for address in addresses(Some(host)) {
            let claims = self.of.entry(address).or_default();
            if let Err(place) = claims.binary_search_by(|(name, _)| name.cmp(dc)) {
                claims.insert(place, (dc.clone(), at));
            }
        }
    }

    /// The domain controllers that have reported an address as theirs since then, by name.
    pub(super) fn of(
        &self,
        address: IpAddr,
        since: Timestamp,
    ) -> impl Iterator<Item = &DnsName> + Clone {
        let claims = self.of.get(&address).into_iter().flatten();
        claims.filter(move |(_, at)| *at >= since).map(|(name, _)| name)
    }
}

fn addresses(host: Option<&Host>) -> impl Iterator<Item = IpAddr> {
    let owned = host.and_then(|host| host.addresses.value()).into_iter().flatten();
    owned.map(|owned| owned.address)
}
