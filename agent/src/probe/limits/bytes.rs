//! The bytes of a look, counted: the budget of a minute is charged with them, and a look that takes in
//! too much ends there.

use std::{
    io,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll, ready},
};

use epmesh_agent_host::rpc::errors::StreamFailure;
use epmesh_common::facts::Failure;
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::rate::RateLimit;

/// Bytes that one look may take in. A whole endpoint map of 350 entries is 50 kB; one address
/// without it less than 10.
pub(in crate::probe) const MAX_RECEIVED: usize = 4 << 20;

/// Bytes that all looks under way may have taken in together: a DNS server that lies can lead every one
/// of them to a host that floods, and the agent has little memory by design.
const MAX_TOGETHER: usize = 32 << 20;

/// The bytes that one look took in so far.
#[derive(Debug)]
pub(in crate::probe) struct ByteCount<'a> {
    rate: &'a RateLimit,
    received: AtomicUsize,
}

/// More came than is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(in crate::probe) enum TooMuch {
    /// The peer sends more than a look takes in.
    #[error("more than {MAX_RECEIVED} bytes came in one look")]
    Look,
    /// All looks together have taken in as much as the agent holds: no word on this peer.
    #[error("the looks under way took in more than {MAX_TOGETHER} bytes together")]
    Together,
}

impl From<TooMuch> for io::Error {
    /// What a stream gives instead of bytes, with what it says of the peer.
    fn from(too_much: TooMuch) -> Self {
        let words = too_much.to_string();
        Self::other(StreamFailure(match too_much {
            TooMuch::Look => Failure::Protocol(words),
            TooMuch::Together => Failure::local(words),
        }))
    }
}

impl<'a> ByteCount<'a> {
    pub(in crate::probe) const fn new(rate: &'a RateLimit) -> Self {
        Self { rate, received: AtomicUsize::new(0) }
    }

    /// Charges what was sent.
    pub(in crate::probe) fn sent(&self, bytes: usize) {
        self.rate.charge(bytes);
    }

    /// Charges what came in.
    ///
    /// # Errors
    /// When that is more than a look takes in, or than all of them do together.
    pub(in crate::probe) fn received(&self, bytes: usize) -> Result<(), TooMuch> {
        self.rate.charge(bytes);
        let here = self.received.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let together = self.rate.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        match (here > MAX_RECEIVED, together > MAX_TOGETHER) {
            (true, _) => Err(TooMuch::Look),
            (false, true) => Err(TooMuch::Together),
            (false, false) => Ok(()),
        }
    }
}

impl Drop for ByteCount<'_> {
    fn drop(&mut self) {
        self.rate.held.fetch_sub(*self.received.get_mut(), Ordering::Relaxed);
    }
}

/// A connection whose bytes are counted.
#[derive(Debug)]
pub(in crate::probe) struct CountedStream<'m> {
    stream: TcpStream,
    bytes: &'m ByteCount<'m>,
}

impl<'m> CountedStream<'m> {
    pub(in crate::probe) const fn new(stream: TcpStream, bytes: &'m ByteCount<'m>) -> Self {
        Self { stream, bytes }
    }

    /// This host's own address on the connection.
    pub(in crate::probe) fn local(&self) -> Option<std::net::IpAddr> {
        self.stream.local_addr().ok().map(|address| address.ip())
    }
}

impl AsyncRead for CountedStream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let count = buffer.filled().len().saturating_sub(before);
        Poll::Ready(self.bytes.received(count).map_err(io::Error::from))
    }
}

impl AsyncWrite for CountedStream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.bytes.sent(count);
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
        let rate = RateLimit::new(&Config::default());
        let full = |bytes: &ByteCount<'_>| bytes.received(MAX_RECEIVED);
        let looks: Vec<_> =
            (0..MAX_TOGETHER / MAX_RECEIVED).map(|_| ByteCount::new(&rate)).collect();
        assert!(looks.iter().all(|look| full(look).is_ok()));
        assert_eq!(looks[0].received(1), Err(TooMuch::Look));
        let another = ByteCount::new(&rate);
        assert_eq!(another.received(1), Err(TooMuch::Together));
        drop(looks);
        assert_eq!(another.received(1), Ok(()));
        drop(another);
        assert_eq!(rate.held.load(Ordering::Relaxed), 0);
    }
}
