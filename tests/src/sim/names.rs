//! Names and addresses of the hosts of a simulated forest.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Result;
use epmesh_common::facts::DnsName;
use uuid::Uuid;

use super::ports::random;

/// The domain, which is also the forest's root.
pub(super) const DOMAIN: &str = "lab.test";
/// Its NetBIOS name.
pub(super) const NETBIOS_DOMAIN: &str = "LAB";
/// The only site.
pub(super) const SITE: &str = "Default-First-Site-Name";

/// A network of 256 loopback addresses, 127.x.y.0/24, taken at random so that forests of several
/// processes do not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(u8, u8);

impl Network {
    /// Any network but 127.0.0.0/16.
    #[must_use]
    pub fn pick() -> Self {
        let [second, third] = random().to_be_bytes();
        Self(second.clamp(1, 254), third)
    }

    /// The address with this last byte.
    #[must_use]
    pub const fn address(self, host: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.0, self.1, host)
    }

    /// The address of domain controller `number`, from 1.
    #[must_use]
    pub const fn dc(self, number: u8) -> Ipv4Addr {
        self.address(10_u8.saturating_add(number))
    }

    /// The address of the member host.
    #[must_use]
    pub const fn member(self) -> Ipv4Addr {
        self.address(5)
    }
}

/// The names and addresses of a simulated host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Its DNS name.
    pub name: DnsName,
    /// Its NetBIOS name.
    pub netbios: String,
    /// The DNS name of its domain and forest.
    pub domain: DnsName,
    /// The objectGUID of its NTDS Settings object; of no meaning for a member.
    pub dsa_guid: Uuid,
    /// Its only address.
    pub address: Ipv4Addr,
}

impl Who {
    /// A host `host` of the forest at `address`, with a GUID of its own.
    ///
    /// # Errors
    /// When `host` is no DNS label.
    pub fn new(host: &str, address: Ipv4Addr) -> Result<Self> {
        Ok(Self {
            name: format!("{host}.{DOMAIN}").parse()?,
            netbios: host.to_ascii_uppercase().chars().take(15).collect(),
            domain: DOMAIN.parse()?,
            dsa_guid: Uuid::new_v4(),
            address,
        })
    }

    /// The address as facts carry it.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        IpAddr::V4(self.address)
    }

    /// The name under `_msdcs` that replication partners look for.
    ///
    /// # Errors
    /// When that is no DNS name; it always is for a domain as short as ours.
    pub fn alias(&self) -> Result<DnsName> {
        Ok(self.domain.dsa_alias(self.dsa_guid)?)
    }

    /// The distinguished name of the domain: `DC=lab,DC=test`.
    #[must_use]
    pub fn domain_dn(&self) -> String {
        let labels: Vec<String> =
            self.domain.as_str().split('.').map(|label| format!("DC={label}")).collect();
        labels.join(",")
    }

    /// The distinguished name of the server object.
    #[must_use]
    pub fn server_dn(&self) -> String {
        let domain = self.domain_dn();
        format!("CN={},CN=Servers,CN={SITE},CN=Sites,CN=Configuration,{domain}", self.netbios)
    }
}
