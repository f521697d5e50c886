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
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::{
    budget::Budget,
    meter::{Metered, TooMuch},
};

/// The most that is read of a stream at once.
const READ: usize = 8 * 1024;

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
        return match too_much {
            TooMuch::Look => Failure::Protocol(too_much.to_string()),
            TooMuch::Together => Failure::Local(too_much.to_string()),
        };
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

/// Every address of the same family.
pub(super) const fn any(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
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
}
