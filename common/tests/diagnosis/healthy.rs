//! A healthy link, dc1 ← dc2 for drsuapi, in the forest of three, and the ways to break it.

use std::{collections::BTreeMap, time::Duration};

use epmesh_common::{
    diagnosis::{Evidence, Link, Registration},
    facts::{
        AddressProbe, Answer, Failure, LastingState, Lookup, MapAnswer, MapView, Neighbour,
        NtdsSettings, Platform, Process, Reading, Record, RecordData, RecordType, Replication,
        Section, Service, ServiceRole, ServiceState, Services, Source, Stage, Through, Timestamp,
    },
    rpc::{Binding, ProtocolSequence},
};

pub(crate) use crate::forest::*;

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

    /// The source's own map has the interface on this port as well.
    pub(crate) fn also_registered(&mut self, port: u16) {
        let map = &mut self.evidence.source.endpoint_map.as_mut().expect("healthy").fact;
        let rows = map.views[0].endpoints.as_mut().expect("healthy");
        rows.push(endpoint(ProtocolSequence::NcacnIpTcp, &port.to_string()));
    }

    /// The destination is told this port, and does not get there.
    pub(crate) fn told_port(&mut self, port: u16, failure: Failure) {
        self.block_port(failure);
        let asked = &mut self.probe().interfaces[0];
        asked.answer = MapAnswer::Endpoints(vec![Binding::tcp(port)]);
        asked.ports[0].port = port;
    }

    /// The whole map does not arrive at the destination; what came of one entry.
    pub(crate) fn lose_large(&mut self, one_entry: Result<(), Failure>) {
        let probe = self.probe();
        let (through, endpoints) = (Through::Address(probe.address), Err(Failure::TimedOut));
        probe.map = Some(MapView { through, endpoints });
        probe.one_entry = Some(Stage { outcome: one_entry, ..Stage::ok(1) });
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

    /// The interface's service is in this state since so many seconds, and was seen to come into it.
    pub(crate) fn hang(&mut self, state: ServiceState, seconds: u64) {
        let service = self.service(ServiceRole::DirectoryRpc);
        service.state = state;
        let service = service.name.clone();
        let since = seconds_ago(seconds);
        self.evidence.source.lasting =
            vec![LastingState { service, state, since, came_then: true }];
    }

    /// The port that the map names takes connections, and neither it nor LDAP answers.
    pub(crate) fn silent_port(&mut self) {
        let probe = self.probe();
        probe.interfaces[0].ports[0].bind = Some(error(Failure::TimedOut));
        for answer in &mut probe.identity {
            answer.outcome = Err(Failure::TimedOut);
        }
    }

    /// The third domain controller sees what the destination sees.
    pub(crate) fn third_looks_as_the_first(&mut self) {
        let mut third = self.evidence.observations[0].clone();
        third.witness = name("dc3.lab.test");
        self.evidence.observations.push(third);
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

    /// The destination's directory lists the witness as a domain controller.
    pub(crate) fn lists(&mut self, witness: &str) {
        let directory = &mut self.evidence.destination.directory.as_mut().expect("healthy").fact;
        let Reading::Value(known) = &mut directory.settings else { panic!("healthy") };
        let guid = "33333333-0000-4000-8000-000000000003";
        known.push(NtdsSettings { host: Some(name(witness)), ..settings(guid) });
    }

    /// A domain controller that the directory lists says that the source answers it at `at`.
    pub(crate) fn led(&mut self, witness: &str, at: &str) {
        self.lists(witness);
        self.evidence.observations.push(observed(witness, at));
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

    /// The destination's own last attempts to replicate from the source, one a naming context: the context,
    /// the result, how long ago it was made, failures in a row. The last success was an hour ago.
    pub(crate) fn replicated(&mut self, rows: &[(&str, u32, u64, u32)]) {
        let rows = rows.iter().map(|(context, last_result, ago, failures)| {
            let success = if *last_result == 0 { *ago } else { 3600 };
            Neighbour {
                naming_context: (*context).to_owned(),
                source: DC2_GUID.parse().expect("a GUID"),
                last_result: *last_result,
                last_attempt: Some(seconds_ago(*ago)),
                last_success: Some(seconds_ago(success)),
                failures: *failures,
            }
        });
        let neighbours = Reading::Value(rows.collect());
        let section = Section::Replication(Replication { neighbours });
        self.evidence.destination.put(seconds_ago(5), section);
    }

    /// The destination is a Windows host whose directory is in this state.
    pub(crate) fn directory_of_destination(&mut self, state: ServiceState) {
        self.windows_destination();
        let roles = [ServiceRole::Directory, ServiceRole::DirectoryRpc];
        let list = Reading::Value(vec![Service { state, ..service("NTDS", &roles) }]);
        self.evidence.destination.put(seconds_ago(5), Section::Services(Services { list }));
    }

    /// The destination's look has come to the same for so long.
    pub(crate) fn looked_since(&mut self, seconds: u64) {
        self.evidence.observations[0].since = Some(seconds_ago(seconds));
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
