//! The releases of Windows Server whose defaults differ.

use std::fmt;

use epmesh_facts::OsVersion;
use serde::{Deserialize, Serialize};

/// A release of Windows Server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// Windows 2000 Server, 5.0.
    Windows2000,
    /// Windows Server 2003 and 2003 R2, 5.2.
    Windows2003,
    /// Windows Server 2008, 6.0.
    Windows2008,
    /// Windows Server 2008 R2, 6.1.
    Windows2008R2,
    /// Windows Server 2012, 6.2.
    Windows2012,
    /// Windows Server 2012 R2, 6.3.
    Windows2012R2,
    /// Windows Server 2016, 10.0 build 14393.
    Windows2016,
    /// Windows Server 2019, 10.0 build 17763.
    Windows2019,
    /// Windows Server 2022, 10.0 build 20348.
    Windows2022,
    /// Windows Server 2025, 10.0 build 26100.
    Windows2025,
}

impl Release {
    /// All releases, oldest first.
    pub const ALL: [Self; 10] = [
        Self::Windows2000,
        Self::Windows2003,
        Self::Windows2008,
        Self::Windows2008R2,
        Self::Windows2012,
        Self::Windows2012R2,
        Self::Windows2016,
        Self::Windows2019,
        Self::Windows2022,
        Self::Windows2025,
    ];

    /// The release with this version; one between two builds (a release of the annual channel, a
    /// preview) is taken as the earlier. `None` for what is no server release known here.
    #[must_use]
    pub const fn of(version: &OsVersion) -> Option<Self> {
        Some(match (version.major, version.minor, version.build) {
            (5, 0, _) => Self::Windows2000,
            (5, 2, _) => Self::Windows2003,
            (6, 0, _) => Self::Windows2008,
            (6, 1, _) => Self::Windows2008R2,
            (6, 2, _) => Self::Windows2012,
            (6, 3, _) => Self::Windows2012R2,
            (10, 0, 14_393..17_763) => Self::Windows2016,
            (10, 0, 17_763..20_348) => Self::Windows2019,
            (10, 0, 20_348..26_100) => Self::Windows2022,
            (10, 0, 26_100..) => Self::Windows2025,
            _ => return None,
        })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Windows2000 => "Windows 2000",
            Self::Windows2003 => "Windows Server 2003",
            Self::Windows2008 => "Windows Server 2008",
            Self::Windows2008R2 => "Windows Server 2008 R2",
            Self::Windows2012 => "Windows Server 2012",
            Self::Windows2012R2 => "Windows Server 2012 R2",
            Self::Windows2016 => "Windows Server 2016",
            Self::Windows2019 => "Windows Server 2019",
            Self::Windows2022 => "Windows Server 2022",
            Self::Windows2025 => "Windows Server 2025",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_name_releases() {
        for (major, minor, build, release) in [
            (5, 0, 2195, Some(Release::Windows2000)),
            (5, 1, 2600, None),
            (5, 2, 3790, Some(Release::Windows2003)),
            (6, 0, 6003, Some(Release::Windows2008)),
            (6, 1, 7601, Some(Release::Windows2008R2)),
            (6, 2, 9200, Some(Release::Windows2012)),
            (6, 3, 9600, Some(Release::Windows2012R2)),
            (10, 0, 10_240, None),
            (10, 0, 14_393, Some(Release::Windows2016)),
            (10, 0, 17_134, Some(Release::Windows2016)),
            (10, 0, 17_763, Some(Release::Windows2019)),
            (10, 0, 20_348, Some(Release::Windows2022)),
            (10, 0, 25_398, Some(Release::Windows2022)),
            (10, 0, 26_100, Some(Release::Windows2025)),
            (11, 0, 1, None),
        ] {
            assert_eq!(Release::of(&OsVersion { major, minor, build }), release);
        }
        assert!(Release::ALL.is_sorted());
    }
}
