//! The sections into which a host's facts about itself are divided.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Blank, Host};

/// Hands the table of sections to the macro `$make`: one row for each section, in the order in which
/// they are collected.
///
/// A row is the section's documentation, the name of its variant (which its type, its proto message and
/// the variants of `epmesh.v1` bear too), its field, and its name in keys and on the screen. Every list
/// of sections in this project is made from the rows, so that a new section is a new row.
#[macro_export]
macro_rules! sections {
    ($make:ident) => {
        $make! {
            /// Who the host is.
            Host, host, "host";
            /// The endpoint map of the host.
            EndpointMap, endpoint_map, "endpoint-map";
            /// The services of the host.
            Services, services, "services";
            /// The ports on which the host listens, and its port ranges.
            Ports, ports, "ports";
            /// The host's sources of names.
            Resolver, resolver, "resolver";
            /// The host's copy of the directory.
            Directory, directory, "directory";
            /// The inbound replication of the host.
            Replication, replication, "replication";
            /// The settings of the host's RPC runtime.
            RpcSettings, rpc_settings, "rpc-settings";
            /// How much of the host's ports is in use.
            PortUse, port_use, "port-use";
            /// What filters RPC on the host.
            Filters, filters, "filters";
            /// What the event logs of the host say.
            Events, events, "events";
            /// DNS zones, DNS names of domain controllers, and machine accounts, in the host's copy of the
            /// directory.
            DirectoryObjects, directory_objects, "directory-objects";
        }
    };
}

macro_rules! section_types {
    ($($(#[$doc:meta])+ $name:ident, $field:ident, $text:literal;)+) => {
        /// A section of a host's own facts. A section is sent again only when it changed.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "section", content = "facts", rename_all = "kebab-case")]
        pub enum Section {
            $($(#[$doc])+ $name($crate::$name),)+
        }

        impl Section {
            /// The name of this section.
            #[must_use]
            pub const fn kind(&self) -> SectionKind {
                match self {
                    $(Self::$name(_) => SectionKind::$name,)+
                }
            }
        }

        /// The name of a section.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum SectionKind {
            $(#[doc = concat!("[`Section::", stringify!($name), "`].")] $name,)+
        }

        impl SectionKind {
            /// All kinds, in the order in which they are collected.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];

            /// The name as it stands in keys and on the screen.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

sections!(section_types);

/// The host's own section comes first: it has more in it than readings.
macro_rules! blank_sections {
    (
        $(#[$_host:meta])+ Host, host, $_text:literal;
        $($(#[$_doc:meta])+ $name:ident, $_field:ident, $_name:literal;)+
    ) => {
        impl Section {
            /// The section `kind` in which no fact has a value of its own. `host` is called for the host's
            /// own section alone.
            #[must_use]
            pub fn blank(kind: SectionKind, blank: &Blank, host: impl FnOnce() -> Host) -> Self {
                match kind {
                    SectionKind::Host => Self::Host(host()),
                    $(SectionKind::$name => Self::$name($crate::$name::blank(blank)),)+
                }
            }
        }
    };
}

sections!(blank_sections);

impl fmt::Display for SectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no section.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no such section; there are {}", SectionKind::ALL.map(SectionKind::as_str).join(", "))]
pub struct NoSuchSection;

impl FromStr for SectionKind {
    type Err = NoSuchSection;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(NoSuchSection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_one_name_in_keys_on_the_screen_and_in_json() {
        for kind in SectionKind::ALL {
            let json = serde_json::to_value(kind).expect("JSON");
            assert_eq!(json, kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
