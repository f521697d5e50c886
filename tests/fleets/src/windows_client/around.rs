//! The surroundings of the model: what it asks of them.

use std::net::IpAddr;

use epmesh_common::facts::{AddressProbe, Answer, DnsName, RecordType};

/// The destination, and what it knows of the source.
#[derive(Clone, Debug)]
pub struct Client {
    /// Windows, with its fall-back to other names; Samba has none.
    pub is_windows: bool,
    /// Whether its own directory runs, where that is known.
    pub serves: Option<bool>,
    /// Whether its RPC runtime knows `ncacn_ip_tcp`.
    pub tcp: Tcp,
    /// Whether it authenticates its calls to an endpoint mapper (`EnableAuthEpResolution`).
    pub authenticates: bool,
    /// Whether its copy of the directory holds the objectGUID that the source has now.
    pub knows_source: bool,
    /// The `_msdcs` name by its copy of the directory.
    pub alias: Option<DnsName>,
    /// The source's fully qualified name.
    pub host: DnsName,
    /// Its DNS servers in its order, where that is known.
    pub servers: Option<Vec<IpAddr>>,
    /// What its own last attempt came to, where that is known and failed.
    pub recorded: Option<i64>,
}

/// What an RPC runtime knows of `ncacn_ip_tcp`. It reads `ClientProtocols` when its process starts, so that the
/// registry alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tcp {
    /// It knows it.
    Known,
    /// It does not.
    Missing,
    /// It stands in the registry no longer, and nobody knows since when.
    Removed,
}

/// Who is behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The source.
    Source,
    /// Somebody else.
    Another,
    /// Nobody can tell.
    Unknown,
}

/// A source of NetBIOS names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetBios {
    /// The lines of LMHOSTS that are loaded beforehand.
    Preloaded,
    /// The WINS servers.
    Wins,
    /// The other lines of LMHOSTS.
    Lmhosts,
}

/// The surroundings. `None` for what nobody asked.
pub trait Around {
    /// The destination.
    fn client(&self) -> Client;
    /// What its hosts file says.
    fn hosts(&self, name: &DnsName, kind: RecordType) -> Option<Answer>;
    /// What its DNS client remembers; `NoSuchName` for nothing.
    fn cached(&self, name: &DnsName, kind: RecordType) -> Option<Answer>;
    /// What a DNS server answers it.
    fn dns(&self, server: IpAddr, name: &DnsName, kind: RecordType) -> Option<Answer>;
    /// What NetBIOS has of the source's name, each answer for itself.
    fn netbios(&self, from: NetBios) -> Vec<Answer>;
    /// What becomes of calls to an address, stage by stage.
    fn probe(&self, address: IpAddr) -> Option<AddressProbe>;
    /// Who is behind an address.
    fn owner(&self, address: IpAddr) -> Owner;
}
