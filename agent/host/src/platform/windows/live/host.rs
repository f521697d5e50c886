//! The section on the host: its names, addresses and boot.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use epmesh_facts::{DnsName, Host, InterfaceAddress, Platform, Reading};
use uuid::Uuid;

use super::host_state::{Live, name, text};
use crate::platform::{
    contract::{AGENT_VERSION, unnamed},
    windows::{
        ffi::{
            self,
            names::{NameKind, computer_name},
        },
        host, netlogon_dns,
    },
};

impl Live {
    pub(super) fn host(&self) -> Host {
        let registry = self.registry();
        let role = ffi::role::read();
        let part = |take: fn(&ffi::role::Role) -> Option<String>| match &role {
            Ok(role) => name(take(role).into()),
            Err(error) => Reading::unreadable(error),
        };
        let domain = match part(|role| role.domain.clone()) {
            // In a workgroup, and where the role could not be read, its own suffix is all there is.
            Reading::Absent | Reading::Unreadable(_) => {
                name(text(computer_name(NameKind::DnsDomain)))
            }
            read => read,
        };
        let forest = match part(|role| role.forest.clone()) {
            Reading::Value(forest) => Reading::Value(forest),
            _ => host::forest(registry),
        };
        Host {
            name: self.name(),
            netbios_name: text(computer_name(NameKind::NetBios)),
            domain,
            forest,
            site: host::site(registry),
            dsa_guid: self.dsa_guid(&role),
            addresses: match Self::own_addresses() {
                Ok(addresses) => Reading::Value(addresses),
                Err(error) => Reading::unreadable(&error),
            },
            platform: Platform::Windows,
            os: host::product(registry),
            boot: self.life(),
            version: host::version(registry),
            boot_mode: host::boot_mode(registry, u32::try_from(ffi::boot::clean_boot()).ok()),
            agent_version: AGENT_VERSION.to_owned(),
        }
    }

    /// The fully qualified name, as the host tells it; else as this agent was enrolled.
    fn name(&self) -> DnsName {
        let own = || computer_name(NameKind::DnsFullyQualified).ok()?.parse::<DnsName>().ok();
        own()
            .filter(|own| own.parent().is_some())
            .or_else(|| self.settings.name.clone())
            .or_else(own)
            .unwrap_or_else(unnamed)
    }

    /// The GUID of its own NTDS Settings object: from what Netlogon registers, which is there also
    /// while the directory is not; else from the directory.
    fn dsa_guid(&self, role: &Result<ffi::role::Role, ffi::CallError>) -> Reading<Uuid> {
        match self.registered() {
            Reading::Value(records) => netlogon_dns::own_guid(&records),
            Reading::Absent => match role {
                Ok(role) if role.domain_controller => self.own_guid(),
                Ok(_) => Reading::Absent,
                Err(error) => Reading::unreadable(error),
            },
            Reading::NotApplicable => Reading::NotApplicable,
            Reading::Unreadable(why) => Reading::Unreadable(why),
        }
    }

    /// The addresses of loopback: that of IPv6 where the host has it. One without is no fault.
    pub(super) fn loopback() -> Vec<IpAddr> {
        let six = IpAddr::V6(Ipv6Addr::LOCALHOST);
        let has_six = ffi::adapters::all()
            .is_ok_and(|all| all.iter().any(|one| one.loopback && one.addresses.contains(&six)));
        let four = IpAddr::V4(Ipv4Addr::LOCALHOST);
        std::iter::once(four).chain(has_six.then_some(six)).collect()
    }

    /// The addresses of the interfaces that are up, loopback left out, sorted.
    pub(super) fn own_addresses() -> std::io::Result<Vec<InterfaceAddress>> {
        let mut all: Vec<InterfaceAddress> = ffi::adapters::all()?
            .into_iter()
            .filter(|adapter| adapter.up && !adapter.loopback)
            .flat_map(|adapter| {
                let ffi::adapters::Adapter { name, addresses, .. } = adapter;
                addresses
                    .into_iter()
                    .filter(|address| !address.is_loopback())
                    .map(move |address| InterfaceAddress { interface: name.clone(), address })
            })
            .collect();
        all.sort();
        all.dedup();
        Ok(all)
    }
}
