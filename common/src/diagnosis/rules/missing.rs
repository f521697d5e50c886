//! What is missing: the fact that would decide a link, or say more about it.

use std::net::IpAddr;

use epmesh_facts::{DnsName, Source};

use super::super::case::Case;

/// A fact that would decide a link, or say more about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::diagnosis) enum Missing {
    /// Whether the source is of the destination's forest.
    Forest,
    /// Whether anything needs the link between two forests.
    NeedBetweenForests,
    /// Whether anything needs the link from a read-only domain controller.
    NeedOfReadOnly,
    /// Whether anything needs the path between two sites, which is cut.
    NeedOfPath,
    /// Whether the destination needs the alias, which its DNS servers do not have.
    NeedOfAlias,
    /// A look of the destination at the source's addresses.
    LookAtAddresses,
    /// A fresh look of the destination.
    FreshLook {
        /// Whether the source itself has said anything fresh.
        source_spoke: bool,
    },
    /// What the source says of its services and its endpoint map.
    SourceFacts,
    /// Who answers at an address.
    WhoAnswers(IpAddr),
    /// A look that is newer than the source's endpoint map.
    NewerLook,
    /// An endpoint map of the source that is newer than the look.
    NewerMap,
    /// The state of the service that serves the interface.
    ServiceState,
    /// When the source was started.
    BootTime,
    /// The process of the service.
    ServiceProcess,
    /// The source's own endpoint map.
    OwnMap,
    /// A look after the source has started.
    LookAfterStart,
    /// Who has the interface at an address that no domain controller claims.
    WhoHasInterface(IpAddr),
    /// The answers of the destination's DNS servers.
    DnsAnswers,
    /// The answer of a source of names for the address of a name.
    AddressAnswer(Source, DnsName),
    /// Whose the addresses are that the DNS servers give.
    WhoseAddresses,
}

impl Missing {
    /// The fact in words, as it stands behind "needed to decide:".
    pub(in crate::diagnosis) fn words(&self, case: &Case<'_>) -> String {
        let (dest, source) = (case.destination(), case.source());
        match self {
            Self::Forest => format!(
                "whether {source} is of the forest of {dest}, whose directory has no NTDS Settings object \
                 for it: what it says of itself"
            ),
            Self::NeedBetweenForests => format!(
                "whether anything needs this of {source}: it is in another forest, and forests do not \
                 replicate with each other"
            ),
            Self::NeedOfReadOnly => format!(
                "whether anything needs this of {source}: it is a read-only domain controller, from which \
                 none replicates"
            ),
            Self::NeedOfPath => format!(
                "whether anything needs the way from {dest} to {source}: it is cut, they are in different \
                 sites, and by its own word {dest} replicates from others only"
            ),
            Self::NeedOfAlias => format!(
                "what {dest} says of itself: its DNS servers do not have the alias of {source}, and whether \
                 it needs that is not known"
            ),
            Self::LookAtAddresses => format!("a look of {dest} at the addresses of {source}"),
            Self::FreshLook { source_spoke: true } => format!(
                "a fresh look of {dest} at {source}; the source says nothing of itself that would break it"
            ),
            Self::FreshLook { source_spoke: false } => {
                format!("a fresh look of {dest} at {source}, and anything fresh from the source")
            }
            Self::SourceFacts => format!(
                "what {source} says of its own services and endpoint map: an agent there tells whether the \
                 service stopped, died or never registered"
            ),
            Self::WhoAnswers(address) => {
                format!("who answers at {address}: nobody there said a name")
            }
            Self::NewerLook => {
                format!("a look of {dest} that is newer than the source's own endpoint map")
            }
            Self::NewerMap => format!(
                "a newer endpoint map of {source}; if it still lists the interface, an RPC filter there"
            ),
            Self::ServiceState => {
                format!("the state, on {source}, of the service that serves the interface")
            }
            Self::BootTime => format!("the boot time of {source}"),
            Self::ServiceProcess => format!("the process of the service on {source}"),
            Self::OwnMap => format!(
                "the endpoint map of {source} by its own word: it tells whether the service has not \
                 registered, or something hides that it has"
            ),
            Self::LookAfterStart => format!("a look after {source} has started"),
            Self::WhoHasInterface(address) => format!(
                "who answers at {address}, where the name leads: it has the interface, no domain \
                 controller says that the address is its own, and nobody there said a name"
            ),
            Self::DnsAnswers => {
                format!("the answers of the DNS servers of {dest}: its look at {source} has none")
            }
            Self::AddressAnswer(of, name) => {
                format!("an answer of {of} for the address of {name}")
            }
            Self::WhoseAddresses => format!(
                "which of these addresses is {source}'s: an agent there, or an answer from it that names \
                 the host"
            ),
        }
    }
}
