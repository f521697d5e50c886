//! One question on its way: over hickory's UDP client, and over a TCP connection of its own whose
//! bytes are counted.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use epmesh_common::facts::Failure;
use hickory_resolver::{
    net::{
        NetError,
        runtime::{DnsUdpSocket, RuntimeProvider, TokioHandle, TokioRuntimeProvider, TokioTime},
        udp::UdpClientStream,
        xfer::{DnsRequestSender as _, FirstAnswer as _},
    },
    proto::op::Message,
};
use thiserror::Error;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadBuf},
    net::UdpSocket,
    time::{Instant, timeout_at},
};

use super::{
    super::{
        budget::Budget,
        meter::TooMuch,
        net::{self, MAX_STRANGERS, Missed},
    },
    message::{self, Request},
};

/// What a question is charged with: a header, a name of ordinary length, type and class.
const ASKED: usize = 64;

/// Sends `request` in one datagram from a fresh port. Datagrams with another id or another question
/// are passed over. It fails as the system says, when `until` passes, or when the answer cannot be
/// read. Beside it is this host's address on the way to the server.
pub(super) async fn over_udp(
    budget: &Budget<'_>,
    server: SocketAddr,
    request: Request,
    until: Instant,
) -> (Result<Message, NetError>, Option<IpAddr>) {
    let provider = Connected::default();
    let came = Arc::clone(&provider.came);
    let mut client = UdpClientStream::builder(server, provider)
        .with_timeout(Some(left(until)))
        .with_os_port_selection(true)
        // The number of datagrams, the first one too. Whoever asks again does so with a new turn.
        .with_max_retries(1)
        .build();
    let answer = client.send_message(request).first_answer().await;
    budget.meter.sent(ASKED);
    if budget.meter.received(came.bytes.load(Ordering::Relaxed)).is_err() {
        return (Err(NetError::Io(Arc::new(io::Error::other(TooMuch)))), came.local());
    }
    (answer.map(|answer| answer.into_message()), came.local())
}

/// Sends `request` over a connection of its own (RFC 7766), and reads one message: nothing else was
/// asked there.
///
/// # Errors
/// As the system says, when `until` passes, or when what comes is no answer to it.
pub(super) async fn over_tcp(
    budget: &Budget<'_>,
    server: SocketAddr,
    request: Request,
    until: Instant,
) -> Result<Message, Missed> {
    let (question, id) = message::octets(&request).map_err(Failure::Local)?;
    let length =
        u16::try_from(question.len()).map_err(|error| Failure::Local(error.to_string()))?;
    let mut stream = net::connect(budget, server.ip(), server.port(), until).await?;
    let exchange = async {
        stream.write_all(&[&length.to_be_bytes()[..], &question].concat()).await?;
        let length = stream.read_u16().await?;
        // What comes is kept, not what is announced.
        let mut answer = Vec::new();
        (&mut stream).take(length.into()).read_to_end(&mut answer).await?;
        Ok::<_, io::Error>((length, answer))
    };
    let (length, answer) = match timeout_at(until, exchange).await {
        Ok(Ok(read)) => read,
        Ok(Err(error)) => return Err(Missed::from(&error)),
        Err(_) => return Err(Failure::TimedOut.into()),
    };
    if answer.len() < usize::from(length) {
        let came = answer.len();
        let why = format!("the connection ended after {came} of {length} bytes of the answer");
        return Err(Failure::Protocol(why).into());
    }
    let message = Message::from_vec(&answer);
    let message = message.map_err(|error| Failure::Protocol(error.to_string()))?;
    if message.metadata.id != id {
        let got = message.metadata.id;
        let why = format!("the answer has id {got:#06x}, the question {id:#06x}");
        return Err(Failure::Protocol(why).into());
    }
    Ok(message)
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

/// Tokio, with datagram sockets that are connected: a socket that is not never hears that nothing
/// listens on the server's port.
#[derive(Clone, Default)]
pub(crate) struct Connected {
    tokio: TokioRuntimeProvider,
    came: Arc<Came>,
}

/// What came to one question.
#[derive(Debug, Default)]
struct Came {
    datagrams: AtomicUsize,
    bytes: AtomicUsize,
    /// The socket's own address.
    local: Mutex<Option<IpAddr>>,
}

impl Came {
    fn local(&self) -> Option<IpAddr> {
        *self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client passes over what answers nothing it asked, as long as it comes.
    fn one_more(&self, bytes: usize) -> io::Result<()> {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.datagrams.fetch_add(1, Ordering::Relaxed) < MAX_STRANGERS {
            return Ok(());
        }
        Err(io::Error::other(TooMany))
    }
}

/// A flood in the place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("more than {MAX_STRANGERS} datagrams came, and none answers the question")]
pub(super) struct TooMany;

type Opening<T> = Pin<Box<dyn Send + Future<Output = io::Result<T>>>>;

impl RuntimeProvider for Connected {
    type Handle = TokioHandle;
    type Timer = TokioTime;
    type Udp = Datagrams;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> TokioHandle {
        self.tokio.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        local: Option<SocketAddr>,
        time: Option<Duration>,
    ) -> Opening<Self::Tcp> {
        self.tokio.connect_tcp(server, local, time)
    }

    fn bind_udp(&self, local: SocketAddr, server: SocketAddr) -> Opening<Datagrams> {
        let came = Arc::clone(&self.came);
        Box::pin(async move {
            let socket = UdpSocket::bind(local).await?;
            socket.connect(server).await?;
            let here = socket.local_addr().ok().map(|local| local.ip());
            *came.local.lock().unwrap_or_else(PoisonError::into_inner) = here;
            Ok(Datagrams { socket, server, came })
        })
    }
}

/// A socket connected to `server`.
pub(crate) struct Datagrams {
    socket: UdpSocket,
    server: SocketAddr,
    came: Arc<Came>,
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
        let count = buffer.filled().len();
        Poll::Ready(self.came.one_more(count).map(|()| (count, self.server)))
    }

    /// What the client receives with: a poll is not woken by an error of the socket. Written as
    /// `async_trait` has it.
    fn recv_from<'socket, 'buffer, 'receiving>(
        &'socket self,
        buffer: &'buffer mut [u8],
    ) -> Pin<Box<dyn Future<Output = io::Result<(usize, SocketAddr)>> + Send + 'receiving>>
    where
        'socket: 'receiving,
        'buffer: 'receiving,
        Self: 'receiving,
    {
        Box::pin(async move {
            let count = net::receive(&self.socket, buffer).await?;
            self.came.one_more(count)?;
            Ok((count, self.server))
        })
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
