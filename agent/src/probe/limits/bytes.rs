//! Counts the bytes of a look: the budget of a minute is charged with them, and a look that takes
//! in too much ends there.

use std::{
    io,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll, ready},
};

use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::gate::Gate;

/// Bytes that one look may take in. A whole endpoint map of 350 entries is 50 kB; one address
/// without it less than 10.
pub(super) const MAX_RECEIVED: usize = 4 << 20;

/// Bytes that all looks under way may have taken in together: a DNS server that lies can lead every one
/// of them to a host that floods, and the agent has little memory by design.
const MAX_TOGETHER: usize = 32 << 20;

/// What one look took in so far.
#[derive(Debug)]
pub(super) struct Meter<'a> {
    gate: &'a Gate,
    received: AtomicUsize,
}

/// More came than is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum TooMuch {
    /// The peer sends more than a look takes in.
    #[error("more than {MAX_RECEIVED} bytes came in one look")]
    Look,
    /// All looks together have taken in as much as the agent holds: no word on this peer.
    #[error("the looks under way took in more than {MAX_TOGETHER} bytes together")]
    Together,
}

impl<'a> Meter<'a> {
    pub(super) const fn new(gate: &'a Gate) -> Self {
        Self { gate, received: AtomicUsize::new(0) }
    }

    /// Charges what was sent.
    pub(super) fn sent(&self, bytes: usize) {
        self.gate.charge(bytes);
    }

    /// Charges what came in.
    ///
    /// # Errors
    /// When that is more than a look takes in, or than all of them do together.
    pub(super) fn received(&self, bytes: usize) -> Result<(), TooMuch> {
        self.gate.charge(bytes);
        let here = self.received.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let together = self.gate.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        match (here > MAX_RECEIVED, together > MAX_TOGETHER) {
            (true, _) => Err(TooMuch::Look),
            (false, true) => Err(TooMuch::Together),
            (false, false) => Ok(()),
        }
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.gate.held.fetch_sub(*self.received.get_mut(), Ordering::Relaxed);
    }
}

/// A connection whose bytes are counted.
#[derive(Debug)]
pub(super) struct Metered<'m> {
    stream: TcpStream,
    meter: &'m Meter<'m>,
}

impl<'m> Metered<'m> {
    pub(super) const fn new(stream: TcpStream, meter: &'m Meter<'m>) -> Self {
        Self { stream, meter }
    }

    /// This host's own address on the connection.
    pub(super) fn local(&self) -> Option<std::net::IpAddr> {
        self.stream.local_addr().ok().map(|address| address.ip())
    }
}

impl AsyncRead for Metered<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let count = buffer.filled().len().saturating_sub(before);
        Poll::Ready(self.meter.received(count).map_err(io::Error::other))
    }
}

impl AsyncWrite for Metered<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.meter.sent(count);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::config::Config;

    #[test]
    fn looks_are_bounded_each_and_together_and_give_back_what_they_held() {
        let gate = Gate::new(&Config::default());
        let full = |meter: &Meter<'_>| meter.received(MAX_RECEIVED);
        let looks: Vec<_> = (0..MAX_TOGETHER / MAX_RECEIVED).map(|_| Meter::new(&gate)).collect();
        assert!(looks.iter().all(|look| full(look).is_ok()));
        assert_eq!(looks[0].received(1), Err(TooMuch::Look));
        let another = Meter::new(&gate);
        assert_eq!(another.received(1), Err(TooMuch::Together));
        drop(looks);
        assert_eq!(another.received(1), Ok(()));
        drop(another);
        assert_eq!(gate.held.load(Ordering::Relaxed), 0);
    }
}
