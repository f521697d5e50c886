//! A simulated domain controller.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use epmesh_common::facts::{ServiceState, Timestamp};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    Association, RpcHost, SimPlatform, SimPorts, State, Way, Who, Zone, dns,
    gate::{Datagrams, Gate, Serve},
    ldap, node_status,
    ports::RPC_SERVERS,
    samba_endpoints,
    shared::Shared,
};

/// A domain controller on an address of its own. It ends when it is dropped.
pub struct SimDc {
    shared: Arc<Shared>,
    zone: dns::SharedZone,
    gates: tokio::sync::Mutex<Gates>,
}

struct Gates {
    mapper: Gate,
    rpc: Vec<Gate>,
    dns: (Gate, Datagrams),
    ldap: (Gate, Datagrams),
    node_status: Datagrams,
}

impl SimDc {
    /// Starts a healthy one.
    ///
    /// # Errors
    /// When one of its ports cannot be bound.
    pub async fn start(who: Who, ports: SimPorts, zone: Zone) -> Result<Self> {
        let shared = Arc::new(Shared {
            endpoints: samba_endpoints(&ports),
            state: Mutex::new(State::new(now())),
            dns_servers: Mutex::new(vec![who.ip()]),
            who,
            ports,
        });
        let zone = Arc::new(Mutex::new(zone));
        let gates = tokio::sync::Mutex::new(Gates::new(&shared, &zone));
        let dc = Self { shared, zone, gates };
        dc.apply().await?;
        Ok(dc)
    }

    /// The names of the domain controller.
    #[must_use]
    pub fn who(&self) -> &Who {
        &self.shared.who
    }

    /// The true state of the domain controller now.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.state()
    }

    /// Changes what is true on it; the change is in effect when this returns.
    ///
    /// # Errors
    /// When a port that has to be opened cannot be bound.
    pub async fn change(&self, change: impl FnOnce(&mut State)) -> Result<()> {
        change(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.apply().await
    }

    /// Changes the records of its DNS server.
    pub fn change_zone(&self, change: impl FnOnce(&mut Zone)) {
        change(&mut self.zone.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Makes it ask these DNS servers, in this order.
    pub fn use_dns(&self, servers: Vec<std::net::IpAddr>) {
        *self.shared.dns_servers.lock().unwrap_or_else(PoisonError::into_inner) = servers;
    }

    /// The platform for an agent on it.
    #[must_use]
    pub fn platform(&self) -> SimPlatform {
        SimPlatform::new(Arc::clone(&self.shared))
    }

    async fn apply(&self) -> Result<()> {
        let state = self.shared.state();
        let mut gates = self.gates.lock().await;
        let runs = |service: &super::SimService| service.state == ServiceState::Running;
        let way = |open: bool| if open { Way::Open } else { Way::Refused };
        gates.mapper.set(state.mapper_gate()).await?;
        for gate in &mut gates.rpc {
            gate.set(state.rpc_way).await?;
        }
        let dns = runs(&state.dns);
        gates.dns.0.set(way(dns)).await?;
        gates.dns.1.set(dns).await?;
        let ldap = runs(&state.directory);
        gates.ldap.0.set(way(ldap)).await?;
        gates.ldap.1.set(ldap).await?;
        gates.node_status.set(true).await
    }
}

impl Gates {
    fn new(shared: &Arc<Shared>, zone: &dns::SharedZone) -> Self {
        let ports = shared.ports;
        let at = |port| SocketAddr::from((shared.who.address, port));
        let rpc = |port| Gate::new(at(port), serve_rpc(Arc::clone(shared) as _, port));
        let (over_tcp, over_udp) = (Arc::clone(zone), Arc::clone(zone));
        let dns_tcp: Serve =
            Arc::new(move |stream| Box::pin(dns::serve(Arc::clone(&over_tcp), stream)));
        let who = shared.who.clone();
        let ldap_tcp: Serve =
            Arc::new(move |stream| Box::pin(ldap::serve(who.clone(), now, stream)));
        let (pinged, asked) = (shared.who.clone(), shared.who.clone());
        Self {
            mapper: rpc(ports.endpoint_mapper),
            rpc: (0..RPC_SERVERS).map(|server| rpc(ports.rpc(server))).collect(),
            dns: (
                Gate::new(at(ports.dns), dns_tcp),
                Datagrams::new(
                    at(ports.dns),
                    Arc::new(move |question| dns::answer(&over_udp, question)),
                ),
            ),
            ldap: (
                Gate::new(at(ports.ldap), ldap_tcp),
                Datagrams::new(
                    at(ports.ldap),
                    Arc::new(move |question| ldap::datagram(&pinged, now(), question)),
                ),
            ),
            node_status: Datagrams::new(
                at(ports.node_status),
                Arc::new(move |question| node_status::answer(&asked, question)),
            ),
        }
    }
}

/// Serves RPC on `port` of `host`.
pub(super) fn serve_rpc(host: Arc<dyn RpcHost>, port: u16) -> Serve {
    Arc::new(move |mut stream: TcpStream| {
        let mut association = Association::new(Arc::clone(&host), port);
        Box::pin(async move {
            let mut buffer = vec![0; 8192];
            while let Ok(count) = stream.read(&mut buffer).await {
                let came = buffer.get(..count).unwrap_or_default();
                if came.is_empty() {
                    return;
                }
                let reply = association.receive(came);
                if stream.write_all(&reply.send).await.is_err() || reply.close {
                    return;
                }
            }
        })
    })
}

/// Now, by this machine's clock: all simulated hosts share it.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
