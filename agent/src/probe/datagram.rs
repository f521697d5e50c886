//! Questions in datagrams.

use std::{io, net::IpAddr};

use epmesh_common::facts::Failure;
use tokio::{
    io::Interest,
    net::UdpSocket,
    time::{Instant, timeout_at},
};

use super::{
    limits::budget::Budget,
    net::{Missed, any},
};

/// The largest datagram that is read.
const MAX_DATAGRAM: usize = 16 * 1024;
/// Datagrams that answer nothing that was asked before what still waits is given up.
const MAX_STRANGERS: usize = 64;

/// Waits for the next datagram on a connected socket and gives it to `take`. The room for it is on the
/// stack, as in [`read_into`](epmesh_agent_host::rpc::read_into::read_into).
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

/// The outcome of asking with a datagram.
#[derive(Debug)]
pub(super) struct Datagram<T> {
    pub(super) outcome: Result<T, Missed>,
    /// This host's address on the way there.
    pub(super) local: Option<IpAddr>,
}

/// The meaning of a datagram to those who ask.
#[derive(Debug)]
pub(super) enum Taken<T> {
    /// No answer to anything that was asked.
    Stranger,
    /// An answer, and not the last that is waited for.
    Part,
    /// The last, or what ends the wait.
    End(Result<T, Failure>),
}

/// Sends one datagram, as [`ask_all`], and waits until `accept` takes an answer.
pub(super) async fn ask<T>(
    budget: &Budget<'_>,
    address: IpAddr,
    port: u16,
    question: &[u8],
    until: Instant,
    mut accept: impl FnMut(&[u8]) -> Option<Result<T, Failure>>,
) -> Datagram<T> {
    ask_all(budget, address, port, &[question], until, |datagram| {
        accept(datagram).map_or(Taken::Stranger, Taken::End)
    })
    .await
}

/// Sends each of `questions` in a datagram, all from one fresh port, and gives every datagram that
/// comes back to `accept`, until that says it is the end. The socket is connected: only the peer's
/// answers are seen, and its "port unreachable" too, which is said of the port and so of every
/// question that still waits. It fails as the system says, when `until` passes, or as `accept` says.
pub(super) async fn ask_all<T>(
    budget: &Budget<'_>,
    address: IpAddr,
    port: u16,
    questions: &[impl AsRef<[u8]> + Sync],
    until: Instant,
    mut accept: impl FnMut(&[u8]) -> Taken<T>,
) -> Datagram<T> {
    let mut local = None;
    let exchange = async {
        let socket = UdpSocket::bind((any(address), 0)).await?;
        socket.connect((address, port)).await?;
        local = socket.local_addr().ok().map(|local| local.ip());
        for question in questions {
            let question = question.as_ref();
            socket.send(question).await?;
            budget.bytes.sent(question.len());
        }
        let mut strangers = 0;
        while strangers < MAX_STRANGERS {
            let read = receive(&socket, |datagram| {
                budget.bytes.received(datagram.len()).map_err(io::Error::from)?;
                Ok::<_, io::Error>(accept(datagram))
            });
            match read.await?? {
                Taken::Stranger => strangers += 1,
                Taken::Part => {}
                Taken::End(answer) => return Ok::<_, io::Error>(answer),
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

// The numbers are Linux's.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

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
