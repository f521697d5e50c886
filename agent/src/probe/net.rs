//! Connections to a peer.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use epmesh_agent_host::rpc::errors::failure_of;
use epmesh_common::facts::Failure;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::limits::{budget::Budget, bytes::CountedStream};

/// A failure and the operating system's error number behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missed {
    pub(super) failure: Failure,
    pub(super) code: Option<i32>,
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Self {
        Self { failure, code: None }
    }
}

impl From<&io::Error> for Missed {
    fn from(error: &io::Error) -> Self {
        Self { failure: failure_of(error), code: error.raw_os_error() }
    }
}

/// Why an address found in a name is no address to connect to; `None` where it is one.
pub(super) fn unusable(address: IpAddr) -> Option<&'static str> {
    let broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    if address.is_unspecified() {
        Some("the unspecified address leads to the host that asks")
    } else if address.is_multicast() || broadcast {
        Some("a multicast or broadcast address is no host")
    } else {
        None
    }
}

/// A TCP connection.
///
/// # Errors
/// As the system says, or when `until` passes.
pub(super) async fn connect<'b>(
    budget: &'b Budget<'_>,
    address: IpAddr,
    port: u16,
    until: Instant,
) -> Result<CountedStream<'b>, Missed> {
    let connect = TcpStream::connect(SocketAddr::new(address, port));
    match timeout_at(until, connect).await {
        Ok(Ok(stream)) => {
            // Small questions, each waited for. Without it they come a little later.
            let _ = stream.set_nodelay(true);
            Ok(CountedStream::new(stream, &budget.bytes))
        }
        Ok(Err(error)) => Err(Missed::from(&error)),
        Err(_) => Err(Failure::TimedOut.into()),
    }
}

/// The address that this host would use towards `address`; nothing is sent.
pub(super) fn local_towards(address: IpAddr) -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind((any(address), 0)).ok()?;
    // Any port: a datagram socket that connects only chooses its way.
    socket.connect((address, 9)).ok()?;
    socket.local_addr().ok().map(|local| local.ip())
}

/// Every address of the same family.
pub(super) const fn any(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}
