//! Objects of the directory that are read rarely, on the wire.

use std::net::IpAddr;

use epmesh_facts::{
    DirectoryObjects, DnsZone, DynamicUpdates, MachineAccount, Reading, RecordData, StoredName,
    StoredRecord, Timestamp,
};
use epmesh_proto::v1 as proto;

use super::{
    error::{Problem, WireError},
    limits,
    reader::{Reader, Wire, WireEnum as _, address_bytes, encode_all, wire_enum},
    reading::reading,
};

wire_enum!(DynamicUpdates = proto::DynamicUpdates { Off, Unsecure, Secure });

impl Wire for DirectoryObjects {
    type Message = proto::DirectoryObjects;

    fn encode(&self) -> proto::DirectoryObjects {
        proto::DirectoryObjects {
            zones: reading(&self.zones, |list| encode_all(list)),
            names: reading(&self.names, |list| encode_all(list)),
            accounts: reading(&self.accounts, |list| encode_all(list)),
        }
    }

    fn decode(m: proto::DirectoryObjects, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            zones: r.later_reading("zones", m.zones, |r, list| {
                r.list("value", list, limits::DNS_ZONES, |r, m| Wire::decode(m, r))
            })?,
            names: r.later_reading("names", m.names, |r, list| {
                r.list("value", list, limits::STORED_NAMES, |r, m| Wire::decode(m, r))
            })?,
            accounts: r.later_reading("accounts", m.accounts, |r, list| {
                r.list("value", list, limits::MACHINE_ACCOUNTS, |r, m| Wire::decode(m, r))
            })?,
        })
    }
}

impl Wire for DnsZone {
    type Message = proto::DnsZone;

    fn encode(&self) -> proto::DnsZone {
        let addresses = |list: &Vec<IpAddr>| list.iter().copied().map(address_bytes).collect();
        proto::DnsZone {
            name: self.name.to_string(),
            partition: self.partition.clone(),
            updates: reading(&self.updates, |updates| updates.number()),
            aging: reading(&self.aging, |flag| *flag),
            no_refresh_hours: reading(&self.no_refresh_hours, |hours| *hours),
            refresh_hours: reading(&self.refresh_hours, |hours| *hours),
            scavenging_servers: reading(&self.scavenging_servers, addresses),
            wins: reading(&self.wins, addresses),
            negative_ttl_s: reading(&self.negative_ttl_s, |seconds| *seconds),
        }
    }

    fn decode(m: proto::DnsZone, r: &mut Reader) -> Result<Self, WireError> {
        let number = |_: &mut Reader, number| Ok(number);
        Ok(Self {
            name: r.name("name", &m.name)?,
            partition: r.text("partition", m.partition, limits::DISTINGUISHED_NAME_BYTES)?,
            updates: r.later_reading("updates", m.updates, |r, value| r.known("value", value))?,
            aging: r.later_reading("aging", m.aging, |_, flag| Ok(flag))?,
            no_refresh_hours: r.later_reading("no_refresh_hours", m.no_refresh_hours, number)?,
            refresh_hours: r.later_reading("refresh_hours", m.refresh_hours, number)?,
            scavenging_servers: servers(r, "scavenging_servers", m.scavenging_servers)?,
            wins: servers(r, "wins", m.wins)?,
            negative_ttl_s: r.later_reading("negative_ttl_s", m.negative_ttl_s, number)?,
        })
    }
}

fn servers(
    r: &mut Reader,
    name: &'static str,
    message: Option<proto::AddressesReading>,
) -> Result<Reading<Vec<IpAddr>>, WireError> {
    r.later_reading(name, message, |r, list| {
        r.list("value", list, limits::ZONE_SERVERS, |r, bytes| r.plain_address(&bytes))
    })
}

impl Wire for StoredName {
    type Message = proto::StoredName;

    fn encode(&self) -> proto::StoredName {
        proto::StoredName {
            name: self.name.to_string(),
            zone: self.zone.to_string(),
            partition: self.partition.clone(),
            records: reading(&self.records, |list| encode_all(list)),
            deleted: reading(&self.deleted, |moment| moment.as_millis()),
        }
    }

    fn decode(m: proto::StoredName, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            name: r.name("name", &m.name)?,
            zone: r.name("zone", &m.zone)?,
            partition: r.text("partition", m.partition, limits::DISTINGUISHED_NAME_BYTES)?,
            records: r.later_reading("records", m.records, |r, list| {
                r.list("value", list, limits::STORED_RECORDS, |r, m| Wire::decode(m, r))
            })?,
            deleted: r
                .later_reading("deleted", m.deleted, |r, millis| r.moment("value", millis))?,
        })
    }
}

impl Wire for StoredRecord {
    type Message = proto::StoredRecord;

    fn encode(&self) -> proto::StoredRecord {
        use proto::stored_record::Data;
        proto::StoredRecord {
            data: Some(match &self.data {
                RecordData::Address(address) => Data::Address(address_bytes(*address)),
                RecordData::Alias(name) => Data::Alias(name.to_string()),
            }),
            refreshed_ms: self.refreshed.map(Timestamp::as_millis),
        }
    }

    fn decode(m: proto::StoredRecord, r: &mut Reader) -> Result<Self, WireError> {
        use proto::stored_record::Data;
        Ok(Self {
            data: match m.data {
                Some(Data::Address(bytes)) => RecordData::Address(r.address("address", &bytes)?),
                Some(Data::Alias(text)) => RecordData::Alias(r.name("alias", &text)?),
                None => return r.refuse_field("data", Problem::UnknownCase),
            },
            refreshed: r.optional_moment("refreshed_ms", m.refreshed_ms)?,
        })
    }
}

impl Wire for MachineAccount {
    type Message = proto::MachineAccount;

    fn encode(&self) -> proto::MachineAccount {
        proto::MachineAccount {
            host: self.host.to_string(),
            password_set: reading(&self.password_set, |moment| moment.as_millis()),
        }
    }

    fn decode(m: proto::MachineAccount, r: &mut Reader) -> Result<Self, WireError> {
        Ok(Self {
            host: r.name("host", &m.host)?,
            password_set: r.later_reading("password_set", m.password_set, |r, millis| {
                r.moment("value", millis)
            })?,
        })
    }
}
