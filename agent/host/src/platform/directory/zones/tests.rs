//! Zones and names out of a made directory.

use std::collections::BTreeSet;

use epmesh_identity::dnsp::{Soa, Wins};
use tonic::async_trait;

use super::*;

const DOMAIN: &str = "DC=DomainDnsZones,DC=lab,DC=test";
const FOREST: &str = "DC=ForestDnsZones,DC=lab,DC=test";
const GUID: &str = "00000001-0000-0000-0000-000000000001";

/// Objects below naming contexts; a search gives those that lie below its base and whose kind or name it asks for.
#[derive(Default)]
struct Forest {
    zones: Vec<Entry>,
    nodes: Vec<Entry>,
    asked: Vec<String>,
}

#[async_trait]
impl Ask for Forest {
    async fn object(&mut self, _: &str, _: &[&str]) -> Result<Entry, DirectoryError> {
        let mut root = Entry::new(String::new());
        root.add("namingContexts", ["DC=lab,DC=test", DOMAIN, FOREST].map(Vec::<u8>::from));
        root.add("defaultNamingContext", ["DC=lab,DC=test".into()]);
        Ok(root)
    }

    async fn below(
        &mut self,
        base: &str,
        filter: &str,
        _: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        self.asked.push(format!("{base} {filter}"));
        let below = |entry: &&Entry| entry.dn().ends_with(&format!(",{base}"));
        if filter.contains("dnsZone") {
            return Ok(self.zones.iter().filter(below).cloned().collect());
        }
        let named = |entry: &&Entry| {
            let label = entry.dn().split(',').next().unwrap_or_default().replace("DC=", "name=");
            filter.contains(&format!("({label})"))
        };
        Ok(self.nodes.iter().filter(below).filter(named).cloned().collect())
    }
}

fn zone(name: &str, partition: &str, properties: &[Property]) -> Entry {
    let mut entry = Entry::new(format!("DC={name},CN=MicrosoftDNS,{partition}"));
    entry.add("dNSProperty", properties.iter().map(|one| one.encode().expect("a property")));
    entry
}

fn node(label: &str, zone: &Entry, records: &[(u32, Data)]) -> Entry {
    let mut entry = Entry::new(format!("DC={label},{}", zone.dn()));
    let value = |(hours, data): &(u32, Data)| {
        let record = Record { rank: 0xf0, serial: 1, ttl: 900, hours: *hours, data: data.clone() };
        record.encode().expect("a record")
    };
    entry.add("dnsRecord", records.iter().map(value));
    entry
}

fn name(text: &str) -> DnsName {
    text.parse().expect("a name")
}

fn wanted() -> Wanted {
    let hosts: BTreeSet<DnsName> = ["dc1.lab.test", "dc2.lab.test"].map(name).into();
    let alias = name(&format!("{GUID}._msdcs.lab.test"));
    Wanted { names: hosts.iter().cloned().chain([alias]).collect(), hosts }
}

/// 2026-11-21T12:00Z as hours since 1601.
const HOURS: u32 = 3_733_260;

#[tokio::test]
async fn records_are_told_with_their_age_and_the_zone_with_its_settings() {
    let servers = Property::ScavengingServers(vec![IpAddr::from([10, 0, 0, 1])]);
    let settings = [
        Property::AllowUpdate(Updates::Secure),
        Property::NoRefreshHours(168),
        Property::RefreshHours(72),
        Property::Aging(true),
        servers,
        Property::Other(8),
    ];
    let domain = zone("lab.test", DOMAIN, &settings);
    let msdcs = zone("_msdcs.lab.test", FOREST, &[Property::Aging(false)]);
    let soa = Data::Soa(Soa {
        serial: 1,
        refresh: 900,
        retry: 600,
        expire: 86_400,
        minimum: 3600,
        primary: "dc1.lab.test".to_owned(),
        responsible: "hostmaster.lab.test".to_owned(),
    });
    let wins = Data::Wins(Wins {
        mapping: 0x1_0000,
        lookup_timeout: 2,
        cache_timeout: 900,
        servers: vec![[10, 0, 0, 5].into()],
    });
    let mut gone = node("dc1", &domain, &[(0, Data::Tombstone(134_400_000_000_000_000))]);
    gone.add("dNSTombstoned", [b"TRUE".to_vec()]);
    let addresses = [(HOURS, Data::A([10, 0, 0, 9].into())), (0, Data::A([10, 0, 0, 2].into()))];
    let mut forest = Forest {
        nodes: vec![
            node("@", &domain, &[(0, soa.clone()), (0, wins)]),
            node("@", &msdcs, &[(0, soa)]),
            gone,
            node("dc2", &domain, &addresses),
            node(GUID, &msdcs, &[(HOURS, Data::Cname("dc2.lab.test".to_owned()))]),
        ],
        zones: vec![domain, zone("..TrustAnchors", FOREST, &[]), msdcs],
        asked: Vec::new(),
    };
    let (zones, names) =
        zones(&mut forest, &wanted(), Platform::Windows).await.expect("they can be read");
    let rows: Vec<_> = zones.iter().map(|zone| (zone.name.as_str(), &zone.aging)).collect();
    assert_eq!(
        rows,
        [("_msdcs.lab.test", &Reading::Value(false)), ("lab.test", &Reading::Value(true))]
    );
    let lab = &zones[1];
    assert_eq!(lab.partition, DOMAIN);
    assert_eq!(lab.updates, Reading::Value(DynamicUpdates::Secure));
    assert_eq!(
        (&lab.no_refresh_hours, &lab.refresh_hours),
        (&Reading::Value(168), &Reading::Value(72))
    );
    assert_eq!(lab.scavenging_servers, Reading::Value(vec![[10, 0, 0, 1].into()]));
    assert_eq!(lab.wins, Reading::Value(vec![[10, 0, 0, 5].into()]));
    assert_eq!(lab.negative_ttl_s, Reading::Value(3600));
    assert_eq!(
        (&zones[0].wins, &zones[0].scavenging_servers),
        (&Reading::Absent, &Reading::Absent)
    );
    let records = |at: usize| names[at].records.value().expect("records");
    let alias = name(&format!("{GUID}._msdcs.lab.test"));
    assert_eq!((&names[0].name, &names[0].zone), (&alias, &name("_msdcs.lab.test")));
    let refreshed = records(0)[0].refreshed.expect("it is dynamic");
    assert_eq!(refreshed.to_string(), "2026-11-21T12:00:00Z");
    assert_eq!((records(1).len(), names[1].deleted.value().is_some()), (0, true));
    let ages: Vec<_> = records(2).iter().map(|one| one.refreshed.is_some()).collect();
    assert_eq!(ages, [false, true], "10.0.0.2 is static, 10.0.0.9 is not");
    // Three containers, and two searches a zone.
    assert_eq!(forest.asked.len(), 3 + 2 * 2, "{:#?}", forest.asked);
}

#[tokio::test]
async fn what_could_not_be_read_is_never_just_missing() {
    let bare = zone("lab.test", DOMAIN, &[]);
    let mut broken = node("dc2", &bare, &[(0, Data::A([10, 0, 0, 2].into()))]);
    broken.add("dnsRecord", [vec![1, 2, 3]]);
    let empty = Entry::new(format!("DC=dc1,{}", bare.dn()));
    let mut forest = Forest { zones: vec![bare], nodes: vec![broken, empty], asked: Vec::new() };
    let (zones, names) =
        zones(&mut forest, &wanted(), Platform::Windows).await.expect("they can be read");
    let unseen = |reading: &Reading<Vec<StoredRecord>>| matches!(reading, Reading::Unreadable(_));
    assert!(matches!(zones[0].aging, Reading::Unreadable(_)));
    assert!(matches!(zones[0].wins, Reading::Unreadable(_)));
    assert!(matches!(zones[0].negative_ttl_s, Reading::Unreadable(_)));
    let by_name = |host: &str| names.iter().find(|row| row.name == name(host)).expect("a row");
    assert!(unseen(&by_name("dc1.lab.test").records), "an object without values");
    assert!(unseen(&by_name("dc2.lab.test").records), "a value that is no record");
    // No zone of its own: a name of the domain's zone, which has no object for it.
    let alias = by_name(&format!("{GUID}._msdcs.lab.test"));
    assert_eq!((&alias.zone, &alias.records), (&name("lab.test"), &Reading::Absent));
}

/// Samba's provision gives the zone _msdcs none, and its agent reads as the system.
#[test]
fn a_zone_of_samba_may_have_no_settings() {
    let bare = zone("_msdcs.lab.test", FOREST, &[]);
    let read = settings(name("_msdcs.lab.test"), FOREST.to_owned(), &bare, Platform::Samba);
    assert_eq!((read.aging, read.updates), (Reading::Absent, Reading::Absent));
}

#[tokio::test]
async fn a_value_that_was_refused_may_be_any_setting_that_is_missing() {
    let mut torn = zone("lab.test", DOMAIN, &[Property::Aging(true)]);
    torn.add("dNSProperty", [vec![0; 7]]);
    let read = settings(name("lab.test"), DOMAIN.to_owned(), &torn, Platform::Windows);
    assert_eq!(read.aging, Reading::Value(true));
    assert!(matches!(read.updates, Reading::Unreadable(_)));
}
