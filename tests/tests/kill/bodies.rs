//! The bodies that the agents report: bodies that carry the number of their report.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use epmesh_common::{
    facts::{
        AddressProbe, Answer, Blank, Body, Directory, DnsName, EndpointMap, Host, InterfaceAddress,
        InterfaceProbe, Lookup, MapAnswer, MapView, NtdsSettings, PeerObservation, Platform,
        Question, Reading, Record, RecordData, RecordType, Report, Section, Source, Stage,
        Statement, Through, Timestamp,
    },
    rpc::{Binding, Endpoint, InterfaceId, names},
};
use uuid::Uuid;

/// Every how many reports the endpoint map is among the bodies; every second time it is so large
/// that it is stored in pieces.
const MAP_EVERY: u64 = 5;

/// Endpoints of a large map: several times the 96 KiB of one stored value.
const LARGE: u64 = 1_200;

/// The domain controllers of the test.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    pub(crate) dcs: Vec<DnsName>,
    drsuapi: InterfaceId,
}

impl Forest {
    pub(crate) fn new(count: usize) -> Result<Self> {
        let dcs = (1..=count).map(|number| format!("dc{number}.lab.test").parse());
        let dcs = dcs.collect::<Result<_, _>>()?;
        let drsuapi = names::find("drsuapi").context("drsuapi")?;
        Ok(Self { dcs, drsuapi })
    }

    /// Report `number` of the agent with this index.
    pub(crate) fn report(&self, index: usize, number: u64) -> Result<Report> {
        let at = now();
        let name = self.dcs.get(index).context("an agent")?;
        let mut statements = vec![
            Body::Own(Box::new(host(name, address_of(index, self.dcs.len()), number))).stated(at),
        ];
        let step = usize::try_from(number % 3)? + 1;
        let peer = self.dcs.get((index + step) % self.dcs.len()).context("a peer")?;
        statements.push(Body::Peer(self.observation(peer, number)).stated(at));
        let directory = Body::Own(Box::new(self.directory())).stated(at);
        // In full only the first time: that the coordinator holds it is relied on ever after.
        let body = directory.body.clone().filter(|_| number == 1);
        statements.push(Statement { body, ..directory });
        if number.is_multiple_of(MAP_EVERY) {
            statements.push(Body::Own(Box::new(self.map(number))).stated(at));
        }
        Ok(Report { sequence: number, at, statements, dropped: 0, notes: Vec::new() })
    }

    fn directory(&self) -> Section {
        let settings = self.dcs.iter().zip(1_u128..).map(|(dc, number)| NtdsSettings {
            server: dc.host().to_owned(),
            host: Some(dc.clone()),
            dsa_guid: Uuid::from_u128(number),
            site: None,
            created: None,
        });
        Section::Directory(Directory {
            settings: Reading::Value(settings.collect()),
            ..Directory::blank(&Blank::Absent)
        })
    }

    fn map(&self, number: u64) -> Section {
        let count = if number.is_multiple_of(2 * MAP_EVERY) { LARGE + number % 700 } else { 2 };
        let endpoints = (0..count).map(|index| Endpoint {
            interface: self.drsuapi,
            object: None,
            binding: Binding { endpoint: (10_000 + index).to_string(), ..Binding::tcp(0) },
            annotation: format!("report {number}, padded to what an annotation may have"),
        });
        let endpoints = Ok(endpoints.collect());
        Section::EndpointMap(EndpointMap {
            views: vec![MapView { through: Through::Local, endpoints }],
        })
    }

    fn observation(&self, peer: &DnsName, number: u64) -> PeerObservation {
        if self.dcs.last() == Some(peer) {
            return self.unregistered(peer, number);
        }
        PeerObservation {
            peer: peer.clone(),
            dsa_guid: Some(Uuid::from_u128(number.into())),
            lookups: Vec::new(),
            addresses: vec![AddressProbe::reached(
                Ipv4Addr::new(192, 0, 2, 1).into(),
                self.drsuapi,
                49_152,
                1,
            )],
        }
    }
}

impl Forest {
    /// The last one denies the interface to everybody, always: there is an incident all the time.
    fn unregistered(&self, peer: &DnsName, number: u64) -> PeerObservation {
        let no = MapAnswer::NotRegistered(0x16c9_a0d6);
        let records = Answer::Records(vec![Record {
            name: peer.clone(),
            data: RecordData::Address(Ipv4Addr::new(192, 0, 2, 2).into()),
            ttl: Some(900),
            line: None,
        }]);
        PeerObservation {
            peer: peer.clone(),
            dsa_guid: Some(Uuid::from_u128(number.into())),
            lookups: vec![Lookup::new(
                Source::Dns(Ipv4Addr::new(192, 0, 2, 53).into()),
                Question { name: peer.clone(), kind: RecordType::A },
                records,
                1,
            )],
            addresses: vec![AddressProbe {
                bind: Some(Stage::ok(1)),
                interfaces: vec![InterfaceProbe::answered(self.drsuapi, no, 1)],
                ..AddressProbe::connected(Ipv4Addr::new(192, 0, 2, 2).into(), Stage::ok(1))
            }],
        }
    }
}

/// The number in a host's facts.
pub(crate) fn number_of(host: &Host) -> Option<u64> {
    host.os.value()?.strip_prefix("report ")?.parse().ok()
}

/// Where a domain controller is: the last one apart from the others.
fn address_of(index: usize, count: usize) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, if index + 1 == count { 2 } else { 1 }).into()
}

fn host(name: &DnsName, address: IpAddr, number: u64) -> Section {
    Section::Host(Host {
        domain: Reading::from(name.parent()),
        forest: Reading::from(name.parent()),
        addresses: Reading::Value(vec![InterfaceAddress { interface: "net0".to_owned(), address }]),
        os: Reading::Value(format!("report {number}")),
        ..Host::blank(name.clone(), Platform::Simulated, "0.0-kill", &Blank::Absent)
    })
}

/// Now.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
