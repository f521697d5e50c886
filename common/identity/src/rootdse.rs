//! The rootDSE of a domain controller ([MS-ADTS] 3.1.1.3.2): the attributes that say who it is.
//!
//! [MS-ADTS]: https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/d2435927-0999-4c62-8c6d-13ba31a52e1a

use thiserror::Error;
use uuid::Uuid;

use super::{
    dn::{self, ExtendedDn, ExtendedDnError},
    ldap::{Attribute, ExtendedDnForm, MAX_TEXT, SearchResultEntry},
    text::{self, MAX_NAME},
};

/// The attributes to ask for: those that [`RootDse`] reads.
pub const ATTRIBUTES: &[&str] = &[
    "dnsHostName",
    "dsServiceName",
    "serverName",
    "ldapServiceName",
    "defaultNamingContext",
    "rootDomainNamingContext",
    "isSynchronized",
    "isGlobalCatalogReady",
    "currentTime",
    "domainFunctionality",
    "forestFunctionality",
    "domainControllerFunctionality",
    "supportedCapabilities",
];

/// LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS 3.1.1.3.4.3): a domain controller, not AD LDS.
pub const CAP_ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
/// LDAP_CAP_ACTIVE_DIRECTORY_ADAM_OID (MS-ADTS 3.1.1.3.4.3): AD LDS.
pub const CAP_AD_LDS: &str = "1.2.840.113556.1.4.1851";
const MAX_CAPABILITIES: usize = 64;

/// The content of a rootDSE (MS-ADTS 3.1.1.3.2). What a server does not say is `None`; what it says in a form
/// that cannot be read is `None` too, and stands in `problems`.
///
/// Host and domain names are at most 255 octets, distinguished names 2048; none holds control
/// characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootDse {
    /// dnsHostName.
    pub dns_host_name: Option<String>,
    /// dsServiceName: the name of the NTDS Settings object, without identifiers.
    pub ds_service_name: Option<String>,
    /// The GUID of the NTDS Settings object: the label in front of `_msdcs` that replication
    /// partners resolve. Only there if the extended-DN control was sent and obeyed.
    pub dsa_guid: Option<Uuid>,
    /// serverName: the name of the server object.
    pub server_name: Option<String>,
    /// ldapServiceName: `<forest>:<account>@<REALM>`.
    pub ldap_service_name: Option<String>,
    /// defaultNamingContext: the domain.
    pub default_naming_context: Option<String>,
    /// rootDomainNamingContext: the root domain of the forest.
    pub root_domain_naming_context: Option<String>,
    /// isSynchronized: whether the first replication after the promotion was completed.
    pub is_synchronized: Option<bool>,
    /// isGlobalCatalogReady.
    pub is_global_catalog_ready: Option<bool>,
    /// currentTime, as the server writes it: `20261120235109.0Z`.
    pub current_time: Option<String>,
    /// domainFunctionality (MS-ADTS 6.1.4.3).
    pub domain_functionality: Option<u32>,
    /// forestFunctionality (MS-ADTS 6.1.4.4).
    pub forest_functionality: Option<u32>,
    /// domainControllerFunctionality (MS-ADTS 6.1.4.2): 7 since Windows Server 2016.
    pub dc_functionality: Option<u32>,
    /// supportedCapabilities, at most 64.
    pub capabilities: Vec<String>,
    /// What could not be read.
    pub problems: Vec<RootDseError>,
}

/// A value of a rootDSE that is not of the form it must have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RootDseError {
    /// The value is longer than any real one.
    #[error("{attribute} has {len} octets, the bound is {max}")]
    TooLong {
        /// The attribute.
        attribute: &'static str,
        /// Octets of its value.
        len: usize,
        /// The bound.
        max: usize,
    },
    /// The value is no boolean or number.
    #[error("{attribute} is {value:?}, expected {expected}")]
    Value {
        /// The attribute.
        attribute: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The value is no distinguished name with identifiers.
    #[error("{attribute} cannot be read")]
    Dn {
        /// The attribute.
        attribute: &'static str,
        /// What is wrong with it.
        #[source]
        source: ExtendedDnError,
    },
}

impl RootDse {
    /// Reads an entry. A value that cannot be read costs that value alone.
    #[must_use]
    pub fn from_entry(entry: &SearchResultEntry) -> Self {
        let mut reader = EntryReader { entry, problems: Vec::new() };
        let (ds_service_name, dsa_guid) = reader.dn("dsServiceName");
        let mut dse = Self {
            dns_host_name: reader.text("dnsHostName", MAX_NAME),
            ds_service_name,
            dsa_guid,
            server_name: reader.dn("serverName").0,
            ldap_service_name: reader.text("ldapServiceName", 3 * MAX_NAME),
            default_naming_context: reader.dn("defaultNamingContext").0,
            root_domain_naming_context: reader.dn("rootDomainNamingContext").0,
            is_synchronized: reader.boolean("isSynchronized"),
            is_global_catalog_ready: reader.boolean("isGlobalCatalogReady"),
            current_time: reader.text("currentTime", 32),
            domain_functionality: reader.number("domainFunctionality"),
            forest_functionality: reader.number("forestFunctionality"),
            dc_functionality: reader.number("domainControllerFunctionality"),
            capabilities: entry
                .values("supportedCapabilities")
                .iter()
                .take(MAX_CAPABILITIES)
                .map(|oid| text::from_utf8(oid, MAX_NAME))
                .collect(),
            problems: Vec::new(),
        };
        dse.problems = reader.problems;
        dse
    }

    /// The entry, for a simulated DC; `extended` is the form the extended-DN control asks for.
    /// Real servers give identifiers to the other names too; here dsServiceName alone has one.
    #[must_use]
    pub fn to_entry(&self, extended: Option<ExtendedDnForm>) -> SearchResultEntry {
        let service = self.ds_service_name.as_ref().map(|dn| match (self.dsa_guid, extended) {
            (Some(guid), Some(ExtendedDnForm::Dashed)) => format!("<GUID={guid}>;{dn}"),
            (Some(guid), Some(ExtendedDnForm::Hex)) => {
                format!("<GUID={}>;{dn}", Uuid::from_bytes(guid.to_bytes_le()).simple())
            }
            _ => dn.clone(),
        });
        let flag = |value: Option<bool>| value.map(|v| if v { "TRUE" } else { "FALSE" }.to_owned());
        let number = |value: Option<u32>| value.map(|v| v.to_string());
        let single = [
            ("dnsHostName", self.dns_host_name.clone()),
            ("dsServiceName", service),
            ("serverName", self.server_name.clone()),
            ("ldapServiceName", self.ldap_service_name.clone()),
            ("defaultNamingContext", self.default_naming_context.clone()),
            ("rootDomainNamingContext", self.root_domain_naming_context.clone()),
            ("isSynchronized", flag(self.is_synchronized)),
            ("isGlobalCatalogReady", flag(self.is_global_catalog_ready)),
            ("currentTime", self.current_time.clone()),
            ("domainFunctionality", number(self.domain_functionality)),
            ("forestFunctionality", number(self.forest_functionality)),
            ("domainControllerFunctionality", number(self.dc_functionality)),
        ];
        let mut attributes: Vec<Attribute> = single
            .into_iter()
            .filter_map(|(name, value)| {
                let values = vec![value?.into_bytes()];
                Some(Attribute { name: name.to_owned(), values })
            })
            .collect();
        if !self.capabilities.is_empty() {
            let values = self.capabilities.iter().map(|oid| oid.clone().into_bytes()).collect();
            attributes.push(Attribute { name: "supportedCapabilities".to_owned(), values });
        }
        SearchResultEntry { dn: String::new(), attributes }
    }

    /// The DNS name of the domain, from defaultNamingContext.
    #[must_use]
    pub fn dns_domain(&self) -> Option<String> {
        dn::dns_name(self.default_naming_context.as_deref()?)
    }

    /// The DNS name of the forest, from rootDomainNamingContext, else from ldapServiceName.
    #[must_use]
    pub fn forest(&self) -> Option<String> {
        let context = self.root_domain_naming_context.as_deref().and_then(dn::dns_name);
        context.or_else(|| {
            let (forest, _) = self.ldap_service_name.as_deref()?.split_once(':')?;
            text::non_empty(forest.to_owned())
        })
    }

    /// The name of the computer account without its `$`, in upper case: by convention the NetBIOS
    /// name. From ldapServiceName.
    #[must_use]
    pub fn netbios_name(&self) -> Option<String> {
        let (_, principal) = self.ldap_service_name.as_deref()?.split_once(':')?;
        let (account, _) = principal.split_once('@')?;
        text::non_empty(account.strip_suffix('$')?.to_uppercase())
    }

    /// The site, from dsServiceName.
    #[must_use]
    pub fn site(&self) -> Option<String> {
        Some(dn::server_and_site(self.ds_service_name.as_deref()?)?.1)
    }

    /// Whether it is a domain controller, by supportedCapabilities. `None` where the server lists
    /// no capabilities, as servers that are not Microsoft's do, and where they were not asked for.
    #[must_use]
    pub fn is_domain_controller(&self) -> Option<bool> {
        let has = |wanted: &str| self.capabilities.iter().any(|oid| oid == wanted);
        if has(CAP_ACTIVE_DIRECTORY) {
            return Some(true);
        }
        has(CAP_AD_LDS).then_some(false)
    }
}

struct EntryReader<'a> {
    entry: &'a SearchResultEntry,
    problems: Vec<RootDseError>,
}

impl EntryReader<'_> {
    fn text(&mut self, attribute: &'static str, max: usize) -> Option<String> {
        let value = self.entry.values(attribute).first()?;
        if value.len() > max {
            self.problems.push(RootDseError::TooLong { attribute, len: value.len(), max });
            return None;
        }
        text::non_empty(text::from_utf8(value, max))
    }

    fn dn(&mut self, attribute: &'static str) -> (Option<String>, Option<Uuid>) {
        let Some(text) = self.text(attribute, MAX_TEXT) else { return (None, None) };
        match ExtendedDn::parse(&text) {
            Ok(parsed) => (text::non_empty(parsed.dn), parsed.guid),
            Err(source) => {
                self.problems.push(RootDseError::Dn { attribute, source });
                (None, None)
            }
        }
    }

    fn boolean(&mut self, attribute: &'static str) -> Option<bool> {
        match self.text(attribute, MAX_NAME)?.as_str() {
            "TRUE" => Some(true),
            "FALSE" => Some(false),
            other => self.refuse(attribute, other, "TRUE or FALSE"),
        }
    }

    fn number(&mut self, attribute: &'static str) -> Option<u32> {
        let text = self.text(attribute, MAX_NAME)?;
        text.parse().ok().or_else(|| self.refuse(attribute, &text, "a number"))
    }

    fn refuse<T>(
        &mut self,
        attribute: &'static str,
        value: &str,
        expected: &'static str,
    ) -> Option<T> {
        let value = value.chars().take(80).collect();
        self.problems.push(RootDseError::Value { attribute, value, expected });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &str)]) -> SearchResultEntry {
        let attribute = |(name, value): &(&str, &str)| Attribute {
            name: (*name).to_owned(),
            values: vec![value.as_bytes().to_vec()],
        };
        SearchResultEntry {
            dn: String::new(),
            attributes: attributes.iter().map(attribute).collect(),
        }
    }

    #[test]
    fn a_bad_value_costs_that_value_alone() {
        let long = "x".repeat(300);
        let dse = RootDse::from_entry(&entry(&[
            ("dnsHostName", &long),
            ("dsServiceName", "<GUID=zz>;CN=NTDS Settings"),
            ("isSynchronized", "maybe"),
            ("domainFunctionality", "-1"),
            ("defaultNamingContext", "DC=lab,DC=test"),
        ]));
        assert_eq!(dse.dns_domain().as_deref(), Some("lab.test"));
        let seen = (&dse.dns_host_name, &dse.ds_service_name, dse.is_synchronized);
        assert_eq!(seen, (&None, &None, None));
        let problems: Vec<String> = dse.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "dsServiceName cannot be read",
                "dnsHostName has 300 octets, the bound is 255",
                "isSynchronized is \"maybe\", expected TRUE or FALSE",
                "domainFunctionality is \"-1\", expected a number",
            ]
        );
    }

    #[test]
    fn domain_controller_has_three_answers() {
        let of = |oid: &str| {
            RootDse::from_entry(&entry(&[("supportedCapabilities", oid)])).is_domain_controller()
        };
        assert_eq!(of(CAP_ACTIVE_DIRECTORY), Some(true));
        assert_eq!(of(CAP_AD_LDS), Some(false));
        assert_eq!(of("1.2.3"), None);
        assert_eq!(RootDse::default().is_domain_controller(), None);
    }

    #[test]
    fn forest_falls_back_to_the_service_name() {
        let dse = RootDse::from_entry(&entry(&[("ldapServiceName", "lab.test:dc1$@LAB.TEST")]));
        assert_eq!(dse.forest().as_deref(), Some("lab.test"));
        assert_eq!(dse.netbios_name().as_deref(), Some("DC1"));
    }
}
