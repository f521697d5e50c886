//! Listeners that can be open, refused or silent, and be switched while others are connected.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, UdpSocket},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

/// Connections served at a time; the rest wait in the backlog.
const MOST_CONNECTIONS: usize = 256;

/// Connections tried to fill the backlog of a silent listener.
const FILLERS: usize = 4;

/// The treatment that a client meets when it connects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// A server.
    #[default]
    Open,
    /// A reset: nothing listens, or a filter says so.
    Refused,
    /// Nothing: the connection is never made, as behind a filter that drops.
    Silent,
}

/// The function that serves one connection.
pub(super) type Serve =
    Arc<dyn Fn(TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A TCP endpoint of a simulated host.
pub(super) struct Gate {
    address: SocketAddr,
    serve: Serve,
    way: Way,
    task: Option<JoinHandle<()>>,
}

impl Gate {
    /// A closed one.
    pub(super) fn new(address: SocketAddr, serve: Serve) -> Self {
        Self { address, serve, way: Way::Refused, task: None }
    }

    /// Makes clients meet `way` from now on. What was connected is cut when the way changes.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(super) async fn set(&mut self, way: Way) -> Result<()> {
        if self.way == way {
            return Ok(());
        }
        self.close().await;
        self.task = match way {
            Way::Refused => None,
            Way::Open => {
                let listener = listen(self.address, 128).await?;
                Some(tokio::spawn(accept(listener, Arc::clone(&self.serve))))
            }
            Way::Silent => Some(silence(self.address).await?),
        };
        self.way = way;
        Ok(())
    }

    async fn close(&mut self) {
        self.way = Way::Refused;
        if let Some(task) = self.task.take() {
            task.abort();
            // Its sockets are closed once it has ended.
            let _ = task.await;
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn listen(address: SocketAddr, backlog: u32) -> Result<TcpListener> {
    let context = || format!("listen on {address}");
    let mut tries = 0;
    loop {
        let socket = TcpSocket::new_v4().with_context(context)?;
        socket.set_reuseaddr(true).with_context(context)?;
        match socket.bind(address).and_then(|()| socket.listen(backlog)) {
            Ok(listener) => return Ok(listener),
            // The connections of the listener before this one may take a moment to go.
            Err(_) if tries < 50 => {
                tries += 1;
                sleep(Duration::from_millis(10)).await;
            }
            Err(error) => return Err(error).with_context(context),
        }
    }
}

async fn accept(listener: TcpListener, serve: Serve) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        while connections.try_join_next().is_some() {}
        if let Ok((stream, _)) = listener.accept().await {
            // Answers are small and waited for.
            let _ = stream.set_nodelay(true);
            connections.spawn(serve(stream));
        }
    }
}

/// A listener whose backlog is full and that accepts nobody: the kernel drops what else comes, so
/// that a client's connection attempt times out. No privilege is needed for it on Linux; where a
/// system answers with a reset instead, the fault is a refusal there.
async fn silence(address: SocketAddr) -> Result<JoinHandle<()>> {
    let listener = listen(address, 0).await?;
    let mut held = Vec::new();
    for _ in 0..FILLERS {
        match timeout(Duration::from_millis(50), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => held.push(stream),
            // Dropped, or refused: it is full.
            Ok(Err(_)) | Err(_) => break,
        }
    }
    Ok(tokio::spawn(async move {
        let _kept = (listener, held);
        std::future::pending::<()>().await;
    }))
}

/// The function that answers one datagram; `None` for nothing.
pub(super) type Answer = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// A UDP endpoint of a simulated host.
pub(super) struct Datagrams {
    address: SocketAddr,
    answer: Answer,
    task: Option<JoinHandle<()>>,
}

impl Datagrams {
    /// A closed one.
    pub(super) fn new(address: SocketAddr, answer: Answer) -> Self {
        Self { address, answer, task: None }
    }

    /// Opens or closes it.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(super) async fn set(&mut self, open: bool) -> Result<()> {
        if open == self.task.is_some() {
            return Ok(());
        }
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
            return Ok(());
        }
        let address = self.address;
        let socket = UdpSocket::bind(address).await.with_context(|| format!("bind {address}"))?;
        let answer = Arc::clone(&self.answer);
        self.task = Some(tokio::spawn(async move {
            let mut buffer = vec![0; 4096];
            loop {
                let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
                if let Some(reply) = buffer.get(..length).and_then(|asked| answer(asked)) {
                    // Lost like any datagram.
                    let _ = socket.send_to(&reply, from).await;
                }
            }
        }));
        Ok(())
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, net::Ipv4Addr};

    use super::*;
    use crate::sim::{Network, SimPorts};

    #[tokio::test]
    async fn every_way_looks_to_a_client_as_it_says() {
        let host: Ipv4Addr = Network::pick().dc(1);
        let port = SimPorts::pick(&[host]).expect("free ports").endpoint_mapper;
        let address = SocketAddr::from((host, port));
        let mut gate = Gate::new(address, Arc::new(|stream| Box::pin(async { drop(stream) })));
        let refused = async || TcpStream::connect(address).await.map_err(|error| error.kind());
        assert_eq!(refused().await.err(), Some(ErrorKind::ConnectionRefused));
        gate.set(Way::Open).await.expect("it can be bound");
        assert!(refused().await.is_ok());
        gate.set(Way::Silent).await.expect("it can be bound again");
        let tried = timeout(Duration::from_millis(300), TcpStream::connect(address)).await;
        assert!(tried.is_err(), "the connection is neither made nor refused");
        gate.set(Way::Refused).await.expect("nothing to bind");
        assert_eq!(refused().await.err(), Some(ErrorKind::ConnectionRefused));
        gate.set(Way::Open).await.expect("it can be bound a third time");
        assert!(refused().await.is_ok());
    }
}
