//! A DCE/RPC conversation over any stream, and the walk through an endpoint map.

use std::time::Duration;

use epmesh_facts::{Failure, Reason};
use epmesh_rpc::{
    AuthVerifier, BindNak, Bound, ByteOrder, Client, ClientError, Endpoint, Event, InterfaceId,
    epm::{self, Lookup, LookupEnd, Progress, handle_free_request, opnum},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, timeout_at},
};

use super::{
    errors::{failure_of, failure_of_status, protocol},
    read_into::read_into,
};

/// A connection to an RPC server and what was agreed on it.
///
/// Every method takes the moment at which it gives up. After [`Failure::TimedOut`],
/// [`Failure::Unfinished`], [`Failure::Reset`] or [`Failure::Protocol`] the connection is of no further
/// use.
#[derive(Debug)]
pub struct Association<S> {
    stream: S,
    client: Client,
    os_error: Option<i32>,
    pages: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Association<S> {
    /// For a stream on which nothing was sent.
    #[must_use]
    pub fn new(stream: S) -> Self {
        Self { stream, client: Client::new(), os_error: None, pages: 0 }
    }

    /// The operating system's error number behind the last failure, where there was one.
    #[must_use]
    pub const fn os_error(&self) -> Option<i32> {
        self.os_error
    }

    /// The number of pages of the last walk that came whole.
    #[must_use]
    pub const fn pages(&self) -> usize {
        self.pages
    }

    /// Adds `interface` to the connection that a bind opened (C706 12.6.4.1, MS-RPCE 3.3.2.4.1.3).
    ///
    /// # Errors
    /// As [`Association::bind`].
    pub async fn alter(
        &mut self,
        interface: InterfaceId,
        stage: &str,
        until: Instant,
    ) -> Result<(), Failure> {
        let bytes = self.client.alter_context(interface).map_err(|error| local(&error))?;
        self.expect_bound(&bytes, stage, until).await
    }

    /// Binds to `interface`, without authentication.
    ///
    /// # Errors
    /// When the interface is not accepted, or no answer comes. `stage` goes before a protocol
    /// error.
    pub async fn bind(
        &mut self,
        interface: InterfaceId,
        stage: &str,
        until: Instant,
    ) -> Result<(), Failure> {
        let bytes = self.client.bind(interface, None).map_err(|error| local(&error))?;
        self.expect_bound(&bytes, stage, until).await
    }

    async fn expect_bound(
        &mut self,
        bytes: &[u8],
        stage: &str,
        until: Instant,
    ) -> Result<(), Failure> {
        match self.exchange(bytes, stage, until).await? {
            Event::Bound(_) => Ok(()),
            other => Err(failure_of_event(&other, stage)),
        }
    }

    /// Binds to the endpoint mapper with the first token of an authentication, and gives back what
    /// the server says to that. The authentication is not gone on with.
    ///
    /// # Errors
    /// As [`Association::bind`]; a rejected context is no error here.
    pub async fn bind_with_token(
        &mut self,
        token: AuthVerifier,
        stage: &str,
        until: Instant,
    ) -> Result<Bound, Failure> {
        let bind = self.client.bind(epm::EPMAPPER, Some(token));
        let bytes = bind.map_err(|error| local(&error))?;
        match self.exchange(&bytes, stage, until).await? {
            Event::Bound(bound) | Event::Rejected(bound) => Ok(bound),
            other => Err(failure_of_event(&other, stage)),
        }
    }

    /// Calls an operation of the interface bound to.
    ///
    /// # Errors
    /// When the server answers with a fault, or not.
    pub async fn call(
        &mut self,
        opnum: u16,
        stub: Vec<u8>,
        stage: &str,
        until: Instant,
    ) -> Result<(Vec<u8>, ByteOrder), Failure> {
        let bytes = self.client.request(opnum, stub).map_err(|error| local(&error))?;
        match self.exchange(&bytes, stage, until).await? {
            Event::Response { stub, order } => Ok((stub, order)),
            other => Err(failure_of_event(&other, stage)),
        }
    }

    /// Reads the whole endpoint map, sorted, page after page. Each page may take `page`, and no further
    /// one is asked for after `until`: one that is on its way is waited for, since only between pages
    /// can a walk that does not come to its end free its handle on the server.
    ///
    /// # Errors
    /// Whatever kept the map from being read whole: a map that is cut short is no answer.
    pub async fn walk(&mut self, page: Duration, until: Instant) -> Result<Vec<Endpoint>, Failure> {
        const STAGE: &str = "ept_lookup";
        let mut lookup = Lookup::new();
        let mut late = false;
        self.pages = 0;
        while let Some(stub) = lookup.next_request() {
            let page_end = Instant::now() + page;
            let (stub, order) = self.call(opnum::LOOKUP, stub, STAGE, page_end).await?;
            let progress =
                lookup.push_reply(&stub, order).map_err(|error| protocol(STAGE, &error))?;
            self.pages += 1;
            late = Instant::now() >= until;
            if progress == Progress::Done || late {
                break;
            }
        }
        let report = lookup.into_report();
        if let Some(handle) = &report.handle_to_free {
            // A courtesy to the server: what was read stands whatever comes of it.
            let stub = handle_free_request(handle);
            let end = Instant::now() + page.min(FREE);
            let _ = self.call(opnum::LOOKUP_HANDLE_FREE, stub, "ept_lookup_handle_free", end).await;
            self.os_error = None;
        }
        match report.end {
            LookupEnd::Complete => {
                let mut endpoints = report.endpoints;
                endpoints.sort();
                Ok(endpoints)
            }
            LookupEnd::Failed(status) => Err(failure_of_status(status, STAGE)),
            LookupEnd::Capped { what, max } => {
                Err(Failure::Protocol(format!("{STAGE}: more than {max} {what}")))
            }
            LookupEnd::NoProgress => {
                Err(Failure::Protocol(format!("{STAGE}: page after page brings nothing new")))
            }
            LookupEnd::Unfinished if late => Err(Failure::TimedOut),
            LookupEnd::Unfinished => Err(Failure::local("the walk was not finished")),
        }
    }

    async fn exchange(
        &mut self,
        bytes: &[u8],
        stage: &str,
        until: Instant,
    ) -> Result<Event, Failure> {
        let Self { stream, client, os_error, .. } = self;
        *os_error = None;
        let mut began = false;
        let exchange = async {
            let mut failed = |error: &std::io::Error| {
                *os_error = error.raw_os_error();
                failure_of(error)
            };
            stream.write_all(bytes).await.map_err(|error| failed(&error))?;
            loop {
                let taken = read_into(stream, |received| {
                    if received.is_empty() {
                        return Err(Failure::Reset);
                    }
                    began = true;
                    client.receive(received).map_err(|error| protocol(stage, &error))
                });
                if let Some(event) = taken.await.map_err(|error| failed(&error))?? {
                    return Ok(event);
                }
            }
        };
        let exchanged = timeout_at(until, exchange).await;
        exchanged.unwrap_or(Err(if began { Failure::Unfinished } else { Failure::TimedOut }))
    }
}

/// How long a server may take to free a handle.
const FREE: Duration = Duration::from_millis(500);

fn failure_of_event(event: &Event, stage: &str) -> Failure {
    match event {
        Event::Rejected(bound) | Event::Bound(bound) => failure_of_status(bound.status(), stage),
        Event::Nak(BindNak { reason, .. }) => Failure::BindNak(*reason),
        Event::Fault(fault) => failure_of_status(fault.status, stage),
        Event::Response { .. } => Failure::Protocol(format!("{stage}: a response to a bind")),
        Event::Shutdown => Failure::Reset,
    }
}

fn local(error: &ClientError) -> Failure {
    Failure::Local(Reason::of(error))
}
