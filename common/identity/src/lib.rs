//! Identity of the host at an address, asked without credentials: codecs only, for the side that
//! asks and for a simulated server.
//!
//! Four answers name a host: the CHALLENGE of NTLM inside an RPC bind ([`ntlm`]), the rootDSE
//! ([`ldap`], [`rootdse`]), the LDAP ping ([`ldap`], [`netlogon`]) and NetBIOS node status
//! ([`nbstat`]). [`nbns`] asks a name server instead, for a name. Each answer becomes an [`Identity`]; they are
//! never merged here, since in a broken system they differ. [`dnsp`] reads what a directory stores of DNS records
//! and zones: where a name came from.
//!
//! # Specifications
//!
//! Modules and items name the section of the specification that they follow:
//!
//! | name | title |
//! |---|---|
//! | [MS-ADTS] | Active Directory Technical Specification |
//! | [MS-DNSP] | Domain Name Service (DNS) Server Management Protocol |
//! | [MS-DTYP] | Windows Data Types |
//! | [MS-NLMP] | NT LAN Manager (NTLM) Authentication Protocol |
//! | [RFC 1001] | NetBIOS over TCP/UDP: concepts and methods |
//! | [RFC 1002] | NetBIOS over TCP/UDP: detailed specifications |
//! | [RFC 1035] | Domain names: implementation and specification |
//! | [RFC 4511] | LDAP: the protocol |
//! | [RFC 4512] | LDAP: directory information models |
//! | [RFC 4514] | LDAP: string representation of distinguished names |
//!
//! [MS-ADTS]: https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/d2435927-0999-4c62-8c6d-13ba31a52e1a
//! [MS-DNSP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dnsp/f97756c9-3783-428b-9451-b376f877319a
//! [MS-DTYP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-dtyp/cca27429-5689-4a16-b2b4-9325d93e4ba2
//! [MS-NLMP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/b38c36ed-2804-4868-a9ff-8dd3182128e4
//! [RFC 1001]: https://www.rfc-editor.org/rfc/rfc1001
//! [RFC 1002]: https://www.rfc-editor.org/rfc/rfc1002
//! [RFC 1035]: https://www.rfc-editor.org/rfc/rfc1035
//! [RFC 4511]: https://www.rfc-editor.org/rfc/rfc4511
//! [RFC 4512]: https://www.rfc-editor.org/rfc/rfc4512
//! [RFC 4514]: https://www.rfc-editor.org/rfc/rfc4514

pub mod ber;
pub mod dn;
pub mod dnsp;
pub mod ldap;
pub mod nbns;
pub mod nbstat;
pub mod netlogon;
pub mod ntlm;
pub mod rootdse;
pub mod text;

mod flags;
mod netbios_flags;

pub use epmesh_codec::{DecodeError, EncodeError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use ntlm::NegotiateFlags;

/// The identity of a host, as one answer of it tells it. What it does not say is `None`.
///
/// Every text is at most 255 octets and free of control characters, also one that is read back
/// from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, from = "Unchecked")]
pub struct Identity {
    /// The DNS name of the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_name: Option<String>,
    /// The NetBIOS name of the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netbios_name: Option<String>,
    /// The domain: its DNS name where the answer has one, else its NetBIOS name, as always in node
    /// status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The DNS name of the forest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forest: Option<String>,
    /// The site of the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// objectGUID of the NTDS Settings object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dsa_guid: Option<Uuid>,
    /// Whether the host is a domain controller; `None` where the answer does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_domain_controller: Option<bool>,
}

impl Identity {
    fn bounded(mut self) -> Self {
        for text in [
            &mut self.dns_name,
            &mut self.netbios_name,
            &mut self.domain,
            &mut self.forest,
            &mut self.site,
        ] {
            *text = text
                .take()
                .map(|seen| text::clean(&seen, text::MAX_NAME))
                .and_then(text::non_empty);
        }
        self
    }
}

/// An identity as it stands in a file.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Unchecked {
    dns_name: Option<String>,
    netbios_name: Option<String>,
    domain: Option<String>,
    forest: Option<String>,
    site: Option<String>,
    dsa_guid: Option<Uuid>,
    is_domain_controller: Option<bool>,
}

impl From<Unchecked> for Identity {
    fn from(seen: Unchecked) -> Self {
        Self {
            dns_name: seen.dns_name,
            netbios_name: seen.netbios_name,
            domain: seen.domain,
            forest: seen.forest,
            site: seen.site,
            dsa_guid: seen.dsa_guid,
            is_domain_controller: seen.is_domain_controller,
        }
        .bounded()
    }
}

/// A host whose target is itself is in no domain (MS-NLMP 3.2.5.1.1), so it is no DC; of a member
/// and a DC the CHALLENGE is alike.
impl From<&ntlm::Challenge> for Identity {
    fn from(challenge: &ntlm::Challenge) -> Self {
        let flags = challenge.flags;
        let alone = flags.contains(NegotiateFlags::TARGET_TYPE_SERVER)
            && !flags.contains(NegotiateFlags::TARGET_TYPE_DOMAIN);
        // A host in no domain puts its own name, or nothing, in the place of the domain.
        let domain = challenge.dns_domain.clone().or_else(|| challenge.netbios_domain.clone());
        Self {
            dns_name: challenge.dns_computer.clone(),
            netbios_name: challenge.netbios_computer.clone(),
            domain: if alone { None } else { domain },
            forest: challenge.dns_tree.clone(),
            is_domain_controller: alone.then_some(false),
            ..Self::default()
        }
        .bounded()
    }
}

/// Only a rootDSE that was read with the extended-DN control has the GUID.
impl From<&rootdse::RootDse> for Identity {
    fn from(dse: &rootdse::RootDse) -> Self {
        Self {
            dns_name: dse.dns_host_name.clone(),
            netbios_name: dse.netbios_name(),
            domain: dse.dns_domain(),
            forest: dse.forest(),
            site: dse.site(),
            dsa_guid: dse.dsa_guid,
            is_domain_controller: dse.is_domain_controller(),
        }
        .bounded()
    }
}

/// The GUID in this answer is that of the domain, and is left out.
impl From<&netlogon::SamLogonResponseEx> for Identity {
    fn from(response: &netlogon::SamLogonResponseEx) -> Self {
        let is_dc = response.flags.contains(netlogon::DcFlags::DS);
        Self {
            dns_name: response.dns_host.clone(),
            netbios_name: response.netbios_computer.clone(),
            domain: response.dns_domain.clone().or_else(|| response.netbios_domain.clone()),
            forest: response.forest.clone(),
            site: response.dc_site.clone(),
            dsa_guid: None,
            is_domain_controller: is_dc.then_some(true),
        }
        .bounded()
    }
}

/// A host without the 1C name may still be a DC; see
/// [`nbstat::Reply::claims_domain_controller`].
impl From<&nbstat::Reply> for Identity {
    fn from(reply: &nbstat::Reply) -> Self {
        Self {
            netbios_name: reply.computer_name().map(str::to_owned),
            domain: reply.domain_name().map(str::to_owned),
            is_domain_controller: reply.claims_domain_controller().then_some(true),
            ..Self::default()
        }
        .bounded()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_is_kebab_case_and_skips_what_was_not_said() {
        let identity = Identity {
            dns_name: Some("dc1.lab.test".to_owned()),
            is_domain_controller: Some(true),
            ..Identity::default()
        };
        let json = serde_json::to_string(&identity).unwrap();
        assert_eq!(json, r#"{"dns-name":"dc1.lab.test","is-domain-controller":true}"#);
        assert_eq!(serde_json::from_str::<Identity>(&json).unwrap(), identity);
    }

    #[test]
    fn text_from_a_file_is_bounded_too() {
        let long = "x".repeat(400);
        let json = format!(r#"{{"dns-name":"dc1\n","netbios-name":"","domain":"{long}"}}"#);
        let identity: Identity = serde_json::from_str(&json).unwrap();
        assert_eq!(identity.dns_name.as_deref(), Some("dc1\u{fffd}"));
        assert_eq!(identity.netbios_name, None);
        assert_eq!(identity.domain.map(|domain| domain.len()), Some(255));
    }

    #[test]
    fn a_host_in_no_domain_is_no_domain_controller() {
        let mut challenge = ntlm::Challenge {
            flags: NegotiateFlags::TARGET_TYPE_SERVER,
            netbios_computer: Some("SRV".to_owned()),
            netbios_domain: Some("SRV".to_owned()),
            ..ntlm::Challenge::default()
        };
        let identity = Identity::from(&challenge);
        assert_eq!((identity.domain, identity.is_domain_controller), (None, Some(false)));
        challenge.flags = NegotiateFlags::TARGET_TYPE_DOMAIN;
        let identity = Identity::from(&challenge);
        assert_eq!(identity.domain.as_deref(), Some("SRV"));
        assert_eq!(identity.is_domain_controller, None);
    }
}
