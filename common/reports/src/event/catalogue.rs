//! The events that are known: by who wrote it and its number, what it says, and where its values stand. An
//! event that is not in the table is told word for word, and none of its numbers is taken for an error.

use super::super::outcome::Outcome;

/// Who wrote an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    /// Active Directory itself: `Microsoft-Windows-ActiveDirectory_DomainService`, `NTDS KCC` and the like.
    Directory,
    /// `DFSR`.
    Dfsr,
    /// `NETLOGON`.
    Netlogon,
}

impl Provider {
    /// The provider that a name is of, as any form of an event writes it.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "dfsr" | "microsoft-windows-dfsr" | "dfs replication" => Some(Self::Dfsr),
            "netlogon" | "microsoft-windows-security-netlogon" => Some(Self::Netlogon),
            name if name.starts_with("ntds ") || name == "activedirectory_domainservice" => {
                Some(Self::Directory)
            }
            "microsoft-windows-activedirectory_domainservice" => Some(Self::Directory),
            _ => None,
        }
    }
}

/// Where an event's error stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorAt {
    /// It has none; its numbers are times, counts and days.
    Nowhere,
    /// A value that is a number, or begins with one: it has no other such number.
    Number,
    /// A number whose message stands behind it, in brackets or in the next value. It has other numbers.
    BesideItsMessage,
    /// Only the message of the error, without its number.
    Message,
}

/// Whom the computer that wrote the event is to the failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// The client: the destination.
    Client,
    /// The server that was asked.
    Server,
}

/// An event that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) provider: Provider,
    pub(super) id: i64,
    pub(super) meaning: &'static str,
    pub(super) outcome: Outcome,
    pub(super) error: ErrorAt,
    pub(super) writer: Writer,
    /// The short name of the interface that the failed call was for, where that is certain.
    pub(super) interface: Option<&'static str>,
    /// Whether its first distinguished name is the naming context.
    pub(super) has_context: bool,
    /// Whether a value that is one word may be the host.
    pub(super) has_host: bool,
    /// Whether its first value with a time is the last success.
    pub(super) has_success: bool,
}

/// The event with this number, of this provider; of any where the text names none.
pub(super) fn known(provider: Option<Provider>, id: i64) -> Option<&'static Known> {
    let provider = provider.unwrap_or(Provider::Directory);
    KNOWN.iter().find(|known| known.provider == provider && known.id == id)
}

/// An event of the directory whose failure is one of drsuapi.
const fn replication(id: i64, error: ErrorAt, meaning: &'static str) -> Known {
    Known {
        provider: Provider::Directory,
        id,
        meaning,
        outcome: Outcome::Failed,
        error,
        writer: Writer::Client,
        interface: Some("drsuapi"),
        has_context: true,
        has_host: false,
        has_success: false,
    }
}

const KNOWN: &[Known] = &[
    Known {
        has_host: true,
        ..replication(1655, ErrorAt::Number, "a global catalog could not be reached")
    },
    replication(1925, ErrorAt::Number, "a replication link could not be established"),
    replication(1265, ErrorAt::Number, "the KCC could not add a replication agreement"),
    Known {
        interface: None,
        ..replication(
            1311,
            ErrorAt::Nowhere,
            "the KCC found that its sites and links do not connect all domain controllers",
        )
    },
    Known {
        interface: None,
        ..replication(1865, ErrorAt::Nowhere, "the KCC could not connect all sites")
    },
    Known {
        interface: None,
        ..replication(
            1566,
            ErrorAt::Nowhere,
            "the KCC found no domain controller of a site available over the transport",
        )
    },
    replication(
        1308,
        ErrorAt::BesideItsMessage,
        "the KCC found that attempts to replicate with a domain controller failed one after the other",
    ),
    replication(
        1960,
        ErrorAt::Number,
        "an RPC connection to a domain controller ended with an exception",
    ),
    replication(
        1125,
        ErrorAt::Number,
        "the installation wizard could not connect to a domain controller",
    ),
    replication(
        1411,
        ErrorAt::BesideItsMessage,
        "no service principal name could be made for the other domain controller",
    ),
    replication(
        1645,
        ErrorAt::Nowhere,
        "the call was not made: the service principal name of the other domain controller is not registered",
    ),
    Known {
        has_host: true,
        ..replication(
            2087,
            ErrorAt::Number,
            "no name of the source could be resolved: not its GUID name, host name or NetBIOS name",
        )
    },
    Known {
        has_host: true,
        outcome: Outcome::Delayed,
        ..replication(
            2088,
            ErrorAt::Number,
            "the source's GUID name could not be resolved; another of its names did, and it replicated",
        )
    },
    Known {
        interface: None,
        ..replication(
            1113,
            ErrorAt::Nowhere,
            "replication was switched off by an administrator (error 8456 or 8457, not 1753)",
        )
    },
    Known {
        interface: None,
        ..replication(
            1115,
            ErrorAt::Nowhere,
            "replication was switched off by an administrator (error 8456 or 8457, not 1753)",
        )
    },
    Known {
        has_context: false,
        has_success: true,
        ..replication(
            2042,
            ErrorAt::Nowhere,
            "too long since the last replication with the source, longer than the tombstone lifetime: it is \
             refused (repadmin shows 8614)",
        )
    },
    Known {
        has_context: false,
        ..replication(
            1988,
            ErrorAt::Nowhere,
            "replication is blocked: the source has a lingering object, which was deleted here long ago \
             (repadmin shows 8606)",
        )
    },
    Known {
        writer: Writer::Server,
        interface: None,
        has_context: false,
        ..replication(
            2947,
            ErrorAt::Number,
            "the password of a group managed service account was not given out; no RPC call and no replication",
        )
    },
    dfsr(5002, "DFS Replication had an error with a partner"),
    dfsr(5008, "DFS Replication could not communicate with a partner"),
    dfsr(
        5014,
        "DFS Replication stopped communicating with a partner after an error; it tries again by itself",
    ),
    Known {
        outcome: Outcome::Succeeded,
        error: ErrorAt::Nowhere,
        ..dfsr(5004, "DFS Replication has a connection with a partner")
    },
    Known {
        outcome: Outcome::Succeeded,
        interface: None,
        has_context: false,
        ..replication(1000, ErrorAt::Nowhere, "the directory has started")
    },
    Known {
        outcome: Outcome::Succeeded,
        interface: None,
        has_context: false,
        ..replication(
            1394,
            ErrorAt::Nowhere,
            "what kept the directory from being written to is over",
        )
    },
    Known {
        interface: None,
        ..dfsr(1202, "DFS Replication could not read its configuration from a domain controller")
    },
    netlogon(
        5719,
        ErrorAt::Message,
        "this computer could not set up a secure session with a domain controller",
    ),
    netlogon(
        5783,
        ErrorAt::Nowhere,
        "a domain controller did not answer on the secure session, and the call was cancelled",
    ),
];

const fn dfsr(id: i64, meaning: &'static str) -> Known {
    Known {
        provider: Provider::Dfsr,
        interface: Some("dfsr"),
        has_context: false,
        has_host: true,
        ..replication(id, ErrorAt::BesideItsMessage, meaning)
    }
}

const fn netlogon(id: i64, error: ErrorAt, meaning: &'static str) -> Known {
    Known {
        provider: Provider::Netlogon,
        interface: Some("netlogon"),
        has_context: false,
        ..replication(id, error, meaning)
    }
}

#[cfg(test)]
mod tests {
    use epmesh_rpc::names;

    use super::*;

    #[test]
    fn each_stands_once_and_its_interface_has_a_name() {
        for (at, one) in KNOWN.iter().enumerate() {
            let same = |other: &Known| other.provider == one.provider && other.id == one.id;
            assert_eq!(KNOWN.iter().position(same), Some(at), "{}", one.id);
            assert!(one.interface.is_none_or(|name| names::by_name(name).is_some()), "{}", one.id);
        }
        assert!(known(Some(Provider::Dfsr), 1925).is_none());
        assert!(known(None, 1925).is_some());
    }

    #[test]
    fn providers_by_every_name() {
        for (name, wanted) in [
            ("Microsoft-Windows-ActiveDirectory_DomainService", Some(Provider::Directory)),
            ("NTDS KCC", Some(Provider::Directory)),
            ("DFSR", Some(Provider::Dfsr)),
            ("NETLOGON", Some(Provider::Netlogon)),
            ("ESENT", None),
            ("Microsoft-Windows-GroupPolicy", None),
        ] {
            assert_eq!(Provider::named(name), wanted, "{name}");
        }
    }
}
