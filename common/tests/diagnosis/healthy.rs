//! A healthy link, dc1 ← dc2 for drsuapi, in a forest of three, and the ways to break it.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use epmesh_common::{
    diagnosis::{Evidence, Link, Observed, Registration},
    facts::{
        AddressProbe, Answer, Blank, Boot, DcFacts, Directory, DnsName, EndpointMap, Failure, Host,
        HostsFile, IdentityMethod, IdentityProbe, InterfaceAddress, InterfaceProbe, Listener,
        Lookup, MapAnswer, MapView, NtdsSettings, PeerObservation, Platform, PortProbe, Ports,
        Process, Question, Reading, Record, RecordData, RecordType, Resolver, Section, Service,
        ServiceRole, ServiceState, Services, Source, Stage, StartType, Through, Timestamp,
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

pub(crate) struct Scenario {
    pub(crate) evidence: Evidence,
}

impl Scenario {
    pub(crate) fn healthy() -> Self {
        let link = Link { destination: name(DC1), source: name(DC2), interface: drsuapi() };
        let mut evidence = Evidence::empty(link, 180_000);
        evidence.owners = BTreeMap::from([
            (address(FIRST), name(DC1)),
            (address(SECOND), name(DC2)),
            (address(THIRD), name("dc3.lab.test")),
            (address(MEMBER), name("member.lab.test")),
        ]);
        evidence.destination = destination().into();
        evidence.source = source().into();
        evidence.observations = vec![observed(DC1, SECOND)];
        evidence.registrations = vec![Registration {
            interface: drsuapi(),
            boot: Some("this life".to_owned()),
            process: Some(process()),
            first: seconds_ago(80_000),
            last: seconds_ago(30),
            lost: None,
        }];
        evidence.watched_since = Some(seconds_ago(90_000));
        Self { evidence }
    }

    pub(crate) fn probe(&mut self) -> &mut AddressProbe {
        &mut self.evidence.observations[0].seen.addresses[0]
    }

    pub(crate) fn lookups(&mut self) -> &mut Vec<Lookup> {
        &mut self.evidence.observations[0].seen.lookups
    }

    pub(crate) fn service(&mut self, role: ServiceRole) -> &mut Service {
        let services = &mut self.evidence.source.services.as_mut().expect("healthy").fact;
        let Reading::Value(list) = &mut services.list else { panic!("healthy") };
        list.iter_mut().find(|service| service.roles.contains(&role)).expect("healthy")
    }

    pub(crate) fn stop_services(&mut self) {
        for role in [ServiceRole::Directory, ServiceRole::DirectoryRpc, ServiceRole::EndpointMapper]
        {
            let service = self.service(role);
            service.state = ServiceState::Stopped;
            service.process = Reading::Absent;
        }
    }

    pub(crate) fn restart_service(&mut self, started: Timestamp) {
        let service = self.service(ServiceRole::DirectoryRpc);
        service.process = Reading::Value(Process { pid: 9_000, started });
    }

    pub(crate) fn lose_registration(&mut self) {
        self.probe().interfaces[0].answer = MapAnswer::NotRegistered(0x16C9_A0D6);
        self.probe().interfaces[0].ports.clear();
        let map = &mut self.evidence.source.endpoint_map.as_mut().expect("healthy").fact;
        map.views[0].endpoints = Ok(Vec::new());
    }

    pub(crate) fn register_on_pipe_only(&mut self) {
        let map = &mut self.evidence.source.endpoint_map.as_mut().expect("healthy").fact;
        map.views[0].endpoints = Ok(vec![endpoint(ProtocolSequence::NcacnNp, "\\pipe\\lsass")]);
    }

    pub(crate) fn refuse_135(&mut self) {
        self.cut_135(Failure::Refused);
    }

    pub(crate) fn time_out_135(&mut self) {
        self.cut_135(Failure::TimedOut);
    }

    fn cut_135(&mut self, failure: Failure) {
        let probe = self.probe();
        probe.connect = error(failure);
        probe.bind = None;
        probe.interfaces.clear();
        probe.identity.clear();
    }

    pub(crate) fn close_135(&mut self) {
        self.close(135);
    }

    pub(crate) fn close(&mut self, port: u16) {
        let ports = &mut self.evidence.source.ports.as_mut().expect("healthy").fact;
        let Reading::Value(listeners) = &mut ports.listeners else { panic!("healthy") };
        listeners.retain(|listener| listener.port != port);
    }

    pub(crate) fn block_port(&mut self, failure: Failure) {
        let port = &mut self.probe().interfaces[0].ports[0];
        port.connect = error(failure);
        port.bind = None;
    }

    pub(crate) fn third_looks(&mut self, connect: &Result<(), Failure>) {
        let mut third = observed("dc3.lab.test", SECOND);
        if let Err(failure) = connect {
            third.seen.addresses[0].connect = error(failure.clone());
            third.seen.addresses[0].bind = None;
            third.seen.addresses[0].interfaces.clear();
        }
        self.evidence.observations.push(third);
    }

    pub(crate) fn hosts_line(&mut self, line: u32, to: &str) {
        let record = Record {
            name: name(DC2),
            data: RecordData::Address(address(to)),
            ttl: None,
            line: Some(line),
        };
        for lookup in self.lookups().iter_mut().filter(|lookup| lookup.source == Source::Hosts) {
            lookup.answer = Answer::Records(vec![record.clone()]);
        }
    }

    pub(crate) fn a_record(&mut self, servers: &[&str], to: &[&str]) {
        let records: Vec<Record> = to
            .iter()
            .map(|to| Record {
                name: name(DC2),
                data: RecordData::Address(address(to)),
                ttl: Some(900),
                line: None,
            })
            .collect();
        for server in servers {
            let source = Source::Dns(address(server));
            for lookup in self.lookups().iter_mut() {
                if lookup.source == source && lookup.question.kind == RecordType::A {
                    lookup.answer = if records.is_empty() {
                        Answer::NoData
                    } else {
                        Answer::Records(records.clone())
                    };
                }
            }
        }
    }

    pub(crate) fn cname(&mut self, target: Option<&str>, leads_to: &str) {
        for server in [FIRST, THIRD] {
            let source = Source::Dns(address(server));
            for lookup in self.lookups().iter_mut() {
                if lookup.source == source && lookup.question.kind == RecordType::Cname {
                    lookup.answer = target.map_or(Answer::NoSuchName, alias_to);
                }
            }
            if let Some(target) = target {
                let answer = addresses(target, &[leads_to]);
                self.lookups().push(lookup(source, target, RecordType::A, answer));
            }
        }
    }

    pub(crate) fn silence(&mut self, server: &str) {
        let source = Source::Dns(address(server));
        for lookup in self.lookups().iter_mut().filter(|lookup| lookup.source == source) {
            lookup.answer = Answer::TimedOut;
        }
    }

    pub(crate) fn windows_destination(&mut self) {
        self.evidence.destination.host.as_mut().expect("healthy").fact.platform = Platform::Windows;
    }

    pub(crate) fn lead_to_member(&mut self) {
        *self.probe() = member();
    }

    pub(crate) fn also_member(&mut self) {
        self.evidence.observations[0].seen.addresses.push(member());
    }

    pub(crate) fn lead_to_third(&mut self) {
        let mut third = working(THIRD);
        third.identity = vec![identity("dc3.lab.test", "33333333-0000-4000-8000-000000000003")];
        *self.probe() = third;
    }

    pub(crate) fn lead_to_nobody(&mut self, to: &str) {
        self.time_out_135();
        self.probe().address = address(to);
    }

    /// Moves the source's own clock: the times inside what it says of itself.
    pub(crate) fn set_source_clock(&mut self, ahead_ms: i64) {
        let source = &mut self.evidence.source;
        source.clock_ahead_ms = ahead_ms;
        let by = Duration::from_millis(ahead_ms.unsigned_abs());
        let moved = |at: Timestamp| if ahead_ms >= 0 { at.plus(by) } else { at.minus(by) };
        if let Some(Reading::Value(boot)) = source.host.as_mut().map(|host| &mut host.fact.boot) {
            boot.at = moved(boot.at);
        }
        if let Some(Reading::Value(list)) = source.services.as_mut().map(|s| &mut s.fact.list) {
            for service in list {
                if let Reading::Value(process) = &mut service.process {
                    process.started = moved(process.started);
                }
            }
        }
        for known in &mut self.evidence.registrations {
            if let Some(process) = &mut known.process {
                process.started = moved(process.started);
            }
        }
    }

    pub(crate) fn age_source(&mut self, seconds: u64) {
        let at = seconds_ago(seconds);
        let source = &mut self.evidence.source;
        source.host.as_mut().expect("healthy").at = at;
        source.endpoint_map.as_mut().expect("healthy").at = at;
        source.services.as_mut().expect("healthy").at = at;
        source.ports.as_mut().expect("healthy").at = at;
    }
}

/// Moves every RFC 3339 time in a document forward.
pub(crate) fn shift_times(json: &mut serde_json::Value, seconds: u64) {
    match json {
        serde_json::Value::String(text) => {
            let quoted = format!("\"{text}\"");
            if let Ok(at) = serde_json::from_str::<Timestamp>(&quoted) {
                *text = at.plus(Duration::from_secs(seconds)).to_string();
            }
        }
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(|item| shift_times(item, seconds));
        }
        serde_json::Value::Object(fields) => {
            fields.values_mut().for_each(|field| shift_times(field, seconds));
        }
        _ => {}
    }
}

fn process() -> Process {
    Process { pid: 640, started: seconds_ago(80_010) }
}

fn destination() -> DcFacts {
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

fn source() -> DcFacts {
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

fn host(dc: &str, own: &str, guid: &str) -> Host {
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

fn service(name: &str, roles: &[ServiceRole]) -> Service {
    Service {
        roles: roles.to_vec(),
        start: Reading::Value(StartType::Automatic),
        process: Reading::Value(process()),
        ..Service::blank(name, ServiceState::Running, &Blank::NotApplicable)
    }
}

fn endpoint(sequence: ProtocolSequence, endpoint: &str) -> Endpoint {
    Endpoint {
        interface: drsuapi(),
        object: None,
        binding: Binding { sequence, endpoint: endpoint.to_owned(), host: None },
        annotation: "MS NT Directory DRS Interface".to_owned(),
    }
}

fn observed(witness: &str, at: &str) -> Observed {
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

fn lookup(source: Source, asked: &str, kind: RecordType, answer: Answer) -> Lookup {
    Lookup {
        code: None,
        local: None,
        source,
        question: Question { name: name(asked), kind },
        answer,
        took_ms: 1,
        retried: false,
    }
}

fn alias_to(target: &str) -> Answer {
    Answer::Records(vec![Record {
        name: name(ALIAS),
        data: RecordData::Alias(name(target)),
        ttl: Some(600),
        line: None,
    }])
}

fn addresses(owner: &str, to: &[&str]) -> Answer {
    let record = |to: &&str| Record {
        name: name(owner),
        data: RecordData::Address(address(to)),
        ttl: Some(900),
        line: None,
    };
    Answer::Records(to.iter().map(record).collect())
}

fn working(at: &str) -> AddressProbe {
    AddressProbe {
        address: address(at),
        local: None,
        connect: outcome(Ok(())),
        bind: Some(outcome(Ok(()))),
        interfaces: vec![InterfaceProbe {
            code: None,
            interface: drsuapi(),
            answer: MapAnswer::Endpoints(vec![Binding {
                sequence: ProtocolSequence::NcacnIpTcp,
                endpoint: "49152".to_owned(),
                host: None,
            }]),
            took_ms: 1,
            ports: vec![PortProbe {
                port: 49152,
                connect: outcome(Ok(())),
                bind: Some(outcome(Ok(()))),
                altered: false,
            }],
            retried: false,
        }],
        map: None,
        map_code: None,
        map_took_ms: 0,
        identity: vec![identity(DC2, DC2_GUID)],
        well_known: Vec::new(),
    }
}

fn member() -> AddressProbe {
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

fn identity(dns_name: &str, guid: &str) -> IdentityProbe {
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
