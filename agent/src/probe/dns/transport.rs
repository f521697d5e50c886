//! One question on its way, over hickory's clients.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hickory_resolver::{
    net::{
        NetError,
        runtime::{DnsUdpSocket, RuntimeProvider, TokioHandle, TokioRuntimeProvider, TokioTime},
        tcp::TcpClientStream,
        udp::UdpClientStream,
        xfer::{DnsHandle as _, DnsRequestSender as _, FirstAnswer as _},
    },
    proto::op::Message,
};
use tokio::{
    io::ReadBuf,
    net::UdpSocket,
    time::{Instant, timeout_at},
};

use super::message::Request;

/// Sends `request` in one datagram from a fresh port. Datagrams with another id or another question
/// are passed over.
///
/// # Errors
/// As the system says, when `until` passes, or when the answer cannot be read.
pub(super) async fn over_udp(
    server: SocketAddr,
    request: Request,
    until: Instant,
) -> Result<Message, NetError> {
    let mut client = UdpClientStream::builder(server, Connected::default())
        .with_timeout(Some(left(until)))
        .with_os_port_selection(true)
        // The number of datagrams, the first one too. Whoever asks again does so with a new turn.
        .with_max_retries(1)
        .build();
    let answer = client.send_message(request).first_answer().await?;
    Ok(answer.into_message())
}

/// Sends `request` over a connection of its own.
///
/// # Errors
/// As the system says, or when `until` passes. An answer that cannot be read, or has another id, is
/// passed over.
pub(super) async fn over_tcp(
    server: SocketAddr,
    request: Request,
    until: Instant,
) -> Result<Message, NetError> {
    let exchange = async {
        // The task that reads the connection lives as long as this.
        let provider = TokioRuntimeProvider::new();
        let client =
            TcpClientStream::exchange(server, None, left(until), None, provider.clone()).await?;
        let answer = client.send(request).first_answer().await?;
        Ok(answer.into_message())
    };
    timeout_at(until, exchange).await.unwrap_or(Err(NetError::Timeout))
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

/// Tokio, with datagram sockets that are connected: a socket that is not never hears that nothing
/// listens on the server's port.
#[derive(Clone, Default)]
struct Connected(TokioRuntimeProvider);

type Opening<T> = Pin<Box<dyn Send + Future<Output = io::Result<T>>>>;

impl RuntimeProvider for Connected {
    type Handle = TokioHandle;
    type Timer = TokioTime;
    type Udp = Datagrams;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> TokioHandle {
        self.0.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        local: Option<SocketAddr>,
        time: Option<Duration>,
    ) -> Opening<Self::Tcp> {
        self.0.connect_tcp(server, local, time)
    }

    fn bind_udp(&self, local: SocketAddr, server: SocketAddr) -> Opening<Datagrams> {
        Box::pin(async move {
            let socket = UdpSocket::bind(local).await?;
            socket.connect(server).await?;
            Ok(Datagrams { socket, server })
        })
    }
}

/// A socket connected to `server`.
struct Datagrams {
    socket: UdpSocket,
    server: SocketAddr,
}

impl DnsUdpSocket for Datagrams {
    type Time = TokioTime;

    fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.socket.poll_recv(cx, &mut buffer))?;
        Poll::Ready(Ok((buffer.filled().len(), self.server)))
    }

    /// What the client receives with: a poll is not woken by an error of the socket, tokio's `recv`
    /// is. Written as `async_trait` has it.
    fn recv_from<'socket, 'buffer, 'receiving>(
        &'socket self,
        buffer: &'buffer mut [u8],
    ) -> Pin<Box<dyn Future<Output = io::Result<(usize, SocketAddr)>> + Send + 'receiving>>
    where
        'socket: 'receiving,
        'buffer: 'receiving,
        Self: 'receiving,
    {
        Box::pin(async move { Ok((self.socket.recv(buffer).await?, self.server)) })
    }

    /// The system takes no address for a connected socket; the client has only this one.
    fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        _server: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_send(cx, bytes)
    }
}
