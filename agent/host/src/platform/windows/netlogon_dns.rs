//! `%SystemRoot%\System32\config\netlogon.dns`: the records that Netlogon registers in DNS for
//! this domain controller. It is the one place that names the host's own DSA GUID without LDAP.

use epmesh_facts::{DnsName, Reading, RegisteredName};
use epmesh_wire::limits::REGISTERED_NAMES;
use uuid::Uuid;

/// The longest data of a record that is kept.
const MAX_DATA: usize = 512;

/// The records in the text of the file: `name. TTL IN TYPE data`, one a line. Comments and lines
/// of another form are left out.
#[must_use]
pub fn parse(text: &str) -> Vec<RegisteredName> {
    text.trim_start_matches('\u{feff}').lines().filter_map(record).collect()
}

/// The records as a report holds them: all, or none with the reason. A domain controller of many sites
/// has some hundreds.
#[must_use]
pub fn listed(records: Vec<RegisteredName>) -> Reading<Vec<RegisteredName>> {
    Reading::whole(records, REGISTERED_NAMES, "records in netlogon.dns")
}

fn record(line: &str) -> Option<RegisteredName> {
    let content = line.split(';').next().unwrap_or(line);
    let mut words = content.split_ascii_whitespace();
    let name: DnsName = words.next()?.parse().ok()?;
    words.next()?.parse::<u32>().ok()?;
    words.next().filter(|class| class.eq_ignore_ascii_case("IN"))?;
    let kind = words.next()?.to_ascii_uppercase();
    if kind.len() > 16 || !kind.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let data = words.collect::<Vec<_>>().join(" ");
    (!data.is_empty() && data.len() <= MAX_DATA).then_some(RegisteredName { name, kind, data })
}

/// The GUID of the host's own NTDS Settings object, from the one `<guid>._msdcs.<forest>` CNAME
/// that every domain controller registers (MS-ADTS 6.3.2.3). Two different ones are "could not be
/// read".
#[must_use]
pub fn own_guid(records: &[RegisteredName]) -> Reading<Uuid> {
    own(records).map(|(guid, _)| guid)
}

/// The forest root domain, from the same record.
#[must_use]
pub fn forest(records: &[RegisteredName]) -> Reading<DnsName> {
    own(records).map(|(_, forest)| forest)
}

fn own(records: &[RegisteredName]) -> Reading<(Uuid, DnsName)> {
    let mut aliases = records.iter().filter(|record| record.kind == "CNAME").filter_map(alias);
    let Some(first) = aliases.next() else { return Reading::Absent };
    match aliases.find(|other| *other != first) {
        None => Reading::Value(first),
        Some(other) => Reading::unseen(format!(
            "netlogon.dns has the aliases of two NTDS Settings objects, {} and {}",
            first.0, other.0
        )),
    }
}

fn alias(record: &RegisteredName) -> Option<(Uuid, DnsName)> {
    let guid = record.name.host();
    // Uuid takes other forms too; this one alone is a label.
    let guid = if guid.len() == 36 { guid.parse().ok()? } else { return None };
    let zone = record.name.parent()?;
    let forest = zone.parent()?;
    (zone.host() == "_msdcs").then_some((guid, forest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = include_str!("../../../tests/data/windows/netlogon.dns");

    #[test]
    fn reads_what_netlogon_writes() {
        let records = parse(FILE);
        let kinds: Vec<&str> = records.iter().map(|record| record.kind.as_str()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "SRV").count(), 8);
        assert_eq!(kinds.iter().filter(|kind| **kind == "CNAME").count(), 1);
        assert_eq!(kinds.iter().filter(|kind| kind.starts_with('A')).count(), 4);
        let ldap = records.first().expect("a record");
        assert_eq!(ldap.name.as_str(), "contoso.com");
        assert_eq!(ldap.data, "192.0.2.11");
        let srv = records.iter().find(|record| record.kind == "SRV").expect("a service");
        assert_eq!(srv.data, "0 100 389 dc1.contoso.com.");
        assert_eq!(
            own_guid(&records),
            Reading::Value("74fbe06c-932c-46b5-831b-af9e31f496b2".parse().expect("a GUID"))
        );
        assert_eq!(forest(&records), Reading::Value("contoso.com".parse().expect("a name")));
    }

    #[test]
    fn its_own_guid_may_be_absent_or_in_doubt() {
        assert_eq!(own_guid(&parse("contoso.com. 600 IN A 192.0.2.1\n")), Reading::Absent);
        let doubt = "74fbe06c-932c-46b5-831b-af9e31f496b2._msdcs.contoso.com. 600 IN CNAME a.b.\n\
                     b6dc8589-7e00-4a5d-b688-045aef63ec01._msdcs.contoso.com. 600 IN CNAME a.b.\n";
        assert!(matches!(own_guid(&parse(doubt)), Reading::Unreadable(_)));
        assert!(matches!(
            own_guid(&parse(&doubt.replace(
                "b6dc8589-7e00-4a5d-b688-045aef63ec01",
                "74fbe06c-932c-46b5-831b-af9e31f496b2"
            ))),
            Reading::Value(_)
        ));
    }

    #[test]
    fn is_bounded() {
        let most = "a.b. 1 IN A 192.0.2.1\r\n".repeat(REGISTERED_NAMES);
        assert_eq!(listed(parse(&most)).value().map(Vec::len), Some(REGISTERED_NAMES));
        // The host's own GUID is found behind them all, however many there are.
        let more = format!("{most}{}", FILE.trim_start_matches('\u{feff}'));
        assert!(matches!(listed(parse(&more)), Reading::Unreadable(why) if why.contains("4096")));
        assert!(matches!(own_guid(&parse(&more)), Reading::Value(_)));
        assert_eq!(parse(&format!("a.b. 1 IN TXT {}\n", "x".repeat(MAX_DATA + 1))), []);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in any::<String>()) {
            prop_assert!(parse(&text).len() <= text.lines().count());
        }
    }
}
