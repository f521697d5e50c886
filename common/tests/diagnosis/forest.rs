//! A healthy forest of three, piece by piece: what its domain controllers say and what one sees of another.

use std::{net::IpAddr, time::Duration};

use epmesh_common::{
    diagnosis::Observed,
    facts::{
        AddressProbe, Answer, Blank, Boot, DcFacts, Directory, DnsName, EndpointMap, Failure, Host,
        HostsFile, IdentityMethod, IdentityProbe, InterfaceAddress, Listener, Lookup, MapAnswer,
        MapView, NtdsSettings, PeerObservation, Platform, Ports, Process, Question, Reading,
        Record, RecordData, RecordType, Resolver, Section, Service, ServiceRole, ServiceState,
        Services, Source, Stage, StartType, Through, Timestamp,
    },
    identity::Identity,
    rpc::{Binding, Endpoint, InterfaceId, ProtocolSequence},
};

pub(crate) const DC1: &str = "dc1.lab.test";
pub(crate) const DC2: &str = "dc2.lab.test";
pub(crate) const FIRST: &str = "10.0.0.11";
pub(crate) const SECOND: &str = "10.0.0.12";
pub(crate) const THIRD: &str = "10.0.0.13";
pub(crate) const MEMBER: &str = "10.0.0.50";
pub(crate) const DC2_GUID: &str = "22222222-0000-4000-8000-000000000002";
const ALIAS: &str = "22222222-0000-4000-8000-000000000002._msdcs.lab.test";

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(1_795_219_200_000)
}

pub(crate) fn seconds_ago(seconds: u64) -> Timestamp {
    now().minus(Duration::from_secs(seconds))
}

pub(crate) fn name(text: &str) -> DnsName {
    text.parse().expect("a host name")
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(crate) fn outcome(outcome: Result<(), Failure>) -> Stage {
    Stage { outcome, ..Stage::ok(1) }
}

pub(crate) fn error(failure: Failure) -> Stage {
    outcome(Err(failure))
}

pub(crate) fn drsuapi() -> InterfaceId {
    "e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0".parse().expect("drsuapi")
}

pub(crate) fn settings(guid: &str) -> NtdsSettings {
    NtdsSettings {
        server: "DC2".to_owned(),
        host: Some(name(DC2)),
        dsa_guid: guid.parse().expect("a GUID"),
        site: Some("Default-First-Site-Name".to_owned()),
        created: Some(seconds_ago(900_000)),
    }
}

pub(crate) fn process() -> Process {
    Process { pid: 640, started: seconds_ago(80_010) }
}

pub(crate) fn destination() -> DcFacts {
    let mut facts = DcFacts::default();
    let at = seconds_ago(20);
    facts.put(at, Section::Host(host(DC1, FIRST, "11111111-0000-4000-8000-000000000001")));
    facts.put(
        at,
        Section::Resolver(Resolver {
            hosts: Reading::Value(HostsFile { path: "/etc/hosts".to_owned(), lines: Vec::new() }),
            servers: Reading::Value(vec![address(FIRST), address(THIRD)]),
            search: Reading::Value(vec![name("lab.test")]),
            ..Resolver::blank(&Blank::Absent)
        }),
    );
    facts.put(
        at,
        Section::Directory(Directory {
            settings: Reading::Value(vec![settings(DC2_GUID)]),
            ..Directory::blank(&Blank::Absent)
        }),
    );
    facts
}

pub(crate) fn source() -> DcFacts {
    let mut facts = DcFacts::default();
    let at = seconds_ago(15);
    facts.put(at, Section::Host(host(DC2, SECOND, DC2_GUID)));
    facts.put(
        at,
        Section::EndpointMap(EndpointMap {
            views: vec![MapView {
                through: Through::Local,
                endpoints: Ok(vec![
                    endpoint(ProtocolSequence::NcacnNp, "\\pipe\\lsass"),
                    endpoint(ProtocolSequence::NcacnIpTcp, "49152"),
                ]),
            }],
        }),
    );
    facts.put(
        at,
        Section::Services(Services {
            list: Reading::Value(vec![
                service("NTDS", &[ServiceRole::Directory, ServiceRole::DirectoryRpc]),
                service("RpcEptMapper", &[ServiceRole::EndpointMapper]),
            ]),
        }),
    );
    // Promoted again, later than the object that the destination may still have.
    let own = NtdsSettings { created: Some(seconds_ago(800_000)), ..settings(DC2_GUID) };
    facts.put(
        at,
        Section::Directory(Directory {
            settings: Reading::Value(vec![own]),
            ..Directory::blank(&Blank::Absent)
        }),
    );
    let listener = |port| Listener { port, address: address("0.0.0.0"), pid: Some(640) };
    // Said again after the look, so that what it says of its ports is of the time of the look.
    facts.put(
        seconds_ago(8),
        Section::Ports(Ports {
            dynamic: Reading::Value(Vec::new()),
            rpc: Reading::Absent,
            listeners: Reading::Value(vec![listener(135), listener(49152)]),
        }),
    );
    facts
}

pub(crate) fn host(dc: &str, own: &str, guid: &str) -> Host {
    Host {
        netbios_name: Reading::Value(name(dc).host().to_uppercase()),
        domain: Reading::Value(name("lab.test")),
        forest: Reading::Value(name("lab.test")),
        site: Reading::Value("Default-First-Site-Name".to_owned()),
        dsa_guid: Reading::Value(guid.parse().expect("a GUID")),
        addresses: Reading::Value(vec![InterfaceAddress {
            interface: "eth0".to_owned(),
            address: address(own),
        }]),
        boot: Reading::Value(Boot { id: "this life".to_owned(), at: seconds_ago(80_020) }),
        ..Host::blank(name(dc), Platform::Samba, "0.1.0", &Blank::Absent)
    }
}

pub(crate) fn service(name: &str, roles: &[ServiceRole]) -> Service {
    Service {
        roles: roles.to_vec(),
        start: Reading::Value(StartType::Automatic),
        process: Reading::Value(process()),
        ..Service::blank(name, ServiceState::Running, &Blank::NotApplicable)
    }
}

pub(crate) fn endpoint(sequence: ProtocolSequence, endpoint: &str) -> Endpoint {
    Endpoint {
        interface: drsuapi(),
        object: None,
        binding: Binding { sequence, endpoint: endpoint.to_owned(), host: None },
        annotation: "MS NT Directory DRS Interface".to_owned(),
    }
}

pub(crate) fn observed(witness: &str, at: &str) -> Observed {
    let mut lookups = vec![
        lookup(Source::Hosts, ALIAS, RecordType::A, Answer::NoSuchName),
        lookup(Source::Hosts, DC2, RecordType::A, Answer::NoSuchName),
    ];
    for server in [FIRST, THIRD] {
        let source = Source::Dns(address(server));
        lookups.push(lookup(source, ALIAS, RecordType::Cname, alias_to(DC2)));
        lookups.push(lookup(source, DC2, RecordType::A, addresses(DC2, &[SECOND])));
        lookups.push(lookup(source, DC2, RecordType::Aaaa, Answer::NoData));
    }
    Observed {
        witness: name(witness),
        at: seconds_ago(10),
        since: None,
        seen: PeerObservation {
            peer: name(DC2),
            dsa_guid: Some(DC2_GUID.parse().expect("a GUID")),
            lookups,
            addresses: vec![working(at)],
        }
        .into(),
    }
}

pub(crate) fn lookup(source: Source, asked: &str, kind: RecordType, answer: Answer) -> Lookup {
    Lookup::new(source, Question { name: name(asked), kind }, answer, 1)
}

pub(crate) fn alias_to(target: &str) -> Answer {
    Answer::Records(vec![Record {
        name: name(ALIAS),
        data: RecordData::Alias(name(target)),
        ttl: Some(600),
        line: None,
    }])
}

pub(crate) fn addresses(owner: &str, to: &[&str]) -> Answer {
    let record = |to: &&str| Record {
        name: name(owner),
        data: RecordData::Address(address(to)),
        ttl: Some(900),
        line: None,
    };
    Answer::Records(to.iter().map(record).collect())
}

pub(crate) fn working(at: &str) -> AddressProbe {
    AddressProbe {
        identity: vec![identity(DC2, DC2_GUID)],
        ..AddressProbe::reached(address(at), drsuapi(), 49_152, 1)
    }
}

pub(crate) fn member() -> AddressProbe {
    let mut probe = working(MEMBER);
    probe.interfaces[0].answer = MapAnswer::NotRegistered(0x16C9_A0D6);
    probe.interfaces[0].ports.clear();
    probe.identity = vec![IdentityProbe {
        code: None,
        method: IdentityMethod::NtlmChallenge,
        outcome: Ok(Identity {
            dns_name: Some("member.lab.test".to_owned()),
            netbios_name: Some("MEMBER".to_owned()),
            ..Identity::default()
        }),
        took_ms: 1,
        retried: false,
    }];
    probe
}

pub(crate) fn identity(dns_name: &str, guid: &str) -> IdentityProbe {
    IdentityProbe {
        code: None,
        method: IdentityMethod::RootDse,
        outcome: Ok(Identity {
            dns_name: Some(dns_name.to_owned()),
            dsa_guid: Some(guid.parse().expect("a GUID")),
            ..Identity::default()
        }),
        took_ms: 1,
        retried: false,
    }
}
