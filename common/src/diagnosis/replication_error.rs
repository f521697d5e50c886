//! Errors of directory replication: what one means, on which side it lies, and whether a look that gets
//! through speaks against it.

use epmesh_facts::Platform;

use super::cause::Side;

/// The bearing of an error on the way that a look takes as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bearing {
    /// The destination did not get to the interface: a look that does says otherwise.
    Way,
    /// The attempt got there, or did not set out, and failed all the same: a look says nothing about that.
    Beyond,
    /// The next attempt goes on with it by itself.
    Passing,
}

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// 5: access denied.
    Denied,
    /// 8453: the right to replicate.
    Rights,
    /// 8456: the source sends no changes.
    SourceDisabled,
    /// 8457: the destination takes none.
    SinkDisabled,
    /// 1398 and the Kerberos error of the same meaning: the clocks.
    Clock,
    /// -2146893022 and 1396: the ticket is not for the one that answers.
    Principal,
    /// No domain controller gave a ticket or a logon.
    Logon,
    /// 1703: the protocol sequence.
    Protocol,
    /// The connection ended during the call.
    Broken,
    /// The name led nowhere.
    Name,
    /// The interface was not reached.
    Unreached,
    /// 8606: an object that was deleted elsewhere.
    Lingering,
    /// 8614: it did not replicate for longer than deleted objects are kept.
    TooLong,
    /// 8418: the schemas.
    Schema,
    /// 8451: the destination's database.
    Database,
    /// 8452: the naming context.
    NoReplica,
    /// A state that passes by itself.
    Passing,
    /// Any other.
    Other,
}

impl Kind {
    /// The kind of an error number, on the platform that gave it. Samba has numbers of its own for what happens
    /// on the way.
    pub(super) const fn of(error: i64, platform: Option<Platform>) -> Self {
        match (error, platform) {
            (2, Some(Platform::Samba)) => Self::Name,
            // What is no error of the directory, of rights or of tickets is what its sockets met.
            (error, Some(Platform::Samba))
                if !matches!(error, 5 | 1396 | 1398 | 8400..=8699) && error > 0 =>
            {
                Self::Unreached
            }
            (5 | -2_147_024_891, _) => Self::Denied,
            (8453, _) => Self::Rights,
            (8456, _) => Self::SourceDisabled,
            (8457, _) => Self::SinkDisabled,
            (1398 | -2_146_893_020, _) => Self::Clock,
            (-2_146_893_022 | 1396, _) => Self::Principal,
            (1311 | 1326 | 1355 | 1908 | -2_146_893_039 | -2_146_893_044 | -2_146_893_053, _) => {
                Self::Logon
            }
            (1703, _) => Self::Protocol,
            (64 | 1236 | 1726 | 1727 | 1818 | 1820, _) => Self::Broken,
            (8524 | 11001 | 9002 | 9003, _) => Self::Name,
            (
                53 | 67 | 121 | 1225 | 1231 | 1232 | 1256 | 1715 | 1717 | 1722 | 1753 | 10_051
                | 10_054 | 10_060 | 10_061 | 10_065,
                _,
            ) => Self::Unreached,
            (8606, _) => Self::Lingering,
            (8614, _) => Self::TooLong,
            (8418, _) => Self::Schema,
            (8451, _) => Self::Database,
            (8452, _) => Self::NoReplica,
            (8438 | 8461 | 8464 | 8477, _) => Self::Passing,
            _ => Self::Other,
        }
    }

    /// The bearing of this kind on the way that a look takes as well.
    pub(super) const fn bearing(self) -> Bearing {
        match self {
            Self::Name | Self::Unreached => Bearing::Way,
            Self::Passing => Bearing::Passing,
            _ => Bearing::Beyond,
        }
    }

    /// Whether it comes of one naming context, whatever becomes of the others.
    pub(super) const fn is_of_one_context(self) -> bool {
        matches!(
            self,
            Self::Rights
                | Self::Lingering
                | Self::TooLong
                | Self::Schema
                | Self::Database
                | Self::NoReplica
                | Self::Other
        )
    }

    /// Whether it may come of a moment: a connection, a name or a domain controller that was away.
    pub(super) const fn may_be_a_hitch(self) -> bool {
        matches!(self, Self::Name | Self::Unreached | Self::Broken | Self::Logon)
    }

    /// The side on which it lies, where the error alone tells.
    pub(super) const fn side(self) -> Side {
        match self {
            Self::SourceDisabled => Side::Source,
            Self::SinkDisabled | Self::Protocol | Self::Database => Side::Destination,
            Self::Lingering | Self::TooLong | Self::Schema => Side::Directory,
            _ => Side::None,
        }
    }

    /// The meaning of this kind, as it stands behind the number.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Denied => "access was denied",
            Self::Rights => "the destination has no right to replicate it",
            Self::SourceDisabled => {
                "the source sends no changes: its outbound replication is disabled"
            }
            Self::SinkDisabled => {
                "the destination takes no changes: its inbound replication is disabled"
            }
            Self::Clock => "the clocks of the two are more than five minutes apart",
            Self::Principal => {
                "the Kerberos ticket is for another host than the one that answers, or was made with an \
                 old password of that host"
            }
            Self::Logon => "no domain controller gave a ticket or took the logon",
            Self::Protocol => {
                "the destination's own RPC runtime does not support the protocol sequence"
            }
            Self::Broken => "the connection was made and ended during the call",
            Self::Name => "the name of the source led nowhere",
            Self::Unreached => "the interface was not reached",
            Self::Lingering => {
                "the source holds an object that the destination deleted long ago (lingering object)"
            }
            Self::TooLong => {
                "the last success is longer ago than deleted objects are kept (tombstone lifetime)"
            }
            Self::Schema => "the schemas of the two differ",
            Self::Database => "the destination could not write its database",
            Self::NoReplica => {
                "the source does not hold the naming context, or is about to remove it"
            }
            Self::Passing => "the next attempt goes on with it",
            Self::Other => "the way is open, and replication over it failed",
        }
    }
}
