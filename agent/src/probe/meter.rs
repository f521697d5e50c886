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

/// What one look took in so far.
#[derive(Debug)]
pub(super) struct Meter<'a> {
    gate: &'a Gate,
    received: AtomicUsize,
}

/// The peer sends more than a look takes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("more than {MAX_RECEIVED} bytes came in one look")]
pub(super) struct TooMuch;

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
    /// When that is more than a look takes in.
    pub(super) fn received(&self, bytes: usize) -> Result<(), TooMuch> {
        self.gate.charge(bytes);
        let before = self.received.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > MAX_RECEIVED { Err(TooMuch) } else { Ok(()) }
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
