//! Calls with the operator's certificate, and joining with none.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use epmesh::{
    fleet::BundleLine,
    incident::{IncidentDocument, IncidentList},
    query::NewToken,
};
use epmesh_common::facts::{Body, DnsName};
use epmesh_proto::v1::{
    AcknowledgeRequest, CreateTokenRequest, EnrolRequest, ExportBundleRequest, IncidentsRequest,
    ReleaseRequest, RenewRequest, RevokeRequest, SilenceRequest, create_token_request::Scope,
    enrolment_client::EnrolmentClient, operate_client::OperateClient, query_client::QueryClient,
};
use rcgen::{CertificateParams, KeyPair};
use tonic::{
    Code, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

use crate::{bodies::number_of, ledger::Held};

/// The largest document that is taken.
const LARGEST: usize = 64 * 1024 * 1024;

/// A coordinator's bundle on one domain controller.
#[derive(Debug, Default)]
pub(crate) struct Exported {
    /// The digests that are held.
    pub(crate) held: Held,
    /// The number of the report that its host's facts are of.
    pub(crate) number: u64,
}

/// The way to reach a coordinator.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    listen: SocketAddr,
    pki: PathBuf,
}

impl Access {
    pub(crate) fn new(listen: SocketAddr, data: &Path) -> Self {
        Self { listen, pki: data.join("pki") }
    }

    /// A connection over TLS, with a client certificate if one is given.
    pub(crate) async fn channel(&self, identity: Option<Identity>) -> Result<Channel> {
        let authority = Certificate::from_pem(self.read("ca.pem")?);
        let mut tls = ClientTlsConfig::new().ca_certificate(authority).domain_name("localhost");
        if let Some(identity) = identity {
            tls = tls.identity(identity);
        }
        let endpoint = Endpoint::from_shared(format!("https://{}", self.listen))?;
        Ok(endpoint.tls_config(tls)?.connect().await?)
    }

    /// The operator's; it is issued anew at every start.
    async fn operator(&self) -> Result<Channel> {
        let identity = Identity::from_pem(self.read("operator.pem")?, self.read("operator.key")?);
        self.channel(Some(identity)).await
    }

    /// The content of a file of the certificate authority.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.pki.join(name);
        fs::read(&path).with_context(|| path.display().to_string())
    }

    /// A join token for one domain controller.
    pub(crate) async fn token(&self, dc: &DnsName) -> Result<String> {
        let mut client = OperateClient::new(self.operator().await?);
        let scope = Some(Scope::Dc(dc.to_string()));
        let answer = client.create_token(CreateTokenRequest { ttl_seconds: 86_400, scope }).await?;
        let made: NewToken = serde_json::from_slice(&answer.into_inner().json)?;
        Ok(made.token)
    }

    pub(crate) async fn release(&self, dc: &DnsName) -> Result<()> {
        let mut client = OperateClient::new(self.operator().await?);
        client.release(ReleaseRequest { dc: dc.to_string() }).await?;
        Ok(())
    }

    pub(crate) async fn revoke(&self, dc: &DnsName) -> Result<()> {
        let mut client = OperateClient::new(self.operator().await?);
        client.revoke(RevokeRequest { dc: dc.to_string() }).await?;
        Ok(())
    }

    /// Checks that renewing with this identity is refused for this reason.
    pub(crate) async fn not_renewed(&self, identity: &Identity, why: &str) -> Result<()> {
        let certificate_request =
            CertificateParams::default().serialize_request(&KeyPair::generate()?)?.pem()?;
        let mut client = EnrolmentClient::new(self.channel(Some(identity.clone())).await?);
        let Err(status) = client.renew(RenewRequest { certificate_request }).await else {
            bail!("a certificate was renewed");
        };
        ensure!(
            status.code() == Code::PermissionDenied && status.message().contains(why),
            "a renewal was to be refused because it {why:?}, but: {status}"
        );
        Ok(())
    }

    /// Joins with a new key.
    pub(crate) async fn enrol(&self, token: &str, dc: &DnsName) -> Result<Identity> {
        let key = KeyPair::generate()?;
        let request = CertificateParams::default().serialize_request(&key)?.pem()?;
        let name = dc.to_string();
        let request = EnrolRequest { token: token.to_owned(), name, certificate_request: request };
        let mut client = EnrolmentClient::new(self.channel(None).await?);
        let reply = client.enrol(request).await?.into_inner();
        ensure!(reply.authority.as_bytes() == self.read("ca.pem")?, "another authority answered");
        Ok(Identity::from_pem(reply.certificate, key.serialize_pem()))
    }

    /// Checks that joining is refused for this reason.
    pub(crate) async fn refused(&self, token: &str, dc: &DnsName, why: &str) -> Result<()> {
        let Err(error) = self.enrol(token, dc).await else { bail!("{dc} was let in") };
        let status = error.downcast::<Status>()?;
        ensure!(
            status.code() == Code::PermissionDenied && status.message().contains(why),
            "{dc} was to be refused because it {why:?}, but: {status}"
        );
        Ok(())
    }

    pub(crate) async fn incidents(&self) -> Result<IncidentList> {
        let mut client = QueryClient::new(self.operator().await?);
        let answer = client.incidents(IncidentsRequest { all: true }).await?;
        Ok(serde_json::from_slice(&answer.into_inner().json)?)
    }

    /// Acknowledges and silences an incident.
    pub(crate) async fn look_after(&self, id: &str) -> Result<IncidentDocument> {
        let mut client = OperateClient::new(self.operator().await?);
        let (id, note) = (id.to_owned(), "on it".to_owned());
        client.acknowledge(AcknowledgeRequest { id: id.clone(), note }).await?;
        let request = SilenceRequest { id, seconds: 86_400, why: "known".to_owned() };
        let answer = client.silence(request).await?;
        Ok(serde_json::from_slice(&answer.into_inner().json)?)
    }

    /// All that the coordinator knows, by domain controller.
    pub(crate) async fn export(&self) -> Result<BTreeMap<DnsName, Exported>> {
        let client = QueryClient::new(self.operator().await?);
        let mut client = client.max_decoding_message_size(LARGEST);
        let mut lines = client.export_bundle(ExportBundleRequest {}).await?.into_inner();
        let mut exported = BTreeMap::new();
        while let Some(line) = lines.message().await? {
            let BundleLine::Dc(member) = serde_json::from_slice(&line.json)? else { continue };
            let host = member.facts.host.as_ref();
            let number = host.and_then(|host| number_of(&host.fact)).unwrap_or_default();
            let own = member.facts.sections().into_iter().map(|own| Body::Own(Box::new(own.fact)));
            let peers =
                member.observations.into_iter().map(|seen| Body::Peer(seen.seen.into_inner()));
            let held = own.chain(peers).map(|body| (body.subject(), body.digest())).collect();
            exported.insert(member.name, Exported { held, number });
        }
        Ok(exported)
    }
}
