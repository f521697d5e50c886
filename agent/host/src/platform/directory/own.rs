//! The domain controller's own objects in the directory.

use epmesh_facts::{DnsName, FunctionalLevels};
use uuid::Uuid;

use super::{
    ask::{Ask, DirectoryError, Entry},
    dn,
    objects::guid,
};

/// Bit of `options` of an NTDS Settings object: it is a global catalog (MS-ADTS 6.1.1.2.2.1.2.1.1).
const IS_GC: u32 = 1;

/// The directory's own facts on this domain controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// `dNSHostName`.
    pub host: DnsName,
    /// The DNS name of its domain.
    pub domain: DnsName,
    /// The DNS name of the forest root domain.
    pub forest: DnsName,
    /// The site of its server object.
    pub site: String,
    /// The objectGUID of its NTDS Settings object.
    pub dsa_guid: Uuid,
    /// The objectGUID of its domain.
    pub domain_guid: Uuid,
    /// The invocation id of its database.
    pub invocation_id: Uuid,
    /// Functional levels.
    pub levels: FunctionalLevels,
    /// Whether it is a global catalog.
    pub global_catalog: bool,
    /// Whether it is read-only.
    pub read_only: bool,
    /// Whether it holds the role of PDC emulator.
    pub pdc: bool,
    /// Whether it holds the application partition of its domain's DNS zones.
    pub dns_domain: bool,
    /// Whether it holds the application partition of the forest's DNS zones.
    pub dns_forest: bool,
}

/// Asks the directory.
///
/// # Errors
/// When it cannot be asked, or lacks what every domain controller has.
pub async fn own(directory: &mut dyn Ask) -> Result<Own, DirectoryError> {
    let root = directory
        .object(
            "",
            &[
                "dnsHostName",
                "dsServiceName",
                "defaultNamingContext",
                "rootDomainNamingContext",
                "configurationNamingContext",
            ],
        )
        .await?;
    let of_root = |name: &str| {
        let value = root.text(name).map(str::to_owned);
        value.ok_or_else(|| missing(&format!("{name} in the rootDSE")))
    };
    let (settings_dn, domain_dn) = (of_root("dsServiceName")?, of_root("defaultNamingContext")?);
    let (forest_dn, config_dn) =
        (of_root("rootDomainNamingContext")?, of_root("configurationNamingContext")?);
    let settings = directory
        .object(
            &settings_dn,
            &[
                "objectGUID",
                "objectClass",
                "invocationId",
                "options",
                "msDS-Behavior-Version",
                "msDS-hasMasterNCs",
                "msDS-hasFullReplicaNCs",
            ],
        )
        .await?;
    let domain = directory
        .object(&domain_dn, &["objectGUID", "msDS-Behavior-Version", "fSMORoleOwner"])
        .await?;
    let partitions =
        directory.object(&format!("CN=Partitions,{config_dn}"), &["msDS-Behavior-Version"]).await?;
    let name = |dn: &str| dn::dns_name(dn).ok_or_else(|| missing(&format!("DNS name in {dn}")));
    let host = of_root("dnsHostName")?;
    let me = dn::folded(&settings_dn);
    let holds = |zone: &str| {
        let wanted = dn::folded(zone);
        let full =
            settings.texts("msDS-hasMasterNCs").chain(settings.texts("msDS-hasFullReplicaNCs"));
        wanted.is_some() && full.map(dn::folded).any(|held| held == wanted)
    };
    Ok(Own {
        host: host.parse().map_err(|_| missing("usable dnsHostName in the rootDSE"))?,
        domain: name(&domain_dn)?,
        forest: name(&forest_dn)?,
        site: dn::server_and_site(&settings_dn)
            .map(|(_, site)| site)
            .ok_or_else(|| missing("site in dsServiceName"))?,
        dsa_guid: guid(&settings).ok_or_else(|| missing("objectGUID of the NTDS Settings"))?,
        domain_guid: guid(&domain).ok_or_else(|| missing("objectGUID of the domain"))?,
        invocation_id: settings
            .binary("invocationId")
            .next()
            .and_then(|bytes| Uuid::from_slice_le(bytes).ok())
            .ok_or_else(|| missing("invocationId of the NTDS Settings"))?,
        levels: FunctionalLevels {
            forest: level(&partitions)?,
            domain: level(&domain)?,
            controller: level(&settings)?,
        },
        global_catalog: number(&settings, "options")? & IS_GC != 0,
        read_only: settings
            .texts("objectClass")
            .any(|class| class.eq_ignore_ascii_case("nTDSDSARO")),
        pdc: me.is_some() && domain.text("fSMORoleOwner").and_then(dn::folded) == me,
        dns_domain: holds(&format!("DC=DomainDnsZones,{domain_dn}")),
        dns_forest: holds(&format!("DC=ForestDnsZones,{forest_dn}")),
    })
}

/// A functional level; an object without one is at level 0 (MS-ADTS 6.1.4.1).
fn level(entry: &Entry) -> Result<u32, DirectoryError> {
    number(entry, "msDS-Behavior-Version")
}

fn number(entry: &Entry, attribute: &str) -> Result<u32, DirectoryError> {
    match entry.text(attribute) {
        None => Ok(0),
        Some(text) => {
            text.parse().map_err(|_| missing(&format!("usable {attribute} of {}", entry.dn())))
        }
    }
}

fn missing(what: &str) -> DirectoryError {
    DirectoryError::Missing { what: what.to_owned() }
}
