//! The records of a DNS server, and how it behaves.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

use epmesh_common::facts::{DnsName, RecordData, RecordType};

/// The behaviour of a server for a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// From its records.
    #[default]
    Answer,
    /// REFUSED.
    Refuse,
    /// SERVFAIL.
    Fail,
    /// Not at all.
    Silent,
}

/// The result of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// These records, the alias first where there is one.
    Records(Vec<(DnsName, RecordData)>),
    /// The name exists, such a record does not.
    NoData,
    /// The name does not exist.
    NoSuchName,
}

/// The records of one DNS server: each server has its own copy, so that they can disagree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    records: BTreeMap<DnsName, Vec<RecordData>>,
    behaviour: BTreeMap<DnsName, Behaviour>,
    default: Behaviour,
}

impl Zone {
    /// Puts these records in the place of all that the name has.
    pub fn set(&mut self, name: &DnsName, records: Vec<RecordData>) {
        self.records.insert(name.clone(), records);
    }

    /// Gives the name this address, and no other.
    pub fn set_address(&mut self, name: &DnsName, address: Ipv4Addr) {
        self.set(name, vec![RecordData::Address(IpAddr::V4(address))]);
    }

    /// Makes the name an alias of `target`.
    pub fn set_alias(&mut self, name: &DnsName, target: &DnsName) {
        self.set(name, vec![RecordData::Alias(target.clone())]);
    }

    /// Takes the name out.
    pub fn remove(&mut self, name: &DnsName) {
        self.records.remove(name);
    }

    /// Makes the server behave so for this name; for all others, with `None`.
    pub fn behave(&mut self, name: Option<&DnsName>, behaviour: Behaviour) {
        match name {
            Some(name) => {
                self.behaviour.insert(name.clone(), behaviour);
            }
            None => self.default = behaviour,
        }
    }

    /// The behaviour of the server for this name.
    #[must_use]
    pub fn behaviour(&self, name: &DnsName) -> Behaviour {
        self.behaviour.get(name).copied().unwrap_or(self.default)
    }

    /// A server that holds both records of an alias adds those of its target (RFC 1034 4.3.2).
    pub(super) fn find(&self, name: &DnsName, kind: RecordType) -> Found {
        let Some(here) = self.records.get(name) else {
            // A name above others exists without records of its own (RFC 8020).
            let above = self.records.keys().any(|other| other != name && other.is_within(name));
            return if above { Found::NoData } else { Found::NoSuchName };
        };
        let matches = |data: &&RecordData| match (kind, data) {
            (RecordType::Cname, RecordData::Alias(_)) => true,
            (RecordType::A, RecordData::Address(address)) => address.is_ipv4(),
            (RecordType::Aaaa, RecordData::Address(address)) => address.is_ipv6(),
            _ => false,
        };
        let owned = |data: &RecordData| (name.clone(), data.clone());
        let mut found: Vec<_> = here.iter().filter(matches).map(owned).collect();
        let alias = here.iter().find_map(|data| match data {
            RecordData::Alias(target) => Some(target),
            RecordData::Address(_) => None,
        });
        if let Some(target) = alias.filter(|_| kind != RecordType::Cname) {
            found.push((name.clone(), RecordData::Alias(target.clone())));
            let there = self.records.get(target).into_iter().flatten();
            found.extend(there.filter(matches).map(|data| (target.clone(), data.clone())));
        }
        if found.is_empty() { Found::NoData } else { Found::Records(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DnsName {
        text.parse().expect("a host name")
    }

    #[test]
    fn no_such_name_and_no_data_are_two_answers() {
        let mut zone = Zone::default();
        zone.set_address(&name("dc1.lab.test"), Ipv4Addr::LOCALHOST);
        zone.set_alias(&name("x._msdcs.lab.test"), &name("dc1.lab.test"));
        assert_eq!(zone.find(&name("dc2.lab.test"), RecordType::A), Found::NoSuchName);
        assert_eq!(zone.find(&name("dc1.lab.test"), RecordType::Aaaa), Found::NoData);
        assert_eq!(zone.find(&name("_msdcs.lab.test"), RecordType::A), Found::NoData);
        let Found::Records(records) = zone.find(&name("x._msdcs.lab.test"), RecordType::A) else {
            panic!("the alias has an address")
        };
        assert_eq!(records.len(), 2);
    }
}
