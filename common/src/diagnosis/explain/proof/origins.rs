//! Proof from the directory: where a wrong answer of a DNS server came from. How old the record is, whether it is
//! static, and whether the zone takes old ones out. Copies of the directory that could not be read are said to be so.

use epmesh_facts::{Answer, DnsName, DnsZone, Reading, RecordData, RecordType, Source};

use super::{
    super::super::{
        case::{Case, Origin, age_in_words},
        cause::Step,
        verdict::EvidenceItem,
    },
    item::item,
};

/// At most so many names are told of.
const NAMES: usize = 6;

/// An answer that wants an explanation: wrong data of a name, or none.
type Asked = (DnsName, RecordType, Option<RecordData>);

pub(super) fn origins(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    let mut zones: Vec<(&DnsName, &str)> = Vec::new();
    for (name, kind, data) in strange(case).into_iter().take(NAMES) {
        for origin in case.origins(&name) {
            let (fact, raw) = words(case, &origin, kind, data.as_ref());
            items.push(item(Step::Resolve, origin.copy.witness, origin.copy.at, fact, raw));
            let place = (&origin.row.zone, origin.row.partition.as_str());
            if let Some(zone) = origin.zone().filter(|_| !zones.contains(&place)) {
                zones.push(place);
                let said = of_zone(zone, data.is_none()).into_iter();
                items.extend(said.map(|(fact, raw)| {
                    item(Step::Resolve, origin.copy.witness, origin.copy.at, fact, raw)
                }));
            }
        }
    }
}

/// The answers of DNS servers that are wrong, or that lack what has to be there.
fn strange(case: &Case<'_>) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    let lookups = case.look.into_iter().flat_map(|look| &look.seen.lookups);
    for lookup in lookups.filter(|lookup| matches!(lookup.source, Source::Dns(_))) {
        let (name, kind) = (&lookup.question.name, lookup.question.kind);
        let found: Vec<Asked> = match &lookup.answer {
            Answer::Records(records) => {
                let wrong = records.iter().filter(|record| is_wrong(case, &record.data));
                wrong
                    .map(|one| (one.name.clone(), one.data.kind(), Some(one.data.clone())))
                    .collect()
            }
            Answer::NoSuchName | Answer::NoData if is_missed(case, kind) => {
                vec![(name.clone(), kind, None)]
            }
            _ => Vec::new(),
        };
        for one in found {
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

/// Whether an answer is not the source, as far as that can be told.
fn is_wrong(case: &Case<'_>, data: &RecordData) -> bool {
    match data {
        RecordData::Alias(target) => target != case.source(),
        RecordData::Address(address) => match case.source_addresses() {
            Some(own) => !own.contains(address),
            None => case.evidence.owners.get(address).is_some_and(|owner| owner != case.source()),
        },
    }
}

/// Whether a record of this type has to be there.
fn is_missed(case: &Case<'_>, kind: RecordType) -> bool {
    let own = case.source_addresses().unwrap_or_default();
    match kind {
        RecordType::Cname => true,
        RecordType::A => own.iter().any(std::net::IpAddr::is_ipv4),
        RecordType::Aaaa | RecordType::Nb => false,
    }
}

/// What the zone has of the name, beside the answer.
fn words(
    case: &Case<'_>,
    origin: &Origin<'_>,
    kind: RecordType,
    data: Option<&RecordData>,
) -> (String, Option<String>) {
    let (name, zone) = (&origin.row.name, &origin.row.zone);
    let partition = Some(origin.row.partition.clone());
    let list = match &origin.row.records {
        Reading::Value(list) => list,
        Reading::Absent | Reading::NotApplicable => {
            return (
                format!("in its directory the zone {zone} has no object of {name}"),
                partition,
            );
        }
        Reading::Unreadable(why) => {
            return (
                format!("what its directory holds of {name} could not be seen: {why}"),
                partition,
            );
        }
    };
    if let Some(record) = data.and_then(|data| origin.record(data)) {
        let what = format!("{kind} {name} {}", record.data);
        return match record.refreshed {
            None => (
                format!("its directory holds {what} as a static record: nobody removes it"),
                Some("time stamp 0".to_owned()),
            ),
            Some(at) => (
                format!(
                    "its directory holds {what}: dynamic update wrote or refreshed it {}",
                    age_in_words(at.until(case.now))
                ),
                Some(format!("time stamp {at}")),
            ),
        };
    }
    if let Reading::Value(at) = &origin.row.deleted {
        let age = age_in_words(at.until(case.now));
        return (
            format!("in its directory the records of {name} were deleted {age}"),
            Some(format!("tombstone of {at}")),
        );
    }
    let all: Vec<String> = list.iter().map(|record| record.data.to_string()).collect();
    let held = if all.is_empty() { "no address and no alias".to_owned() } else { all.join(", ") };
    let lacks = match data {
        Some(data) => format!("not {data}"),
        None => format!("which was not answered for {kind}"),
    };
    (format!("its directory holds for {name} in the zone {zone}: {held}; {lacks}"), partition)
}

/// What the zone does with old records, and with names that it has not.
fn of_zone(zone: &DnsZone, is_missing: bool) -> Vec<(String, Option<String>)> {
    let name = &zone.name;
    let hours = |reading: &Reading<u32>| {
        reading.value().map_or("the default".to_owned(), |hours| format!("{hours} h"))
    };
    let intervals = format!(
        "no-refresh {}, refresh {}",
        hours(&zone.no_refresh_hours),
        hours(&zone.refresh_hours)
    );
    let mut all = Vec::new();
    all.push(match &zone.aging {
        Reading::Value(true) => {
            let servers = zone.scavenging_servers.value();
            let by = servers.map_or("any server that scavenges".to_owned(), |list| {
                list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            });
            (format!("records of {name} age; they are scavenged by {by}"), Some(intervals))
        }
        Reading::Value(false) => {
            (format!("scavenging is off for {name}: its records do not age"), Some(intervals))
        }
        Reading::Absent | Reading::NotApplicable => {
            (format!("{name} has no setting for aging: scavenging is off for it by default"), None)
        }
        Reading::Unreadable(why) => {
            (format!("whether records of {name} age could not be seen: {why}"), None)
        }
    });
    if let Some(servers) = zone.wins.value() {
        let list: Vec<String> = servers.iter().map(ToString::to_string).collect();
        all.push((
            format!("a name that {name} has not is looked up in WINS, by its first label"),
            Some(format!("WINS {}", list.join(", "))),
        ));
    }
    if let Some(seconds) = zone.negative_ttl_s.value().filter(|_| is_missing) {
        all.push((
            format!("a client may remember for {seconds} s that {name} has not a name"),
            Some("minimum of the SOA record".to_owned()),
        ));
    }
    all
}
