//! Sorts of kinds: what several of them have in common.

use super::kind::Kind;

impl Kind {
    /// Whether what it takes away comes back, and goes again: only the whole of it tells that from
    /// one loss.
    #[must_use]
    pub const fn comes_back(self) -> bool {
        matches!(self, Self::ComesAndGoes | Self::RegistrationComesAndGoes)
    }

    /// Whether the directory of its host does not run: neither does it serve nor does it pull.
    #[must_use]
    pub const fn stops_directory(self) -> bool {
        matches!(
            self,
            Self::NeverStarted | Self::Died | Self::Hangs | Self::RestoreMode | Self::StartsForLong
        )
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
                | Self::StartsForLong
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
                | Self::CacheStale
                | Self::NameBalanced
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
                | Self::NameBalanced
                | Self::PortBalanced
                | Self::LoneSiteBlocks
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
                | Self::NameBalanced
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
                | Self::PathCutsBind
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
                | Self::PortBalanced
                | Self::LoneSiteBlocks
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
                | Self::PathCutsBind
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
                    | Self::PortBalanced
            )
    }
}
