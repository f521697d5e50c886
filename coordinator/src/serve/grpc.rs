//! The gRPC server and its TLS.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use anyhow::{Context, Result};
use epmesh_common::wire::limits::MESSAGE_BYTES;
use epmesh_proto::v1::{
    agents_server::AgentsServer, enrolment_server::EnrolmentServer, operate_server::OperateServer,
    query_server::QueryServer,
};
use tokio::net::TcpListener;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig, server::TcpIncoming};

use super::parts::Parts;
use crate::{
    clock,
    config::ServeOptions,
    ingest::{AgentsService, EnrolmentService},
    pki::days,
    query::Operator,
};

/// Validity of the coordinator's own certificate and of the local operator's; both are issued
/// anew at every start.
pub(super) const START_VALIDITY: Duration = days(3650);

/// How often a quiet connection is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// How long it may take to answer that.
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Streams that one connection may have open.
const STREAMS: u32 = 64;

/// The largest message of a caller that has not shown a certificate.
const ENROLMENT_BYTES: usize = 64 * 1024;

/// Serves agents and operators until the parts are told to stop.
pub(super) async fn serve(
    listener: TcpListener,
    parts: Parts,
    options: ServeOptions,
) -> Result<()> {
    let Parts { hub, registry, authority, alerts, incidents, stopping } = parts.clone();
    let operator =
        Operator::new(hub.clone(), registry.clone(), authority.clone(), alerts, incidents);
    let enrolment = EnrolmentService::new(hub.clone(), registry.clone(), authority);
    let enrolment = EnrolmentServer::new(enrolment).max_decoding_message_size(ENROLMENT_BYTES);
    let agents = AgentsService::new(hub, registry, stopping.clone());
    let agents = AgentsServer::new(agents)
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES);
    let incoming =
        TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE));
    Server::builder()
        .tls_config(tls(&parts, &options)?)
        .context("setting up TLS")?
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
        .max_concurrent_streams(Some(STREAMS))
        .add_service(enrolment)
        .add_service(agents)
        .add_service(
            // Reports come in one message, two at most; no other question is long.
            QueryServer::new(operator.clone())
                .max_decoding_message_size(2 * epmesh_common::reports::MAX_BYTES + 1024),
        )
        .add_service(OperateServer::new(operator))
        .serve_with_incoming_shutdown(incoming, stopping.cancelled_owned())
        .await
        .context("serving gRPC")
}

/// TLS with a certificate of our authority. Clients show a certificate by the same authority, or none: without one
/// they may only enrol.
fn tls(parts: &Parts, options: &ServeOptions) -> Result<ServerTlsConfig> {
    let mut names = vec!["localhost".to_owned()];
    let mut addresses: Vec<IpAddr> =
        vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into(), options.listen.ip()];
    for name in &options.names {
        match name.parse() {
            Ok(address) => addresses.push(address),
            Err(_) => names.push(name.clone()),
        }
    }
    addresses.retain(|address| !address.is_unspecified());
    addresses.sort();
    addresses.dedup();
    let now = clock::now().as_millis();
    let issued = parts.authority.issue_server(&names, &addresses, now, START_VALIDITY)?;
    Ok(ServerTlsConfig::new()
        .identity(Identity::from_pem(issued.chain_pem, issued.key_pem))
        .client_ca_root(Certificate::from_pem(parts.authority.certificate_pem()))
        .client_auth_optional(true)
        .timeout(HANDSHAKE))
}
