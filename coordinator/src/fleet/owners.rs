//! Who says that it owns which address.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use epmesh_common::facts::{DnsName, Host};

/// The addresses of all domain controllers, by what each says of itself, fresh or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    of: HashMap<IpAddr, BTreeSet<DnsName>>,
}

impl Owners {
    /// Puts what a domain controller says now in the place of what it said before.
    pub(super) fn change(&mut self, dc: &DnsName, before: Option<&Host>, now: Option<&Host>) {
        for address in addresses(before) {
            if let Some(names) = self.of.get_mut(&address) {
                names.remove(dc);
                if names.is_empty() {
                    self.of.remove(&address);
                }
            }
        }
        for address in addresses(now) {
            self.of.entry(address).or_default().insert(dc.clone());
        }
    }

    /// Who says so of an address, by name.
    pub(super) fn of(&self, address: IpAddr) -> impl Iterator<Item = &DnsName> {
        self.of.get(&address).into_iter().flatten()
    }
}

fn addresses(host: Option<&Host>) -> impl Iterator<Item = IpAddr> {
    let owned = host.and_then(|host| host.addresses.value()).into_iter().flatten();
    owned.map(|owned| owned.address)
}
