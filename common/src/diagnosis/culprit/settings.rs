//! Culprits in the directory's data and in how the source was started.

use std::fmt;

use epmesh_facts::{BootMode, DnsName, Timestamp};
use uuid::Uuid;

/// The older of two NTDS Settings objects: the destination's, or the source's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// As it is after the source was promoted again.
    Destinations,
    /// The source runs on an object that has been replaced since.
    Sources,
    /// The creation time of one of them was not seen.
    NotKnown,
}

/// An NTDS Settings object by which the destination knows the source, and the source's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleSettings {
    /// The domain controller that the object stands for.
    pub source: DnsName,
    /// The name of its server object.
    pub server: String,
    /// The domain controller in whose directory it is.
    pub destination: DnsName,
    /// Its objectGUID and its creation, where that was seen.
    pub known: (Uuid, Option<Timestamp>),
    /// GUID and creation time by the source's own word.
    pub own: (Uuid, Option<Timestamp>),
    /// Which of the two is the older.
    pub older: Older,
    /// Whether the source itself says which is its own; else the one that answers by its name does.
    pub is_stated: bool,
}

impl StaleSettings {
    pub(super) fn name(&self) -> String {
        format!("NTDS Settings of {} in the directory of {}", self.server, self.destination)
    }
}

impl fmt::Display for StaleSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let created = |at: Option<Timestamp>| {
            at.map_or("creation time not seen".to_owned(), |at| format!("created {at}"))
        };
        let order = match self.older {
            Older::Destinations => "the older of the two",
            Older::Sources => {
                "the newer of the two: the source itself runs on an object that has been replaced"
            }
            Older::NotKnown => "it was not seen which of the two is newer",
        };
        let whose = if self.is_stated {
            "the source's own"
        } else {
            "that of the host that answers by its name"
        };
        let ((known, known_at), (own, own_at)) = (self.known, self.own);
        write!(
            f,
            "objectGUID {known}, {}, {order}; {whose} is {own}, {}",
            created(known_at),
            created(own_at)
        )
    }
}

/// The mode in which a host was started, as Windows calls it.
pub(super) const fn mode_words(mode: BootMode) -> &'static str {
    match mode {
        BootMode::Normal => "normal mode",
        BootMode::Safe => "safe mode",
        BootMode::SafeWithNetwork => "safe mode with networking",
        BootMode::DirectoryRepair => "Directory Services Repair Mode",
    }
}
