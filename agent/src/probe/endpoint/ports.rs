//! A port of an RPC server: connect, bind, and more interfaces on the same connection.

use std::net::IpAddr;

use epmesh_agent_host::rpc::association::Association;
use epmesh_common::{
    facts::{Failure, PortProbe, Stage},
    rpc::InterfaceId,
};
use tokio::{sync::SemaphorePermit, time::Instant};

use crate::probe::{
    limits::{
        budget::{Budget, Purpose, millis_since},
        bytes::CountedStream,
    },
    net,
};

/// The outcome of trying a port, and the connection where there is one.
pub(in crate::probe) struct Opened<'b> {
    pub(in crate::probe) connect: Stage,
    pub(in crate::probe) bind: Option<Stage>,
    pub(in crate::probe) open: Option<Open<'b>>,
    /// This host's address on the connection.
    pub(in crate::probe) local: Option<IpAddr>,
}

/// A bound connection and its turn.
pub(in crate::probe) struct Open<'b> {
    pub(in crate::probe) association: Association<CountedStream<'b>>,
    _turn: SemaphorePermit<'b>,
}

impl Opened<'_> {
    fn failed(connect: Stage) -> Self {
        Self { connect, bind: None, open: None, local: None }
    }

    /// The operating system's error number behind that, where there is one.
    pub(in crate::probe) fn code(&self) -> Option<i32> {
        let stages = [Some(&self.connect), self.bind.as_ref()];
        stages.into_iter().flatten().find_map(|stage| stage.code)
    }

    /// Why there is no connection.
    pub(in crate::probe) fn failure(&self) -> Option<Failure> {
        let stages = [Some(&self.connect), self.bind.as_ref()];
        stages.into_iter().flatten().find_map(|stage| stage.outcome.clone().err())
    }
}

/// Connects and binds; where that is refused, cut off or not answered, once more from the start.
/// `stage` goes before what breaks the protocol.
pub(in crate::probe) async fn open<'b>(
    budget: &'b Budget<'_>,
    address: IpAddr,
    port: u16,
    interface: InterfaceId,
    stage: &str,
) -> Opened<'b> {
    let first = open_once(budget, address, port, interface, stage).await;
    let again = matches!(
        first.failure(),
        Some(Failure::TimedOut | Failure::Unfinished | Failure::Refused | Failure::Reset)
    );
    // The look's time may be up, and then the first try is what there is to say.
    if !again || !budget.has_time() {
        return first;
    }
    let mut second = open_once(budget, address, port, interface, stage).await;
    if matches!(second.connect.outcome, Err(Failure::Local(_))) {
        // It was not tried a second time.
        return first;
    }
    second.connect.retried = true;
    if let Some(bind) = &mut second.bind {
        bind.retried = true;
    }
    second
}

/// As [`open`], without a second try.
pub(in crate::probe) async fn open_once<'b>(
    budget: &'b Budget<'_>,
    address: IpAddr,
    port: u16,
    interface: InterfaceId,
    stage: &str,
) -> Opened<'b> {
    let turn = match budget.socket(Purpose::Path, budget.end).await {
        Ok(turn) => turn,
        Err(failure) => return Opened::failed(Stage::failed(failure, 0)),
    };
    let start = Instant::now();
    let until = budget.stage(budget.config.connect);
    let stream = net::connect(budget, address, port, until).await;
    let took_ms = millis_since(start);
    let stream = match stream {
        Ok(stream) => stream,
        Err(missed) => {
            let code = missed.code;
            return Opened::failed(Stage { code, ..Stage::failed(missed.failure, took_ms) });
        }
    };
    let local = stream.local();
    let connect = Stage::ok(took_ms);
    let mut association = Association::new(stream);
    let start = Instant::now();
    let outcome = association.bind(interface, stage, budget.stage(budget.config.rpc)).await;
    let bind = Stage { outcome, code: association.os_error(), ..Stage::ok(millis_since(start)) };
    let open = bind.outcome.is_ok().then_some(Open { association, _turn: turn });
    Opened { connect, bind: Some(bind), open, local }
}

/// All `interfaces` that the endpoint mapper sends to one port. The first is bound; the others are
/// added to its connection, and bound on one of their own where that is not accepted: a client
/// that binds is what the question is about.
pub(in crate::probe) async fn probe(
    budget: &Budget<'_>,
    address: IpAddr,
    port: u16,
    interfaces: Vec<InterfaceId>,
) -> Vec<PortProbe> {
    let mut probes: Vec<PortProbe> = Vec::new();
    let mut held: Option<(Stage, Open<'_>)> = None;
    for interface in interfaces {
        if let Some((connect, open)) = &mut held {
            let start = Instant::now();
            let until = budget.stage(budget.config.rpc);
            if open.association.alter(interface, "alter_context", until).await.is_ok() {
                let (connect, bind) = (connect.clone(), Some(Stage::ok(millis_since(start))));
                probes.push(PortProbe { port, connect, bind, altered: true });
                continue;
            }
            // Its turn is given back first: with one left, the next would wait for it.
            drop(held.take());
        }
        let opened = open(budget, address, port, interface, "bind to the interface").await;
        let Opened { connect, bind, open, .. } = opened;
        held = open.map(|open| (connect.clone(), open));
        probes.push(PortProbe { port, connect, bind, altered: false });
    }
    probes
}
