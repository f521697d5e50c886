//! Things that the tests of the prober share.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use epmesh_agent::probe::{Config, Peers as _, Prober, WirePorts};
use epmesh_common::{
    facts::{
        AddressProbe, Blank, HostsFile, HostsLine, Lookup, PeerObservation, Reading, Resolver,
        Source, Target,
    },
    rpc::{InterfaceId, names},
};
use hickory_proto::{op::Message, rr::RecordType};
use tokio::{
    net::{TcpListener, UdpSocket},
    task::JoinHandle,
};

pub(crate) const LOCALHOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Short times: a peer that says nothing must not hold up the tests.
pub(crate) fn config(ports: WirePorts) -> Config {
    Config {
        dns: Duration::from_millis(150),
        connect: Duration::from_millis(400),
        rpc: Duration::from_millis(400),
        identity: Duration::from_millis(150),
        resolve: Duration::from_secs(2),
        walk: Duration::from_secs(5),
        look: Duration::from_secs(10),
        // The names of the tests are none that this machine's DNS servers should hear of.
        system_resolver: false,
        ports,
        ..Config::default()
    }
}

/// Ports on which nothing listens: bound, and closed again.
pub(crate) fn closed_ports() -> WirePorts {
    let tcp = || {
        let listener = std::net::TcpListener::bind((LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let udp = || {
        let socket = std::net::UdpSocket::bind((LOCALHOST, 0)).unwrap();
        socket.local_addr().unwrap().port()
    };
    WirePorts { dns: udp(), endpoint_mapper: tcp(), ldap: tcp(), cldap: udp(), netbios: udp() }
}

pub(crate) fn drsuapi() -> InterfaceId {
    names::find("drsuapi").unwrap()
}

pub(crate) fn target() -> Target {
    Target {
        name: "dc2.lab.test".parse().unwrap(),
        dsa_guid: None,
        forest: None,
        whole_map: false,
        well_known: false,
    }
}

pub(crate) fn resolver(servers: Vec<IpAddr>) -> Resolver {
    let name = "dc2.lab.test".parse().unwrap();
    let line = HostsLine { line: 3, address: LOCALHOST, names: vec![name] };
    let hosts = HostsFile { path: "/etc/hosts".to_owned(), lines: vec![line] };
    Resolver {
        hosts: Reading::Value(hosts),
        servers: Reading::Value(servers),
        ..Resolver::blank(&Blank::Absent)
    }
}

/// A look at 127.0.0.1, found in a hosts file.
pub(crate) async fn look(config: Config, target: &Target) -> PeerObservation {
    Prober::new(config).look(target, &[drsuapi()], &resolver(Vec::new())).await
}

pub(crate) async fn look_at_address(config: Config) -> AddressProbe {
    let mut seen = look(config, &target()).await;
    assert_eq!(seen.addresses.len(), 1, "{seen:?}");
    seen.addresses.remove(0)
}

/// The answers of one source of names.
pub(crate) fn said(seen: &PeerObservation, source: Source) -> Vec<&Lookup> {
    seen.lookups.iter().filter(|lookup| lookup.source == source).collect()
}

/// One port for UDP and for TCP.
pub(crate) async fn both() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
        // The same port may be taken for TCP.
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

/// A DNS server of datagrams alone, until it is dropped.
pub(crate) struct Datagrams {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<(SocketAddr, RecordType)>>>,
    task: JoinHandle<()>,
}

impl Datagrams {
    /// Gives every question to `reply`, which may send any bytes anywhere.
    pub(crate) async fn serve(
        mut reply: impl FnMut(&[u8], SocketAddr) -> Vec<(SocketAddr, Vec<u8>)> + Send + 'static,
    ) -> Self {
        let udp = UdpSocket::bind((LOCALHOST, 0)).await.unwrap();
        let port = udp.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 1024];
            loop {
                let (count, from) = udp.recv_from(&mut buffer).await.unwrap();
                let question = Message::from_vec(&buffer[..count]).unwrap();
                heard.lock().unwrap().push((from, question.queries[0].query_type()));
                for (to, answer) in reply(&buffer[..count], from) {
                    udp.send_to(&answer, to).await.unwrap();
                }
            }
        });
        Self { port, asked, task }
    }

    /// The questions that it heard, and from where.
    pub(crate) fn asked(&self) -> Vec<(SocketAddr, RecordType)> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        self.task.abort();
    }
}
