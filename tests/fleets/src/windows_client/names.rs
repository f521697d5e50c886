//! The search for the source's addresses, by the rows of `name_rows`.

use std::net::IpAddr;

use epmesh_common::facts::{Answer, DnsName, Record, RecordData, RecordType};

use super::{
    around::{Around, Client},
    name_rows::{NAMES, NETBIOS, Name, OnSamba, SOURCES, Source, Then, Way, after},
};

/// A source of names that decides could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unread;

/// An alias that leads to an alias, and so on, ends here.
const CHAIN: usize = 4;

/// The addresses to which the names lead; none where no name leads anywhere.
pub(super) fn addresses(
    around: &impl Around,
    client: &Client,
    way: Way,
) -> Result<Vec<IpAddr>, Unread> {
    for (name, on_samba) in NAMES {
        if on_samba == OnSamba::No && !client.is_windows {
            continue;
        }
        let found = match name {
            Name::Alias => match &client.alias {
                Some(alias) => both(around, client, alias, way)?,
                None => return Err(Unread),
            },
            Name::Host => both(around, client, &client.host, way)?,
            Name::NetBios => netbios(around),
        };
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Both families: each is a question of its own.
fn both(
    around: &impl Around,
    client: &Client,
    name: &DnsName,
    way: Way,
) -> Result<Vec<IpAddr>, Unread> {
    let mut found = Vec::new();
    for kind in [RecordType::A, RecordType::Aaaa] {
        for address in of_kind(around, client, name, kind, way, CHAIN)? {
            if !found.contains(&address) {
                found.push(address);
            }
        }
    }
    Ok(found)
}

fn of_kind(
    around: &impl Around,
    client: &Client,
    name: &DnsName,
    kind: RecordType,
    way: Way,
    depth: usize,
) -> Result<Vec<IpAddr>, Unread> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(Vec::new()) };
    for source in SOURCES {
        let said = match source {
            Source::Hosts => in_hosts(around, name, kind, way)?,
            Source::Cache => in_cache(around, name, kind, way)?,
            Source::Dns => Some(in_dns(around, client, name, kind, way)?),
        };
        let Some(records) = said else { continue };
        let direct = of(&records, kind);
        let leads = records.iter().find_map(|record| match &record.data {
            RecordData::Alias(target) => Some(target),
            RecordData::Address(_) => None,
        });
        return match leads {
            Some(target) if direct.is_empty() => of_kind(around, client, target, kind, way, depth),
            _ => Ok(direct),
        };
    }
    Ok(Vec::new())
}

fn of(records: &[Record], kind: RecordType) -> Vec<IpAddr> {
    let address = |record: &Record| match record.data {
        RecordData::Address(address) => Some(address),
        RecordData::Alias(_) => None,
    };
    let fits = |address: &IpAddr| address.is_ipv4() == (kind == RecordType::A);
    records.iter().filter_map(address).filter(fits).collect()
}

/// The records of a hosts file: nothing where it has no line of the name, and none at all where its lines
/// are of the other family and speak for both.
fn in_hosts(
    around: &impl Around,
    name: &DnsName,
    kind: RecordType,
    way: Way,
) -> Result<Option<Vec<Record>>, Unread> {
    let other = if kind == RecordType::A { RecordType::Aaaa } else { RecordType::A };
    match (around.hosts(name, kind), around.hosts(name, other)) {
        (Some(Answer::NotAsked(_)), _) => Err(Unread),
        (Some(Answer::Records(records)), _) => Ok(Some(records)),
        (_, Some(Answer::Records(_))) if way.line_speaks_for_all => Ok(Some(Vec::new())),
        _ => Ok(None),
    }
}

fn in_cache(
    around: &impl Around,
    name: &DnsName,
    kind: RecordType,
    way: Way,
) -> Result<Option<Vec<Record>>, Unread> {
    let leads = matches!(around.cached(name, RecordType::Cname), Some(Answer::Records(_)));
    let kinds = [kind, RecordType::Cname];
    for kind in kinds.into_iter().skip(usize::from(leads && !way.cached_whole)) {
        match around.cached(name, kind) {
            Some(Answer::Records(records)) => return Ok(Some(records)),
            Some(Answer::NoData) => return Ok(Some(Vec::new())),
            Some(Answer::NotAsked(_)) => return Err(Unread),
            _ => {}
        }
    }
    Ok(None)
}

/// What DNS says: no records where the search ends without, or where nobody answers.
fn in_dns(
    around: &impl Around,
    client: &Client,
    name: &DnsName,
    kind: RecordType,
    way: Way,
) -> Result<Vec<Record>, Unread> {
    // A server that holds an alias answers every question for the name with it (RFC 1034 3.6.2).
    let is_alias = client.alias.as_ref() == Some(name);
    let asked = if is_alias { RecordType::Cname } else { kind };
    for &server in client.servers.as_ref().ok_or(Unread)? {
        let Some(answer) = around.dns(server, name, asked) else { continue };
        match (after(&answer), answer) {
            (Then::Takes, Answer::Records(records)) => return Ok(records),
            (_, Answer::NotAsked(_)) => return Err(Unread),
            (Then::Takes | Then::Ends, _) => return Ok(Vec::new()),
            (Then::Open, _) if way.failure_ends => return Ok(Vec::new()),
            (Then::Next | Then::Open, _) => {}
        }
    }
    Ok(Vec::new())
}

fn netbios(around: &impl Around) -> Vec<IpAddr> {
    for source in NETBIOS {
        for answer in around.netbios(source) {
            match (after(&answer), answer) {
                (Then::Takes, Answer::Records(records)) => return of(&records, RecordType::A),
                (Then::Next, _) => {}
                // The next WINS server is for the case that the first is silent.
                _ => break,
            }
        }
    }
    Vec::new()
}
