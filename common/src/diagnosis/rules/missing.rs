//! Evidence that is missing for a surer verdict: the fact that would decide a link, or say more
//! about it.

use std::net::IpAddr;

use epmesh_facts::{DnsName, Source, Timestamp};
use epmesh_rpc::windows_error::symbol;

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
    /// Whether anything needs the path between two sites, on which the destination does not get through.
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
    /// The host that answers at an address.
    WhoAnswers(IpAddr),
    /// A look that is newer than the source's endpoint map.
    NewerLook,
    /// An endpoint map of the source that is newer than the look.
    NewerMap,
    /// An endpoint map of the source that was read after the look.
    MapAfterLook,
    /// The state of the service that serves the interface.
    ServiceState,
    /// The time at which the source was started.
    BootTime,
    /// The process of the service.
    ServiceProcess,
    /// The source's own endpoint map.
    OwnMap,
    /// A look after the source has started.
    LookAfterStart,
    /// The destination's directory, once it has started.
    DestinationStarted,
    /// Whether the destination's directory runs.
    DestinationDirectory,
    /// The host that has the interface at an address that no domain controller claims.
    WhoHasInterface(IpAddr),
    /// The answers of the destination's DNS servers.
    DnsAnswers,
    /// The answer of a source of names for the address of a name.
    AddressAnswer(Source, DnsName),
    /// The owners of the addresses that the DNS servers give.
    WhoseAddresses,
    /// A second witness's word on an address that the source does not state and at which one says that it answers.
    SecondWitness(IpAddr),
    /// The destination's next attempt to replicate: its last one failed, before something changed.
    NextAttempt {
        /// The error of the last one.
        error: i64,
    },
    /// The reason why the destination has not replicated since then, although its next attempt was due.
    WhyNotTried(Timestamp),
    /// The reason why replication gets through, as it did then, where the look does not.
    WhyItGetsThrough(Timestamp),
    /// The hosts file or the DNS servers of the destination, whose own replication does not get to the source.
    NamesBeforeDns {
        /// The error of its replication.
        error: i64,
    },
}

impl Missing {
    /// The fact in words, as it stands behind "needed to decide:".
    pub(in crate::diagnosis) fn words(&self, case: &Case<'_>) -> String {
        let (dest, source) = (case.destination(), case.source());
        match self {
            Self::Forest => format!(
                "whether {source} belongs to the forest of {dest}, whose directory has no NTDS Settings \
                 object for it: an agent on {source} would tell"
            ),
            Self::NeedBetweenForests => format!(
                "whether anything needs this link: {source} is in another forest, and forests do not \
                 replicate with each other"
            ),
            Self::NeedOfReadOnly => format!(
                "whether anything needs this link: {source} is a read-only domain controller, and no \
                 domain controller replicates from one"
            ),
            Self::NeedOfPath => format!(
                "whether anything needs the path from {dest} to {source}: what {dest} tries there does not get \
                 through, the two are in different sites, and {dest} says that it replicates only from others"
            ),
            Self::NeedOfAlias => format!(
                "the platform of {dest}, which an agent there would tell: its DNS servers do not have the \
                 alias of {source}, or one that leads to no address; Samba needs it, and Windows can do \
                 without"
            ),
            Self::LookAtAddresses => format!("a look of {dest} at the addresses of {source}"),
            Self::FreshLook { source_spoke: true } => format!(
                "a fresh look of {dest} at {source}; what {source} says of itself shows no fault"
            ),
            Self::FreshLook { source_spoke: false } => {
                format!("a fresh look of {dest} at {source}, and fresh facts of {source} itself")
            }
            Self::SourceFacts => format!(
                "the services and the endpoint map of {source}: an agent there tells whether the \
                 service stopped, died or never registered"
            ),
            Self::WhoAnswers(address) => {
                format!("which host answers at {address}: it did not give its name")
            }
            Self::NewerLook => {
                format!("a look of {dest} that is newer than the endpoint map of {source}")
            }
            Self::NewerMap => format!(
                "a newer endpoint map of {source}; if it still lists the interface, look for an RPC \
                 filter there"
            ),
            Self::MapAfterLook => format!(
                "an endpoint map that {source} reads after the look of {dest}: it tells whether the port \
                 is another one by now, or the answer was altered on the way"
            ),
            Self::ServiceState => {
                format!("the state of the service on {source} that serves the interface")
            }
            Self::BootTime => format!("the boot time of {source}"),
            Self::ServiceProcess => format!("the process of the service on {source}"),
            Self::OwnMap => format!(
                "the endpoint map of {source} as {source} itself reads it: it tells whether the service \
                 has not \
                 registered, or something hides that it has"
            ),
            Self::DestinationDirectory => format!(
                "whether the directory of {dest} runs: {dest} was started in a mode without it, and its \
                 services were not told"
            ),
            Self::DestinationStarted => {
                format!(
                    "the directory of {dest}, which is starting: until it has, nothing replicates to it"
                )
            }
            Self::LookAfterStart => format!("a look after {source} has started"),
            Self::WhoHasInterface(address) => format!(
                "which host answers at {address}, to which the name leads: it has the interface and did \
                 not give its name, and no domain controller says that the address is its own"
            ),
            Self::DnsAnswers => {
                format!(
                    "the answers of the DNS servers of {dest}: its look at {source} contains none"
                )
            }
            Self::AddressAnswer(of, name) => {
                format!("an answer from {of} for the address of {name}")
            }
            Self::NextAttempt { error } => format!(
                "the next attempt of {dest} to replicate from {source}: its last one ended with error \
                 {error}{}, and what it met then has changed, or is over; repadmin /showrepl {dest}, or \
                 samba-tool drs showrepl, tells how the next one ends",
                symbol(*error).map_or(String::new(), |name| format!(" ({name})")),
            ),
            Self::WhyNotTried(at) => format!(
                "the reason why {dest} has not tried to replicate from {source} since {at}, or the hour after, \
                 though it pulls once an hour within a site: repadmin /queue {dest} shows what it is at, \
                 repadmin /showrepl {dest} its connections"
            ),
            Self::WhyItGetsThrough(at) => format!(
                "the reason why {dest} itself got through to {source} at {at}, when the look of its agent \
                 did not: a connection that was made before stays open where new ones are stopped, and what \
                 tells programs apart, endpoint protection say, may stop epmesh-agent alone"
            ),
            Self::NamesBeforeDns { error } => format!(
                "the hosts file and the cache of {dest}, which come before DNS, and the DNS servers that it \
                 asks: not all of these could be read; what DNS has leads to {source}, and the replication of \
                 {dest} from it ends with error {error}{} all the same, so that it may be led elsewhere",
                symbol(*error).map_or(String::new(), |name| format!(" ({name})")),
            ),
            Self::SecondWitness(address) => format!(
                "whether {address} leads to {source}, which does not state that address: one witness alone says \
                 that {source} answers there; another one's word would tell address translation from a wrong record"
            ),
            Self::WhoseAddresses => format!(
                "which of these addresses belongs to {source}: an agent there would tell, or an answer \
                 from it that names the host"
            ),
        }
    }
}
