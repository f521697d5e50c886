//! The operator's connection to a coordinator.

use std::{path::Path, time::Duration};

use epmesh_proto::v1::{Document, operate_client::OperateClient, query_client::QueryClient};
use serde::de::DeserializeOwned;
use thiserror::Error;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::args::ClientArguments;
use crate::crypto;

/// The largest answer that is taken, in bytes.
const LARGEST: usize = 256 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum ClientError {
    #[error(
        "the operator's certificate cannot be read from {path}: run epmesh on the coordinator's host as its administrator, or copy ca.pem, operator.pem and operator.key from the folder pki in the coordinator's data-dir and name their folder with --identity"
    )]
    Identity {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{url:?} is not the address of a coordinator, such as https://ops.example:7353")]
    Address {
        url: String,
        #[source]
        source: tonic::transport::Error,
    },
    #[error("the coordinator at {url} cannot be reached: is `epmesh serve` running there?")]
    Unreachable {
        url: String,
        #[source]
        source: tonic::transport::Error,
    },
    #[error("{}", .0.message())]
    Answer(tonic::Status),
    #[error(
        "the coordinator's answer cannot be understood: compare the versions (epmesh --version) here and there"
    )]
    Document(#[from] serde_json::Error),
}

impl ClientError {
    /// Whether the coordinator could not be reached, as opposed to having answered with an error.
    pub(super) fn is_unreachable(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Answer(status) => matches!(
                status.code(),
                tonic::Code::Unavailable | tonic::Code::DeadlineExceeded | tonic::Code::Cancelled
            ),
            Self::Identity { .. } | Self::Address { .. } | Self::Document(_) => false,
        }
    }
}

impl From<tonic::Status> for ClientError {
    fn from(status: tonic::Status) -> Self {
        Self::Answer(status)
    }
}

/// Both services of a coordinator.
pub(super) struct Client {
    pub(super) query: QueryClient<Channel>,
    pub(super) operate: OperateClient<Channel>,
}

impl Client {
    pub(super) async fn connect(arguments: &ClientArguments) -> Result<Self, ClientError> {
        crypto::use_ring();
        let url = arguments.coordinator.clone();
        let read = |name: &str| read(&arguments.identity, name);
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(read("ca.pem")?))
            .identity(Identity::from_pem(read("operator.pem")?, read("operator.key")?));
        let address = |source| ClientError::Address { url: url.clone(), source };
        let channel = Endpoint::from_shared(url.clone())
            .map_err(address)?
            .tls_config(tls)
            .map_err(address)?
            .connect_timeout(Duration::from_secs(5).min(arguments.timeout))
            .timeout(arguments.timeout)
            .connect()
            .await
            .map_err(|source| ClientError::Unreachable { url: url.clone(), source })?;
        Ok(Self {
            query: QueryClient::new(channel.clone())
                .max_decoding_message_size(LARGEST)
                .max_encoding_message_size(LARGEST),
            // What is done to an incident is answered with all of it.
            operate: OperateClient::new(channel).max_decoding_message_size(LARGEST),
        })
    }
}

/// The answer, or why there is none.
pub(super) fn reply<T>(answer: Result<T, tonic::Status>) -> Result<T, ClientError> {
    answer.map_err(ClientError::from)
}

/// The content of a document.
pub(super) fn parse<T: DeserializeOwned>(
    answer: tonic::Response<Document>,
) -> Result<T, ClientError> {
    Ok(serde_json::from_slice(&answer.into_inner().json)?)
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>, ClientError> {
    let path = folder.join(name);
    std::fs::read(&path)
        .map_err(|source| ClientError::Identity { path: path.display().to_string(), source })
}
