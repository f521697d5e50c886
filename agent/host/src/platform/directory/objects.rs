//! The objects of a domain controller's own copy of the directory.

use std::collections::BTreeMap;

use epmesh_facts::{DnsName, Neighbour, NtdsSettings, Timestamp};
use uuid::Uuid;

use super::{
    ask::{Ask, DirectoryError, Entry},
    dn, repsfrom,
};

/// The most inbound neighbours that are reported.
const MAX_NEIGHBOURS: usize = 4096;

/// The most characters of a name that is told as unread, and of the reason.
const MAX_NAMED: usize = 200;

/// The identity of the directory by its own word, from the rootDSE and its own NTDS Settings object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whoami {
    /// `dnsHostName`.
    pub name: Option<DnsName>,
    /// The DNS name of the domain, from `defaultNamingContext`.
    pub domain: Option<DnsName>,
    /// The DNS name of the forest root domain, from `rootDomainNamingContext`.
    pub forest: Option<DnsName>,
    /// The site, from `serverName`.
    pub site: Option<String>,
    /// The objectGUID of the object that `dsServiceName` names.
    pub dsa_guid: Option<Uuid>,
}

/// Asks the directory who it is.
///
/// # Errors
/// When it cannot be asked.
pub async fn whoami(directory: &mut dyn Ask) -> Result<Whoami, DirectoryError> {
    let root = directory
        .object(
            "",
            &[
                "dnsHostName",
                "defaultNamingContext",
                "rootDomainNamingContext",
                "serverName",
                "dsServiceName",
            ],
        )
        .await?;
    let dsa_guid = match root.text("dsServiceName") {
        Some(settings) => guid(&directory.object(settings, &["objectGUID"]).await?),
        None => None,
    };
    Ok(Whoami {
        name: root.text("dnsHostName").and_then(|name| name.parse().ok()),
        domain: root.text("defaultNamingContext").and_then(dn::dns_name),
        forest: root.text("rootDomainNamingContext").and_then(dn::dns_name),
        site: root.text("serverName").and_then(dn::server_and_site).map(|(_, site)| site),
        dsa_guid,
    })
}

/// The NTDS Settings objects of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The objects that could be read, sorted by GUID.
    pub list: Vec<NtdsSettings>,
    /// The objects that are there and are not, or not wholly, in the list: which and why, sorted.
    pub unread: Vec<String>,
}

/// Every NTDS Settings object of the configuration naming context.
///
/// # Errors
/// When they cannot be read.
pub async fn settings(directory: &mut dyn Ask) -> Result<Settings, DirectoryError> {
    let root = directory.object("", &["configurationNamingContext"]).await?;
    let base = root.text("configurationNamingContext").ok_or_else(|| DirectoryError::Missing {
        what: "configurationNamingContext in the rootDSE".to_owned(),
    })?;
    let servers = directory.below(base, "(objectClass=server)", &["dNSHostName"]).await?;
    let hosts: BTreeMap<String, &str> = servers
        .iter()
        .filter_map(|server| Some((dn::folded(server.dn())?, server.text("dNSHostName")?)))
        .collect();
    let objects =
        directory.below(base, "(objectClass=nTDSDSA)", &["objectGUID", "whenCreated"]).await?;
    let mut all = Settings { list: Vec::new(), unread: Vec::new() };
    for object in &objects {
        let mut missed = |why: String| {
            let which: String = object.dn().chars().take(MAX_NAMED).collect();
            let why: String = why.chars().take(MAX_NAMED).collect();
            all.unread.push(format!("{which}: {why}"));
        };
        all.list.extend(one(object, &hosts, &mut missed));
    }
    all.list.sort_by_key(|settings| settings.dsa_guid);
    all.unread.sort();
    Ok(all)
}

/// One object; `missed` is told why it, or what of it, could not be read.
fn one(
    object: &Entry,
    hosts: &BTreeMap<String, &str>,
    missed: &mut dyn FnMut(String),
) -> Option<NtdsSettings> {
    let Some((server, site)) = dn::server_and_site(object.dn()) else {
        missed("its name has no server and site in it".to_owned());
        return None;
    };
    let Some(dsa_guid) = guid(object) else {
        missed("its objectGUID is missing or not 16 bytes long".to_owned());
        return None;
    };
    let above = dn::parent(object.dn()).and_then(dn::folded);
    let host = above.and_then(|above| hosts.get(&above)).and_then(|text| {
        let host = text.parse().ok();
        if host.is_none() {
            missed(format!("the dNSHostName of its server, {text:?}, is no host name"));
        }
        host
    });
    let created = object.text("whenCreated").and_then(generalized_time);
    Some(NtdsSettings { server, host, dsa_guid, site: Some(site), created })
}

/// The inbound neighbours, from the `repsFrom` of each naming context that this server holds.
///
/// # Errors
/// When they cannot be read, one value that cannot be decoded included: a list with holes would
/// be taken for the whole.
pub async fn neighbours(directory: &mut dyn Ask) -> Result<Vec<Neighbour>, DirectoryError> {
    let root = directory.object("", &["namingContexts"]).await?;
    let contexts: Vec<String> = root.texts("namingContexts").map(str::to_owned).collect();
    if contexts.is_empty() {
        return Err(DirectoryError::Missing { what: "namingContexts in the rootDSE".to_owned() });
    }
    let mut all = Vec::new();
    for context in contexts {
        let head = directory.object(&context, &["repsFrom"]).await?;
        for value in head.binary("repsFrom") {
            if all.len() >= MAX_NEIGHBOURS {
                return Err(DirectoryError::TooMany { what: "repsFrom".to_owned() });
            }
            let row = repsfrom::decode(&context, value)
                .map_err(|source| DirectoryError::RepsFrom { context: context.clone(), source })?;
            all.push(row);
        }
    }
    all.sort_by(|a, b| (&a.naming_context, a.source).cmp(&(&b.naming_context, b.source)));
    Ok(all)
}

pub(super) fn guid(entry: &Entry) -> Option<Uuid> {
    let bytes = entry.binary("objectGUID").next()?;
    Uuid::from_slice_le(bytes).ok()
}

/// `20261121005947.0Z` (RFC 4517 3.3.13, as Active Directory writes it: UTC, whole seconds).
fn generalized_time(text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z')?.split('.').next()?;
    if digits.len() != 14 {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let valid = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    if !valid {
        return None;
    }
    // Days since 1970 in the civil calendar, counting years from March so that leap days come last.
    let years = if month > 2 { year } else { year - 1 };
    let months = if month > 2 { month - 3 } else { month + 9 };
    let before_1970 = 719_468;
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day
        - 1
        - before_1970;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(Timestamp::from_millis(seconds * 1000))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tonic::async_trait;

    use super::*;

    /// A directory with these servers and NTDS Settings objects.
    struct Forest {
        servers: Vec<Entry>,
        objects: Vec<Entry>,
    }

    #[async_trait]
    impl Ask for Forest {
        async fn object(&mut self, _: &str, _: &[&str]) -> Result<Entry, DirectoryError> {
            let mut root = Entry::new(String::new());
            root.add("configurationNamingContext", [b"CN=Configuration,DC=lab,DC=test".to_vec()]);
            Ok(root)
        }

        async fn below(
            &mut self,
            _: &str,
            filter: &str,
            _: &[&str],
        ) -> Result<Vec<Entry>, DirectoryError> {
            let servers = filter.contains("=server)");
            Ok(if servers { self.servers.clone() } else { self.objects.clone() })
        }
    }

    #[tokio::test]
    async fn an_object_that_cannot_be_read_is_named_and_never_just_missing() {
        let server = |name: &str| format!("CN={name},CN=Servers,CN=Here,CN=Sites,DC=lab,DC=test");
        let host = |name: &str, host: &str| {
            let mut entry = Entry::new(server(name));
            entry.add("dNSHostName", [host.as_bytes().to_vec()]);
            entry
        };
        let object = |dn: String, guid: &[u8]| {
            let mut entry = Entry::new(dn);
            entry.add("objectGUID", [guid.to_vec()]);
            entry
        };
        let below = |name: &str| format!("CN=NTDS Settings,{}", server(name));
        let mut forest = Forest {
            servers: vec![host("DC1", "dc1.lab.test"), host("DC4", "dc4 lab test")],
            objects: vec![
                object(below("DC1"), &[1; 16]),
                object(below("DC2"), &[2; 15]),
                object("CN=NTDS Settings,CN=DC3,CN=LostAndFoundConfig".to_owned(), &[3; 16]),
                object(below("DC4"), &[4; 16]),
                // One that waits for its server's name has none: nothing to be said.
                object(below("DC5"), &[5; 16]),
            ],
        };
        let found = settings(&mut forest).await.expect("they can be read");
        let rows: Vec<(&str, Option<&str>)> = found
            .list
            .iter()
            .map(|row| (row.server.as_str(), row.host.as_ref().map(DnsName::as_str)))
            .collect();
        assert_eq!(rows, [("DC1", Some("dc1.lab.test")), ("DC4", None), ("DC5", None)]);
        let said = |at: usize, parts: [&str; 2]| {
            let line: &str = &found.unread[at];
            assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        };
        assert_eq!(found.unread.len(), 3, "{:?}", found.unread);
        said(0, ["CN=DC2,CN=Servers", "objectGUID"]);
        said(1, ["CN=DC3,CN=LostAndFoundConfig", "no server and site"]);
        said(2, ["CN=DC4,CN=Servers", "dc4 lab test"]);
    }

    #[test]
    fn reads_times_of_the_directory() {
        let text = |time: &str| generalized_time(time).map(|time| time.to_string());
        assert_eq!(text("20261121005947.0Z").as_deref(), Some("2026-11-21T00:59:47Z"));
        assert_eq!(text("20240229235959.0Z").as_deref(), Some("2024-02-29T23:59:59Z"));
        assert_eq!(text("19700101000000Z").as_deref(), Some("1970-01-01T00:00:00Z"));
        for bad in
            ["", "Z", "20261121005947", "19690101000000Z", "20261321005947.0Z", "2026112100594é.0Z"]
        {
            assert_eq!(text(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in "[0-9.Zé]{0,20}") {
            let _ = generalized_time(&text);
        }
    }
}
