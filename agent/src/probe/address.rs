//! One address: the way to the interfaces, and who answers.

use std::{net::IpAddr, time::Duration};

use epmesh_common::{
    facts::{AddressProbe, Failure, InterfaceProbe, MapAnswer, MapView, PortProbe, Stage, Through},
    rpc::{
        Binding, ByteOrder, Endpoint, InterfaceId, ProtocolSequence, Status,
        epm::{self, EPMAPPER, opnum},
    },
};
use tokio::{net::TcpStream, sync::SemaphorePermit, time::Instant};

use super::{
    budget::{Budget, Purpose, millis_since},
    identity, net,
    net::protocol,
    rpc::{Association, failure_of_status},
    together::all,
};

/// Ports looked at for one interface.
const MAX_PORTS: usize = 8;
/// What is kept of the look's time to free a handle.
const TO_FREE: Duration = Duration::from_millis(500);

/// Everything about one address.
pub(super) async fn probe(
    budget: &Budget<'_>,
    address: IpAddr,
    interfaces: &[InterfaceId],
    whole_map: bool,
) -> AddressProbe {
    if let Some(why) = net::unusable(address) {
        let outcome = Err(Failure::Local(why.to_owned()));
        let connect = Stage { outcome, ..Stage::ok(0) };
        let (bind, map) = (None, None);
        return AddressProbe {
            address,
            local: None,
            connect,
            bind,
            interfaces: vec![],
            map,
            identity: vec![],
            well_known: vec![],
        };
    }
    let (mut probe, identity) =
        tokio::join!(path(budget, address, interfaces, whole_map), identity::ask(budget, address));
    probe.identity = identity;
    probe
}

async fn path(
    budget: &Budget<'_>,
    address: IpAddr,
    interfaces: &[InterfaceId],
    whole_map: bool,
) -> AddressProbe {
    let port = budget.config.ports.endpoint_mapper;
    let (connect, bind, open) = open(budget, address, port, EPMAPPER, MAPPER).await;
    let refused = [Some(&connect), bind.as_ref()];
    let refused = refused.into_iter().flatten().find_map(|stage| stage.outcome.clone().err());
    let mut probe = AddressProbe {
        address,
        connect,
        bind,
        interfaces: Vec::new(),
        map: None,
        identity: Vec::new(),
        local: None,
        well_known: Vec::new(),
    };
    let view = |endpoints| MapView { through: Through::Address(address), endpoints };
    let Some(open) = open else {
        let failure = refused.unwrap_or(Failure::TimedOut);
        probe.map = whole_map.then(|| view(Err(failure)));
        return probe;
    };
    let mut mapper = Mapper { budget, address, open: Some(open) };
    for &interface in interfaces {
        let start = Instant::now();
        let answer = mapper.map(interface).await;
        let took_ms = millis_since(start);
        probe.interfaces.push(InterfaceProbe {
            interface,
            answer,
            took_ms,
            ports: Vec::new(),
            retried: false,
        });
    }
    let walk = async {
        // Taken by value: the connection is closed when the walk ends.
        let mut mapper = mapper;
        if whole_map { Some(view(mapper.walk().await)) } else { None }
    };
    let asked = probe.interfaces.iter().map(|asked| {
        let ports = ports(&asked.answer);
        let interface = asked.interface;
        all(ports.into_iter().map(move |port| port_probe(budget, address, port, interface)))
    });
    let (map, found) = tokio::join!(walk, all(asked));
    probe.map = map;
    for (asked, ports) in probe.interfaces.iter_mut().zip(found) {
        asked.ports = ports;
    }
    probe
}

/// Each TCP port of an answer, once. The host in the binding is not looked at: the question is
/// whether the interface is reached at the address that was asked.
fn ports(answer: &MapAnswer) -> Vec<u16> {
    let MapAnswer::Endpoints(bindings) = answer else { return Vec::new() };
    let mut ports = Vec::new();
    let tcp = |binding: &&Binding| binding.sequence == ProtocolSequence::NcacnIpTcp;
    for port in bindings.iter().filter(tcp).filter_map(Binding::port) {
        if !ports.contains(&port) && ports.len() < MAX_PORTS {
            ports.push(port);
        }
    }
    ports
}

async fn port_probe(
    budget: &Budget<'_>,
    address: IpAddr,
    port: u16,
    interface: InterfaceId,
) -> PortProbe {
    let (connect, bind, _open) =
        open(budget, address, port, interface, "bind to the interface").await;
    PortProbe { port, connect, bind, altered: false }
}

const MAPPER: &str = "bind to the endpoint mapper";

/// A bound connection and its turn.
struct Open<'b> {
    association: Association<TcpStream>,
    _turn: SemaphorePermit<'b>,
}

/// Connects and binds; a timeout of either is tried once more, from the start.
async fn open<'b>(
    budget: &'b Budget<'_>,
    address: IpAddr,
    port: u16,
    interface: InterfaceId,
    stage: &str,
) -> (Stage, Option<Stage>, Option<Open<'b>>) {
    let first = open_once(budget, address, port, interface, stage).await;
    let timed_out = |stage: &Stage| stage.outcome == Err(Failure::TimedOut);
    if timed_out(&first.0) || first.1.as_ref().is_some_and(timed_out) {
        // The look's time may be up, and then the first try is what there is to say.
        if Instant::now() < budget.end {
            return open_once(budget, address, port, interface, stage).await;
        }
    }
    first
}

async fn open_once<'b>(
    budget: &'b Budget<'_>,
    address: IpAddr,
    port: u16,
    interface: InterfaceId,
    stage: &str,
) -> (Stage, Option<Stage>, Option<Open<'b>>) {
    let turn = match budget.socket(Purpose::Path, budget.end).await {
        Ok(turn) => turn,
        Err(failure) => return (Stage::failed(failure, 0), None, None),
    };
    let start = Instant::now();
    let stream = net::connect(address, port, budget.stage(budget.config.connect)).await;
    let took_ms = millis_since(start);
    let stream = match stream {
        Ok(stream) => stream,
        Err(failure) => return (Stage::failed(failure, took_ms), None, None),
    };
    let connect = Stage::ok(took_ms);
    let start = Instant::now();
    let mut association = Association::new(stream);
    let outcome = association.bind(interface, stage, budget.stage(budget.config.rpc)).await;
    let open = outcome.is_ok().then_some(Open { association, _turn: turn });
    (connect, Some(Stage { outcome, ..Stage::ok(millis_since(start)) }), open)
}

/// The endpoint mapper at one address. The connection is made anew where it was lost.
struct Mapper<'b, 'c> {
    budget: &'b Budget<'c>,
    address: IpAddr,
    open: Option<Open<'b>>,
}

impl Mapper<'_, '_> {
    /// Where `interface` is on `ncacn_ip_tcp`.
    async fn map(&mut self, interface: InterfaceId) -> MapAnswer {
        const STAGE: &str = "ept_map";
        let stub = match epm::map_request(interface, &ProtocolSequence::NcacnIpTcp) {
            Ok(stub) => stub,
            Err(error) => return MapAnswer::Failed(Failure::Local(error.to_string())),
        };
        let (stub, order) = match self.call(opnum::MAP, stub, STAGE).await {
            Ok(response) => response,
            Err(failure) => return not_answered(failure),
        };
        let reply = match epm::decode_map_response(&stub, order) {
            Ok(reply) => reply,
            Err(error) => return MapAnswer::Failed(protocol(STAGE, &error)),
        };
        if !reply.handle.is_null() {
            // There is more, and four towers are enough.
            let stub = epm::handle_free_request(&reply.handle);
            let _ = self.call(opnum::LOOKUP_HANDLE_FREE, stub, "ept_lookup_handle_free").await;
        }
        match reply.status() {
            Status::Ok => {}
            status if status.is_not_registered() => {
                return MapAnswer::NotRegistered(reply.raw_status);
            }
            status => return MapAnswer::Failed(failure_of_status(status, STAGE)),
        }
        let bindings = reply.bindings(interface);
        if bindings.is_empty() {
            let count = reply.towers.len();
            let why = format!("{STAGE}: status 0 and {count} towers, none of the interface");
            return MapAnswer::Failed(Failure::Protocol(why));
        }
        MapAnswer::Endpoints(bindings)
    }

    /// The whole endpoint map.
    async fn walk(&mut self) -> Result<Vec<Endpoint>, Failure> {
        let Budget { config, end, .. } = *self.budget;
        let association = self.opened().await?;
        let last = end.checked_sub(TO_FREE).unwrap_or(end);
        association.walk(config.rpc, last.min(Instant::now() + config.walk)).await
    }

    /// A call, tried once more on a new connection when no answer comes in time, or when the old
    /// one turns out to be gone.
    async fn call(
        &mut self,
        opnum: u16,
        stub: Vec<u8>,
        stage: &str,
    ) -> Result<(Vec<u8>, ByteOrder), Failure> {
        let first = self.call_once(opnum, stub.clone(), stage).await;
        match first {
            Err(Failure::TimedOut | Failure::Reset) if Instant::now() < self.budget.end => {
                self.call_once(opnum, stub, stage).await
            }
            first => first,
        }
    }

    async fn call_once(
        &mut self,
        opnum: u16,
        stub: Vec<u8>,
        stage: &str,
    ) -> Result<(Vec<u8>, ByteOrder), Failure> {
        let budget = self.budget;
        let association = self.opened().await?;
        let until = budget.stage(budget.config.rpc);
        let answer = association.call(opnum, stub, stage, until).await;
        if let Err(Failure::TimedOut | Failure::Reset | Failure::Protocol(_)) = answer {
            self.open = None;
        }
        answer
    }

    async fn opened(&mut self) -> Result<&mut Association<TcpStream>, Failure> {
        if self.open.is_none() {
            let port = self.budget.config.ports.endpoint_mapper;
            let (connect, bind, open) =
                open_once(self.budget, self.address, port, EPMAPPER, MAPPER).await;
            connect.outcome?;
            bind.map_or(Ok(()), |bind| bind.outcome)?;
            self.open = open;
        }
        match &mut self.open {
            Some(open) => Ok(&mut open.association),
            None => Err(Failure::Reset),
        }
    }
}

/// A fault may say "not registered" too.
fn not_answered(failure: Failure) -> MapAnswer {
    match failure {
        Failure::Fault(code) if Status::Fault(code).is_not_registered() => {
            MapAnswer::NotRegistered(code)
        }
        other => MapAnswer::Failed(other),
    }
}
