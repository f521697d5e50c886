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
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 56] = [
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
    ];

    /// The causes and sides that the catalogue allows for it.
    #[must_use]
    pub const fn truth(self) -> (&'static [&'static str], &'static [Side]) {
        use Side::{Destination, Directory, NameResolution, Network, Source};
        match self {
            Self::NeverStarted => (&["service-not-started"], &[Source]),
            Self::Died => (&["service-died"], &[Source]),
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
            // What the guise leaves open, `Fault::truth` says.
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

    /// Whether what it takes away comes back, and goes again: only the whole of it tells that from
    /// one loss.
    #[must_use]
    pub const fn comes_back(self) -> bool {
        matches!(self, Self::ComesAndGoes | Self::RegistrationComesAndGoes)
    }

    /// Whether the directory of its host does not run: neither does it serve nor does it pull.
    #[must_use]
    pub const fn stops_directory(self) -> bool {
        matches!(self, Self::NeverStarted | Self::Died | Self::Hangs | Self::RestoreMode)
    }

    /// Whether its host has no port left to connect from.
    #[must_use]
    pub const fn takes_all_ports(self) -> bool {
        matches!(self, Self::HostPortsUsedUp | Self::DynamicPortsTaken)
    }

    /// Whether the host is started anew in the course of it.
    #[must_use]
    pub const fn restarts(self) -> bool {
        matches!(
            self,
            Self::NeverStarted
                | Self::NeverRegistered
                | Self::RestoreMode
                | Self::NoProtocols
                | Self::EmptyLinkage
                | Self::BadPorts
                | Self::SamePortTwice
                | Self::FewPorts
                | Self::DynamicPortsTaken
                | Self::ListedPortsTaken
        )
    }

    /// Whether the cause can be told only from what the source says of itself.
    #[must_use]
    pub const fn needs_source(self) -> bool {
        !matches!(
            self,
            Self::HostDown
                | Self::AccessDenied
                | Self::EndpointToAnother
                | Self::AliasDead
                | Self::AliasMissingOnOne
                | Self::AliasMissingOnAll
                | Self::PathAlters
                | Self::SitesAlter
                | Self::MapperReplaced
                | Self::PathReplacesMapper
                | Self::NeverAnswers
                | Self::PathLosesLarge
                | Self::SitesLoseLarge
                | Self::SourceRefuses
                | Self::DestinationRefuses
                | Self::RolledBack
                | Self::OutsideServer
        )
    }

    /// Whether it shows before a link fails: a wrong name in a place that is not the first asked.
    #[must_use]
    pub const fn shows_latent(self) -> bool {
        matches!(
            self,
            Self::AddressStaleOnOne
                | Self::AddressStaleOnAll
                | Self::AddressTwice
                | Self::AliasWrong
                | Self::AliasDead
                | Self::AliasMissingOnOne
                | Self::AliasMissingOnAll
                | Self::NameMissingOnOne
                | Self::LmhostsLine
                | Self::WinsStale
                | Self::ComesAndGoes
                | Self::RegistrationComesAndGoes
                | Self::HostPortsUsedUp
                | Self::OutsideServer
                // The other address is tried next.
                | Self::HostBlocksAddress
        )
    }

    /// Whether directories refuse each other over a way that is open.
    #[must_use]
    pub const fn is_of_replication(self) -> bool {
        matches!(self, Self::SourceRefuses | Self::DestinationRefuses | Self::RolledBack)
    }

    /// Whether it bears on all links of one destination.
    #[must_use]
    pub const fn is_of_one_client(self) -> bool {
        matches!(self, Self::DestinationRefuses | Self::OutsideServer)
    }

    /// Whether it rests on which address is whose, or on what listens there. Of a source behind address
    /// translation that cannot be told: its own addresses are not those that lead to it.
    #[must_use]
    pub const fn is_of_addresses(self) -> bool {
        matches!(
            self,
            Self::EndpointToNobody
                | Self::EndpointToAnother
                | Self::MapperDown
                | Self::MapperDisabled
                | Self::HostDown
                | Self::HostBlocksMapper
                | Self::HostBlocksPort
                | Self::HostBlocksAddress
                | Self::SitesBlockMapper
                | Self::SitesBlockPorts
                | Self::PathBlocksMapper
                | Self::AddressStaleOnOne
                | Self::AddressStaleOnAll
                | Self::AddressTwice
                | Self::AliasWrong
                | Self::HostsLine
                | Self::LmhostsLine
                | Self::WinsStale
                | Self::CacheStale
                | Self::MapperReplaced
                | Self::PathReplacesMapper
                | Self::NeverAnswers
        )
    }

    /// Whether it lies in what a destination is given for a name.
    #[must_use]
    pub const fn is_of_names(self) -> bool {
        matches!(
            self,
            Self::AddressStaleOnOne
                | Self::AddressStaleOnAll
                | Self::AddressTwice
                | Self::AliasWrong
                | Self::AliasDead
                | Self::AliasMissingOnOne
                | Self::AliasMissingOnAll
                | Self::NameMissingOnOne
                | Self::HostsLine
                | Self::LmhostsLine
                | Self::WinsStale
                | Self::CacheStale
                | Self::OutsideServer
        )
    }

    /// Whether it leads one destination elsewhere before anybody else is asked.
    #[must_use]
    pub const fn leads_astray(self) -> bool {
        matches!(self, Self::HostsLine | Self::CacheStale)
    }

    /// Whether it bears on one link alone.
    #[must_use]
    pub const fn is_of_one_link(self) -> bool {
        matches!(
            self,
            Self::PathBlocksMapper
                | Self::PathInspected
                | Self::HostsLine
                | Self::LmhostsLine
                | Self::WinsStale
                | Self::CacheStale
                | Self::SettingsStale
                | Self::PathAlters
                | Self::PathReplacesMapper
                | Self::FilteredForOne
                | Self::PathLosesLarge
        )
    }

    /// Whether it lies on the way between two sites.
    #[must_use]
    pub const fn is_between_sites(self) -> bool {
        matches!(
            self,
            Self::SitesBlockMapper
                | Self::SitesBlockPorts
                | Self::SitesAlter
                | Self::SitesLoseLarge
        )
    }

    /// Whether it keeps a destination from connecting, and may stand on the way.
    #[must_use]
    pub const fn is_cut(self) -> bool {
        matches!(
            self,
            Self::HostDown
                | Self::HostBlocksMapper
                | Self::HostBlocksPort
                | Self::HostBlocksAddress
                | Self::SitesBlockMapper
                | Self::SitesBlockPorts
                | Self::PathBlocksMapper
        )
    }

    /// Whether it keeps one destination from what others reach at the same source.
    #[must_use]
    pub const fn is_of_one_way(self) -> bool {
        matches!(
            self,
            Self::PathBlocksMapper
                | Self::PathInspected
                | Self::PathAlters
                | Self::PathReplacesMapper
                | Self::FilteredForOne
                | Self::PathLosesLarge
        )
    }

    /// Whether it bears on all links from one source, and on no others.
    #[must_use]
    pub const fn is_of_one_host(self) -> bool {
        !self.is_of_one_link()
            && !self.stops_directory()
            && !matches!(
                self,
                Self::NoProtocols
                    | Self::SitesBlockMapper
                    | Self::SitesBlockPorts
                    | Self::SitesAlter
                    | Self::SitesLoseLarge
                    | Self::NeverAnswers
                    | Self::DestinationRefuses
                    | Self::OutsideServer
                    | Self::RolledBack
                    | Self::HostPortsUsedUp
                    | Self::DynamicPortsTaken
                    | Self::MapperDisabled
                    | Self::HostDown
            )
    }
}
