//! The kinds of faults, and what the catalogue says of each.

use epmesh_common::diagnosis::Side;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is told by its row in `Kind::truth`")]
pub enum Kind {
    NeverStarted,
    Died,
    Hangs,
    Unregistered,
    NeverRegistered,
    RestoreMode,
    PipeOnly,
    EndpointToNobody,
    EndpointToAnother,
    HiddenByFilter,
    AccessDenied,
    MapperDown,
    HostDown,
    HostBlocksMapper,
    HostBlocksPort,
    SitesBlockMapper,
    SitesBlockPorts,
    PathBlocksMapper,
    PathInspected,
    AddressStaleOnOne,
    AddressStaleOnAll,
    AddressTwice,
    AliasWrong,
    AliasDead,
    AliasMissingOnOne,
    AliasMissingOnAll,
    HostsLine,
    CacheStale,
    SettingsStale,
    NoProtocols,
    EmptyLinkage,
    BadPorts,
    SamePortTwice,
    MapperDisabled,
    NameMissingOnOne,
    LmhostsLine,
    HostPortsUsedUp,
    HostBlocksAddress,
    WinsStale,
    FewPorts,
    ComesAndGoes,
    RegistrationComesAndGoes,
    DynamicPortsTaken,
    ListedPortsTaken,
    PathAlters,
    SitesAlter,
    MapperReplaced,
    PathReplacesMapper,
    NeverAnswers,
    FilteredForOne,
    PathLosesLarge,
    SitesLoseLarge,
    SourceRefuses,
    DestinationRefuses,
    RolledBack,
    OutsideServer,
    StartsForLong,
    NetlogonPaused,
    NameBalanced,
    PortBalanced,
    PathCutsBind,
    LoneSiteBlocks,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 62] = [
        Self::NeverStarted,
        Self::Died,
        Self::Hangs,
        Self::Unregistered,
        Self::NeverRegistered,
        Self::RestoreMode,
        Self::PipeOnly,
        Self::EndpointToNobody,
        Self::EndpointToAnother,
        Self::HiddenByFilter,
        Self::AccessDenied,
        Self::MapperDown,
        Self::HostDown,
        Self::HostBlocksMapper,
        Self::HostBlocksPort,
        Self::SitesBlockMapper,
        Self::SitesBlockPorts,
        Self::PathBlocksMapper,
        Self::PathInspected,
        Self::AddressStaleOnOne,
        Self::AddressStaleOnAll,
        Self::AddressTwice,
        Self::AliasWrong,
        Self::AliasDead,
        Self::AliasMissingOnOne,
        Self::AliasMissingOnAll,
        Self::HostsLine,
        Self::CacheStale,
        Self::SettingsStale,
        Self::NoProtocols,
        Self::EmptyLinkage,
        Self::BadPorts,
        Self::SamePortTwice,
        Self::MapperDisabled,
        Self::NameMissingOnOne,
        Self::LmhostsLine,
        Self::HostPortsUsedUp,
        Self::HostBlocksAddress,
        Self::WinsStale,
        Self::FewPorts,
        Self::ComesAndGoes,
        Self::RegistrationComesAndGoes,
        Self::DynamicPortsTaken,
        Self::ListedPortsTaken,
        Self::PathAlters,
        Self::SitesAlter,
        Self::MapperReplaced,
        Self::PathReplacesMapper,
        Self::NeverAnswers,
        Self::FilteredForOne,
        Self::PathLosesLarge,
        Self::SitesLoseLarge,
        Self::SourceRefuses,
        Self::DestinationRefuses,
        Self::RolledBack,
        Self::OutsideServer,
        Self::StartsForLong,
        Self::NetlogonPaused,
        Self::NameBalanced,
        Self::PortBalanced,
        Self::PathCutsBind,
        Self::LoneSiteBlocks,
    ];

    /// The causes and sides that the catalogue allows for it.
    #[must_use]
    pub const fn truth(self) -> (&'static [&'static str], &'static [Side]) {
        use Side::{Destination, Directory, NameResolution, Network, Source};
        match self {
            Self::NeverStarted => (&["service-not-started"], &[Source]),
            Self::Died => (&["service-died"], &[Source]),
            // A start that began and did not end; Netlogon by itself may be paused by a person.
            Self::StartsForLong | Self::NetlogonPaused => (&["service-hangs"], &[Source]),
            // Not for long, it is about to end.
            Self::Hangs => (&["service-hangs", "service-died"], &[Source]),
            Self::Unregistered => (&["endpoints-unregistered"], &[Source]),
            Self::NeverRegistered => (&["registration-failed"], &[Source]),
            Self::RestoreMode => (&["directory-services-restore-mode"], &[Source]),
            Self::PipeOnly => (&["protocol-sequence-missing"], &[Source]),
            Self::EndpointToNobody | Self::EndpointToAnother => (&["stale-endpoint"], &[Source]),
            Self::HiddenByFilter => (&["rpc-filtered"], &[Source]),
            Self::PathInspected => (&["rpc-filtered"], &[Network]),
            Self::AccessDenied => (&["epm-access-denied"], &[Source]),
            // "S does not listen" is the source's own; the error is 1722 and not 1753.
            Self::MapperDown => {
                (&["epm-unreachable", "not-1753", "rpc-service-misconfigured"], &[Source])
            }
            // Nobody can tell a host that is off from one behind a cut line.
            Self::HostDown => (&["epm-unreachable"], &[Source, Network]),
            Self::HostBlocksMapper => (&["epm-unreachable", "host-firewall"], &[Source]),
            Self::HostBlocksPort => (&["dynamic-port-blocked", "host-firewall"], &[Source]),
            Self::SitesBlockMapper | Self::PathBlocksMapper => (&["epm-unreachable"], &[Network]),
            Self::SitesBlockPorts => (&["dynamic-port-blocked"], &[Network]),
            // All who look stand in one other site: the firewall of the line and that of the host look alike.
            Self::LoneSiteBlocks => (&["epm-unreachable"], &[Network, Source]),
            Self::AddressStaleOnOne | Self::AddressStaleOnAll => {
                (&["dns-a-stale", "wrong-server-identity"], &[NameResolution])
            }
            Self::AddressTwice => (&["dns-a-duplicate"], &[NameResolution]),
            Self::AliasWrong => (&["dns-cname-wrong", "wrong-server-identity"], &[NameResolution]),
            Self::AliasDead => (&["dns-cname-wrong"], &[NameResolution]),
            Self::AliasMissingOnOne | Self::AliasMissingOnAll => {
                (&["dns-cname-missing"], &[NameResolution])
            }
            Self::HostsLine => {
                (&["hosts-file-override", "wrong-server-identity"], &[NameResolution])
            }
            Self::CacheStale => (&["dns-cache-stale", "wrong-server-identity"], &[NameResolution]),
            Self::SettingsStale => (&["ntds-settings-stale"], &[Directory]),
            Self::NoProtocols => (&["client-protocols-missing"], &[Source]),
            Self::EmptyLinkage => (&["rpc-bind-linkage-invalid"], &[Source]),
            Self::BadPorts => (&["rpc-internet-ports-invalid"], &[Source]),
            Self::SamePortTwice => (&["static-port-conflict"], &[Source]),
            Self::MapperDisabled => (&["rpc-service-misconfigured"], &[Source, Destination]),
            // Where nobody else is asked, there is no other answer to differ from.
            Self::NameMissingOnOne => (&["dns-servers-disagree", "not-1753"], &[NameResolution]),
            Self::LmhostsLine => (&["lmhosts-override"], &[NameResolution]),
            Self::WinsStale => (&["wins-stale"], &[NameResolution]),
            Self::FewPorts => (&["port-range-constrained"], &[Source]),
            // Flapping, told by how it is lost: each time with its process, or never.
            Self::ComesAndGoes => (&["service-died"], &[Source]),
            Self::RegistrationComesAndGoes => (&["endpoints-unregistered"], &[Source]),
            Self::DynamicPortsTaken => (&["port-range-exhausted"], &[Source]),
            Self::ListedPortsTaken => (&["port-range-exhausted"], &[Source]),
            Self::PathAlters | Self::SitesAlter => (&["answer-altered"], &[Network]),
            // How the bind ends, to whom a balancer sends and what the guise leaves open, `Fault::truth` says.
            Self::PathCutsBind => (&["rpc-filtered"], &[Network]),
            Self::NameBalanced => (&["dns-a-stale"], &[NameResolution]),
            Self::PortBalanced => (&["answer-altered"], &[Network]),
            Self::MapperReplaced | Self::PathReplacesMapper => (&["answer-altered"], &[Network]),
            Self::NeverAnswers => (&["service-hangs"], &[Source]),
            Self::FilteredForOne => (&["rpc-filtered"], &[Source]),
            Self::PathLosesLarge | Self::SitesLoseLarge => (&["large-packets-lost"], &[Network]),
            // Who has not the right, or the old password, the error alone does not tell.
            Self::SourceRefuses => (&["replication-refused"], &[Source, Side::None]),
            Self::DestinationRefuses => (&["replication-refused"], &[Destination]),
            // Netlogon is paused, and outbound replication disabled (KB 875495).
            Self::RolledBack => (&["replication-refused", "service-hangs"], &[Source]),
            Self::OutsideServer => {
                (&["dns-cname-missing", "dns-servers-disagree", "not-1753"], &[NameResolution])
            }
            // As a server it soon will not be able to; what it is as a client, `Fault::truth` says.
            Self::HostPortsUsedUp => (&["port-exhaustion"], &[Source]),
            // The host serves at another address: its filter on one adapter, or the way to that.
            Self::HostBlocksAddress => (&["epm-unreachable"], &[Network]),
        }
    }
}
