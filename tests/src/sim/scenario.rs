//! The ways in which a simulated forest is broken, and what has to be said of each.

use std::fmt;

use epmesh_common::diagnosis::{Cause, Side, State};

/// A way to break the link from dc2, the source, to dc1, the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scenario {
    /// dc2 restarts and its directory service, disabled, does not come up.
    ServiceNotStarted,
    /// dc2's directory service ends.
    ServiceDied,
    /// dc2's directory service runs on and its registrations are gone.
    EndpointsUnregistered,
    /// dc2 restarts, its directory service runs and does not register.
    RegistrationFailed,
    /// dc1's hosts file gives dc2's names to a member host.
    HostsFileOverride,
    /// dc2's address record leads to a member host, as in the article.
    DnsAStale,
    /// dc2's alias names a member host.
    DnsCnameWrong,
    /// dc2's alias is deleted.
    DnsCnameMissing,
    /// dc2's address record leads to dc3.
    WrongServerIdentity,
    /// A filter on dc2 drops what comes for its endpoint mapper.
    EpmUnreachable,
    /// A filter on dc2 refuses what comes for its RPC servers.
    DynamicPortBlocked,
    /// dc2's endpoint mapper itself is stopped.
    NotError1753,
    /// A filter on dc2 keeps the registration from callers: it says yes at home, no abroad.
    RpcFiltered,
    /// dc2's endpoint map names a port where another process listens.
    StaleEndpoint,
    /// dc2's endpoint mapper refuses anonymous callers.
    EpmAccessDenied,
    /// dc1's directory knows dc2 under an old GUID.
    NtdsSettingsStale,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: [Self; 16] = [
        Self::ServiceNotStarted,
        Self::ServiceDied,
        Self::EndpointsUnregistered,
        Self::RegistrationFailed,
        Self::HostsFileOverride,
        Self::DnsAStale,
        Self::DnsCnameWrong,
        Self::DnsCnameMissing,
        Self::WrongServerIdentity,
        Self::EpmUnreachable,
        Self::DynamicPortBlocked,
        Self::NotError1753,
        Self::RpcFiltered,
        Self::StaleEndpoint,
        Self::EpmAccessDenied,
        Self::NtdsSettingsStale,
    ];

    /// The cause that has to be named.
    #[must_use]
    pub const fn cause(self) -> Cause {
        match self {
            Self::ServiceNotStarted => Cause::ServiceNotStarted,
            Self::ServiceDied => Cause::ServiceDied,
            Self::EndpointsUnregistered => Cause::EndpointsUnregistered,
            Self::RegistrationFailed => Cause::RegistrationFailed,
            Self::HostsFileOverride => Cause::HostsFileOverride,
            Self::DnsAStale => Cause::DnsAStale,
            Self::DnsCnameWrong => Cause::DnsCnameWrong,
            Self::DnsCnameMissing => Cause::DnsCnameMissing,
            Self::WrongServerIdentity => Cause::WrongServerIdentity,
            Self::EpmUnreachable => Cause::EpmUnreachable,
            Self::DynamicPortBlocked => Cause::DynamicPortBlocked,
            Self::NotError1753 => Cause::NotError1753,
            Self::RpcFiltered => Cause::RpcFiltered,
            Self::StaleEndpoint => Cause::StaleEndpoint,
            Self::EpmAccessDenied => Cause::EpmAccessDenied,
            Self::NtdsSettingsStale => Cause::NtdsSettingsStale,
        }
    }

    /// The side on which it lies, in a forest of three or more: a third witness tells a filter on
    /// the host from one on the path.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::HostsFileOverride
            | Self::DnsAStale
            | Self::DnsCnameWrong
            | Self::DnsCnameMissing
            | Self::WrongServerIdentity => Side::NameResolution,
            Self::NtdsSettingsStale => Side::Directory,
            _ => Side::Source,
        }
    }

    /// The state of the link.
    #[must_use]
    pub const fn state(self) -> State {
        State::Failing
    }

    /// The deed in words.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::ServiceNotStarted => "dc2 restarts; its directory service, disabled, stays down",
            Self::ServiceDied => "dc2's directory service dies",
            Self::EndpointsUnregistered => {
                "dc2's directory service runs on, its registrations vanish"
            }
            Self::RegistrationFailed => {
                "dc2 restarts; its directory service runs and never registers"
            }
            Self::HostsFileOverride => "a line in dc1's hosts file gives dc2's names to srv",
            Self::DnsAStale => "dc2's A record leads to srv, a host that is no domain controller",
            Self::DnsCnameWrong => "the _msdcs alias of dc2 names srv",
            Self::DnsCnameMissing => "the _msdcs alias of dc2 is deleted",
            Self::WrongServerIdentity => "dc2's A record leads to dc3",
            Self::EpmUnreachable => "a filter on dc2 drops connections to its endpoint mapper",
            Self::DynamicPortBlocked => "a filter on dc2 refuses connections to its RPC servers",
            Self::NotError1753 => "dc2's endpoint mapper is stopped",
            Self::RpcFiltered => {
                "a filter on dc2 hides the interface from callers over the network"
            }
            Self::StaleEndpoint => "dc2's map names a port where another process listens",
            Self::EpmAccessDenied => "dc2's endpoint mapper refuses anonymous callers",
            Self::NtdsSettingsStale => "dc1's directory knows dc2 under an old GUID",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.cause().as_str())
    }
}

impl std::str::FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.cause().as_str() == text)
            .ok_or_else(|| format!("no scenario {text:?}; --list names them"))
    }
}
