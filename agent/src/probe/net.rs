//! Sockets, and what their errors mean.

use std::{
    error::Error,
    future::poll_fn,
    io,
    mem::MaybeUninit,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Poll, ready},
};

use epmesh_common::facts::Failure;
use tokio::{
    io::{AsyncRead, Interest, ReadBuf},
    net::{TcpStream, UdpSocket},
    time::{Instant, timeout_at},
};

use super::{
    budget::Budget,
    meter::{Metered, TooMuch},
};

/// The largest datagram that is read.
const MAX_DATAGRAM: usize = 16 * 1024;
/// The most that is read of a stream at once.
const READ: usize = 8 * 1024;
/// Datagrams that answer nothing that was asked before the question is given up.
const MAX_STRANGERS: usize = 64;

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

/// What an error of a socket says of the peer, or of the host that tried.
///
/// On a connection that had been made, the peer's hanging up in any form is [`Failure::Reset`].
#[must_use]
pub fn failure_of(error: &io::Error) -> Failure {
    if let Some(too_much) = error.get_ref().and_then(|inner| inner.downcast_ref::<TooMuch>()) {
        return Failure::Protocol(too_much.to_string());
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        io::ErrorKind::TimedOut => Failure::TimedOut,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Failure::Reset,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Failure::Unreachable(error.raw_os_error().unwrap_or_default())
        }
        // Among them: no descriptors, no free port, a filter on this host's own output.
        _ => Failure::Local(error.to_string()),
    }
}

/// An error with all its sources, behind the stage at which it came.
pub(super) fn protocol(stage: &str, error: &dyn Error) -> Failure {
    let mut text = format!("{stage}: {error}");
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    Failure::Protocol(text)
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
) -> Result<Metered<'b>, Missed> {
    let connect = TcpStream::connect(SocketAddr::new(address, port));
    match timeout_at(until, connect).await {
        Ok(Ok(stream)) => {
            // Small questions, each waited for. Without it they come a little later.
            let _ = stream.set_nodelay(true);
            Ok(Metered::new(stream, &budget.meter))
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

const fn any(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// Waits for the next datagram on a connected socket and gives it to `take`. The room for it is on the
/// stack, as in [`read_into`].
///
/// Not tokio's own `recv`: where a system calls the socket closed for reading and has nothing to be read
/// (Wine does, once the peer said "port unreachable"), that one tries for ever within one poll, and with
/// it stands everything else on the thread.
///
/// # Errors
/// As the system says. What Windows calls a reset on such a socket is the peer's "port unreachable"
/// (recv, WSAECONNRESET), and is called refused, as elsewhere.
async fn receive<T>(socket: &UdpSocket, mut take: impl FnMut(&[u8]) -> T) -> io::Result<T> {
    let mut received = || {
        let mut space = [0; MAX_DATAGRAM];
        let count = socket.try_recv(&mut space)?;
        Ok(take(space.get(..count).unwrap_or_default()))
    };
    let outcome = loop {
        let ready = socket.ready(Interest::READABLE | Interest::ERROR).await?;
        match received() {
            Err(error) if is_not_yet(&error) => {}
            outcome => break outcome,
        }
        // `try_recv` looks at "readable" alone. Here the error is taken, or its sign cleared.
        match socket.try_io(Interest::ERROR, || match socket.take_error()? {
            Some(error) => Err(error),
            None => Err(io::ErrorKind::WouldBlock.into()),
        }) {
            Err(error) if is_not_yet(&error) => {}
            outcome => break outcome,
        }
        if ready.is_read_closed() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
    };
    outcome.map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionReset => io::ErrorKind::ConnectionRefused.into(),
        _ => error,
    })
}

fn is_not_yet(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// What came of asking with a datagram.
#[derive(Debug)]
pub(super) struct Datagram<T> {
    pub(super) outcome: Result<T, Missed>,
    /// This host's address on the way there.
    pub(super) local: Option<IpAddr>,
}

/// Sends one datagram from a fresh port and gives every datagram that comes back to `accept`, until
/// that takes one. The socket is connected: only the peer's answers are seen, and its "port
/// unreachable" too. It fails as the system says, when `until` passes, or as `accept` says.
pub(super) async fn ask_datagram<T>(
    budget: &Budget<'_>,
    address: IpAddr,
    port: u16,
    question: &[u8],
    until: Instant,
    mut accept: impl FnMut(&[u8]) -> Option<Result<T, Failure>>,
) -> Datagram<T> {
    let mut local = None;
    let exchange = async {
        let socket = UdpSocket::bind((any(address), 0)).await?;
        socket.connect((address, port)).await?;
        local = socket.local_addr().ok().map(|local| local.ip());
        socket.send(question).await?;
        budget.meter.sent(question.len());
        for _ in 0..MAX_STRANGERS {
            let read = receive(&socket, |datagram| {
                budget.meter.received(datagram.len()).map_err(io::Error::other)?;
                Ok::<_, io::Error>(accept(datagram))
            });
            if let Some(answer) = read.await?? {
                return Ok::<_, io::Error>(answer);
            }
        }
        let why = format!("{MAX_STRANGERS} datagrams came, and none answers the question");
        Ok(Err(Failure::Protocol(why)))
    };
    let outcome = match timeout_at(until, exchange).await {
        Ok(Ok(answer)) => answer.map_err(Missed::from),
        Ok(Err(error)) => Err(Missed::from(&error)),
        Err(_) => Err(Failure::TimedOut.into()),
    };
    Datagram { outcome, local }
}

/// Waits for bytes of `stream` and gives them to `take`; none at its end. The room for them is on the
/// stack, and not in the future: a look waits for many answers at once, and nearly all of its time.
///
/// # Errors
/// As the stream says.
pub(super) async fn read_into<S: AsyncRead + Unpin, T>(
    stream: &mut S,
    mut take: impl FnMut(&[u8]) -> T,
) -> io::Result<T> {
    poll_fn(|context| {
        let mut space = [MaybeUninit::<u8>::uninit(); READ];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(take(buffer.filled())))
    })
    .await
}

// The numbers are Linux's.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn each_error_number_keeps_its_meaning() {
        for (code, expected) in [
            (111, Failure::Refused),
            (110, Failure::TimedOut),
            (104, Failure::Reset),
            (32, Failure::Reset),
            (101, Failure::Unreachable(101)),
            (113, Failure::Unreachable(113)),
        ] {
            assert_eq!(failure_of(&io::Error::from_raw_os_error(code)), expected, "{code}");
        }
        for code in [1, 13, 24, 99] {
            let failure = failure_of(&io::Error::from_raw_os_error(code));
            assert!(matches!(failure, Failure::Local(_)), "{code}: {failure:?}");
        }
    }

    async fn pair() -> (UdpSocket, UdpSocket) {
        let bound = async || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let (here, there) = (bound().await, bound().await);
        here.connect(there.local_addr().expect("bound")).await.expect("a way");
        there.connect(here.local_addr().expect("bound")).await.expect("a way");
        (here, there)
    }

    /// On a thread of its own: a receiver that never gives way cannot be stopped by a limit on the same
    /// one.
    #[test]
    fn a_socket_that_is_closed_for_reading_and_empty_ends_the_wait() {
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let outcome = runtime.expect("a runtime").block_on(async {
                let (here, _there) = pair().await;
                let socket = socket2::SockRef::from(&here);
                socket.shutdown(std::net::Shutdown::Read).expect("a connected socket");
                receive(&here, <[u8]>::len).await
            });
            let _ = tell.send(outcome.map_err(|error| error.kind()));
        });
        let outcome = told.recv_timeout(std::time::Duration::from_secs(30));
        assert_eq!(outcome, Ok(Err(io::ErrorKind::ConnectionRefused)));
    }

    #[tokio::test]
    async fn a_datagram_is_received() {
        let (here, there) = pair().await;
        there.send(b"yes").await.expect("sent");
        assert_eq!(receive(&here, <[u8]>::len).await.expect("received"), 3);
    }

    #[tokio::test]
    async fn a_closed_port_is_refused() {
        let (here, there) = pair().await;
        drop(there);
        here.send(b"still there?").await.expect("sent");
        let error = receive(&here, <[u8]>::len).await.expect_err("nothing listens");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
