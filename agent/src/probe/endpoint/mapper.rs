//! The endpoint mapper at one address: `ept_map` for each interface, and the whole map.

use std::{net::IpAddr, time::Duration};

use epmesh_agent_host::rpc::{
    association::Association,
    errors::{failure_of_status, protocol},
};
use epmesh_common::{
    facts::{Failure, InterfaceProbe, MapAnswer, Stage},
    rpc::{
        ByteOrder, Endpoint, InterfaceId, ProtocolSequence, Status,
        epm::{self, EPMAPPER, Lookup, opnum},
    },
};
use tokio::time::Instant;

use super::ports::{Open, Opened, open, open_once};
use crate::probe::limits::{
    budget::{Budget, millis_since},
    bytes::CountedStream,
};

/// What is kept of the look's time to free a handle.
const TO_FREE: Duration = Duration::from_millis(500);

const STAGE: &str = "bind to the endpoint mapper";

/// The endpoint mapper at one address. The connection is made anew where it was lost.
pub(in crate::probe) struct Mapper<'b, 'c> {
    budget: &'b Budget<'c>,
    address: IpAddr,
    open: Option<Open<'b>>,
    /// The operating system's error number behind the last failure, where there was one.
    os_error: Option<i32>,
}

/// The outcome of reading the whole endpoint map.
pub(in crate::probe) struct Walked {
    pub(in crate::probe) endpoints: Result<Vec<Endpoint>, Failure>,
    /// The operating system's error number behind a failure, where there was one.
    pub(in crate::probe) code: Option<i32>,
    pub(in crate::probe) took_ms: u32,
    /// What came of one entry, where not even the first page of the whole map arrived.
    pub(in crate::probe) one_entry: Option<Stage>,
}

/// Connects to the endpoint mapper and binds.
pub(in crate::probe) async fn reach<'b, 'c>(
    budget: &'b Budget<'c>,
    address: IpAddr,
) -> (Opened<'b>, Option<Mapper<'b, 'c>>) {
    let port = budget.config.ports.endpoint_mapper;
    let mut opened = open(budget, address, port, EPMAPPER, STAGE).await;
    let open = opened.open.take();
    let mapper = open.map(|open| Mapper { budget, address, open: Some(open), os_error: None });
    (opened, mapper)
}

impl<'b> Mapper<'b, '_> {
    /// Asks for the endpoints of `interface` on `ncacn_ip_tcp`. Silence, half an answer, a cut connection and
    /// "not registered" are asked once more, at once: a server that is just registering, or an old connection
    /// that turns out to be gone, is not what the verdict should rest on.
    pub(in crate::probe) async fn ask(&mut self, interface: InterfaceId) -> InterfaceProbe {
        let mut start = Instant::now();
        let (mut answer, mut code) = (self.map(interface).await, self.os_error);
        let again = matches!(
            answer,
            MapAnswer::NotRegistered(_)
                | MapAnswer::Failed(Failure::TimedOut | Failure::Unfinished | Failure::Reset)
        );
        let mut retried = false;
        if again && self.budget.has_time() {
            let second = Instant::now();
            let said = self.map(interface).await;
            // Where it could not be tried, the first answer stands.
            if !matches!(said, MapAnswer::Failed(Failure::Local(_))) {
                (start, answer, code, retried) = (second, said, self.os_error, true);
            }
        }
        let took_ms = millis_since(start);
        InterfaceProbe { interface, answer, code, took_ms, ports: Vec::new(), retried }
    }

    async fn map(&mut self, interface: InterfaceId) -> MapAnswer {
        const STAGE: &str = "ept_map";
        self.os_error = None;
        let stub = match epm::map_request(interface, &ProtocolSequence::NcacnIpTcp) {
            Ok(stub) => stub,
            Err(error) => return MapAnswer::Failed(Failure::local(error.to_string())),
        };
        let (stub, order) = match self.call(opnum::MAP, stub, STAGE).await {
            Ok(response) => response,
            Err(failure) => return not_answered(failure),
        };
        let reply = match epm::decode_map_response(&stub, order) {
            Ok(reply) => reply,
            Err(error) => return MapAnswer::Failed(protocol(STAGE, &error)),
        };
        if !reply.handle.is_null() {
            // There is more, and four towers are enough.
            let stub = epm::handle_free_request(&reply.handle);
            let _ = self.call(opnum::LOOKUP_HANDLE_FREE, stub, "ept_lookup_handle_free").await;
            // A courtesy: what becomes of it is no part of the answer.
            self.os_error = None;
        }
        match reply.status() {
            Status::Ok => {}
            status if status.is_not_registered() => {
                return MapAnswer::NotRegistered(reply.raw_status);
            }
            status => return MapAnswer::Failed(failure_of_status(status, STAGE)),
        }
        let bindings = reply.bindings(interface);
        if bindings.is_empty() {
            let count = reply.towers.len();
            let why = format!("{STAGE}: status 0 and {count} towers, none of the interface");
            return MapAnswer::Failed(Failure::Protocol(why));
        }
        MapAnswer::Endpoints(bindings)
    }

    /// The whole endpoint map.
    pub(in crate::probe) async fn walk(&mut self) -> Walked {
        let start = Instant::now();
        let (config, end) = (self.budget.config, self.budget.end);
        self.os_error = None;
        let (endpoints, code, pages) = match self.opened().await {
            Ok(association) => {
                let (now, last) = (Instant::now(), end.checked_sub(TO_FREE).unwrap_or(end));
                let page = config.rpc.min(last.saturating_duration_since(now));
                let until = last.checked_sub(page).unwrap_or(last).min(now + config.walk);
                let endpoints = association.walk(page, until).await;
                (endpoints, association.os_error(), Some(association.pages()))
            }
            Err(failure) => (Err(failure), self.os_error, None),
        };
        let took_ms = millis_since(start);
        let lost =
            matches!(endpoints, Err(Failure::TimedOut | Failure::Unfinished | Failure::Reset));
        let ask = lost && pages == Some(0) && self.budget.has_time();
        let one_entry = if ask { Some(self.one_entry().await) } else { None };
        Walked { endpoints, code, took_ms, one_entry }
    }

    /// The first entry of the map by itself: a small answer to the question whose large answer did not arrive.
    async fn one_entry(&mut self) -> Stage {
        const STAGE: &str = "ept_lookup";
        self.open = None;
        let start = Instant::now();
        let mut lookup = Lookup::with_page_size(1);
        let stub = lookup.next_request().unwrap_or_default();
        let outcome = match self.call(opnum::LOOKUP, stub, STAGE).await {
            Ok((stub, order)) => {
                lookup.push_reply(&stub, order).map(drop).map_err(|error| protocol(STAGE, &error))
            }
            Err(failure) => Err(failure),
        };
        let stage = Stage { outcome, code: self.os_error, ..Stage::ok(millis_since(start)) };
        if let Some(handle) = lookup.into_report().handle_to_free {
            let stub = epm::handle_free_request(&handle);
            let _ = self.call(opnum::LOOKUP_HANDLE_FREE, stub, "ept_lookup_handle_free").await;
            self.os_error = None;
        }
        stage
    }

    async fn call(
        &mut self,
        opnum: u16,
        stub: Vec<u8>,
        stage: &str,
    ) -> Result<(Vec<u8>, ByteOrder), Failure> {
        let budget = self.budget;
        let association = self.opened().await?;
        let until = budget.stage(budget.config.rpc);
        let answer = association.call(opnum, stub, stage, until).await;
        self.os_error = association.os_error();
        if let Err(
            Failure::TimedOut | Failure::Unfinished | Failure::Reset | Failure::Protocol(_),
        ) = answer
        {
            self.open = None;
        }
        answer
    }

    async fn opened(&mut self) -> Result<&mut Association<CountedStream<'b>>, Failure> {
        if self.open.is_none() {
            let port = self.budget.config.ports.endpoint_mapper;
            let opened = open_once(self.budget, self.address, port, EPMAPPER, STAGE).await;
            if let Some(failure) = opened.failure() {
                self.os_error = opened.code();
                return Err(failure);
            }
            self.open = opened.open;
        }
        match &mut self.open {
            Some(open) => Ok(&mut open.association),
            None => Err(Failure::Reset),
        }
    }
}

/// A fault may say "not registered" too.
fn not_answered(failure: Failure) -> MapAnswer {
    match failure {
        Failure::Fault(code) if Status::Fault(code).is_not_registered() => {
            MapAnswer::NotRegistered(code)
        }
        other => MapAnswer::Failed(other),
    }
}
