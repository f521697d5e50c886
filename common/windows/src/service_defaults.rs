//! Defaults of the services of a domain controller, release by release.

use super::Release;

/// One service over a stretch of releases. A service that has no row for a release is not part of
/// it, or nothing is known of it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceDefault {
    /// Its name, as the service control manager knows it.
    pub service: &'static str,
    /// The first release that this holds for.
    pub from: Release,
    /// The last.
    pub to: Release,
    /// Whether every domain controller of these releases has it.
    pub always: bool,
    /// How it is started.
    pub start: Option<StartType>,
    /// The account it runs under, as the service manager writes it.
    pub account: Option<&'static str>,
    /// What it means when it is off its default.
    pub weight: Weight,
    /// Whether Microsoft's documents say so, or several sources that agree. What is not confirmed
    /// is only ever a note.
    pub confirmed: bool,
}

/// The importance of a service that is off its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Without it nobody finds or reaches the domain controller's RPC interfaces.
    Vital,
    /// Without it the domain controller lacks something; error 1753 from others is not it.
    Needed,
    /// The service may run or not.
    Optional,
}

use Release::{
    Windows2000 as W2000, Windows2003 as W2003, Windows2008 as W2008, Windows2008R2 as W2008R2,
    Windows2016 as W2016, Windows2025 as W2025,
};
use Weight::{Needed, Optional, Vital};
use epmesh_facts::StartType;

const SYSTEM: &str = "LocalSystem";
const NETWORK: &str = r"NT AUTHORITY\NetworkService";
const LOCAL: &str = r"NT AUTHORITY\LocalService";

/// The table. Which services must run is dcdiag's list (KB 2512643); RpcSs, RpcEptMapper,
/// DcomLaunch and RpcLocator follow KB 2089874 and the Win32 documents; the rest is as several
/// published lists of defaults have it, unconfirmed where they differ or are silent.
#[rustfmt::skip]
pub const DEFAULTS: &[ServiceDefault] = &[
    sure("RpcSs",             W2000,   W2000,   Vital,    Start::Auto,   None),
    sure("RpcSs",             W2003,   W2025,   Vital,    Start::Auto,   Some(NETWORK)),
    sure("RpcEptMapper",      W2008R2, W2025,   Vital,    Start::Auto,   Some(NETWORK)),
    sure("DcomLaunch",        W2008,   W2025,   Vital,    Start::Auto,   Some(SYSTEM)),
    // 2003 has it from service pack 1 on.
    some("DcomLaunch",        W2003,   W2003,   Vital,    Start::Auto,   Some(SYSTEM)),
    sure("NTDS",              W2008,   W2025,   Vital,    Start::Auto,   Some(SYSTEM)),
    sure("SamSs",             W2000,   W2025,   Vital,    Start::Auto,   Some(SYSTEM)),
    sure("Netlogon",          W2000,   W2025,   Vital,    Start::Auto,   Some(SYSTEM)),
    sure("Kdc",               W2000,   W2025,   Needed,   Start::Auto,   Some(SYSTEM)),
    sure("LanmanServer",      W2000,   W2025,   Needed,   Start::Auto,   Some(SYSTEM)),
    sure("LanmanWorkstation", W2000,   W2025,   Needed,   Start::Auto,   None),
    sure("Dnscache",          W2003,   W2025,   Needed,   Start::Auto,   Some(NETWORK)),
    sure("Dnscache",          W2000,   W2000,   Needed,   Start::Auto,   None),
    open("IsmServ",           W2000,   W2025,   Needed,   Start::Auto,   Some(SYSTEM)),
    open("W32Time",           W2008,   W2025,   Needed,   Start::Auto,   Some(LOCAL)),
    open("W32Time",           W2000,   W2003,   Needed,   Start::Auto,   Some(SYSTEM)),
    open("EventSystem",       W2008,   W2025,   Needed,   Start::Auto,   Some(LOCAL)),
    open("ADWS",              W2008R2, W2025,   Needed,   Start::Auto,   Some(SYSTEM)),
    open("DFSR",              W2008,   W2025,   Needed,   Start::Auto,   Some(SYSTEM)),
    open("BFE",               W2008,   W2025,   Needed,   Start::Auto,   Some(LOCAL)),
    open("MpsSvc",            W2008,   W2025,   Needed,   Start::Auto,   Some(LOCAL)),
    // Only where SYSVOL is still replicated by it; no longer part of the releases after 2016.
    some("NtFrs",             W2000,   W2016,   Optional, Start::Unknown, Some(SYSTEM)),
    some("DNS",               W2000,   W2025,   Optional, Start::Auto,   Some(SYSTEM)),
    some("RpcLocator",        W2000,   W2000,   Optional, Start::Auto,   None),
    // Without function since Vista, and not part of Server Core: that it is missing is no fault.
    some("RpcLocator",        W2003,   W2025,   Optional, Start::Manual, Some(NETWORK)),
];

/// How a service is started, as the table writes it.
#[derive(Clone, Copy)]
enum Start {
    Auto,
    Manual,
    Unknown,
}

/// Every domain controller has it, and what is said of it is confirmed.
const fn sure(
    service: &'static str,
    from: Release,
    to: Release,
    weight: Weight,
    start: Start,
    account: Option<&'static str>,
) -> ServiceDefault {
    let start = match start {
        Start::Auto => Some(StartType::Automatic),
        Start::Manual => Some(StartType::Manual),
        Start::Unknown => None,
    };
    ServiceDefault { service, from, to, always: true, start, account, weight, confirmed: true }
}

/// Every domain controller has it; the rest is not confirmed.
const fn open(
    service: &'static str,
    from: Release,
    to: Release,
    weight: Weight,
    start: Start,
    account: Option<&'static str>,
) -> ServiceDefault {
    ServiceDefault { confirmed: false, ..sure(service, from, to, weight, start, account) }
}

/// Some have it, and the rest is not confirmed.
const fn some(
    service: &'static str,
    from: Release,
    to: Release,
    weight: Weight,
    start: Start,
    account: Option<&'static str>,
) -> ServiceDefault {
    ServiceDefault { always: false, ..open(service, from, to, weight, start, account) }
}

/// The rows that hold for a release.
pub fn defaults_of(release: Release) -> impl Iterator<Item = &'static ServiceDefault> {
    DEFAULTS.iter().filter(move |row| (row.from..=row.to).contains(&release))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn one_row_a_service_and_release() {
        for release in Release::ALL {
            let rows: Vec<&str> = defaults_of(release).map(|row| row.service).collect();
            let unique: BTreeSet<&str> = rows.iter().copied().collect();
            assert_eq!(rows.len(), unique.len(), "{release}");
            assert!(unique.contains("RpcSs") && unique.contains("Netlogon"), "{release}");
        }
        let has = |release, name: &str| defaults_of(release).any(|row| row.service == name);
        assert!(!has(W2008, "RpcEptMapper") && has(W2008R2, "RpcEptMapper"));
        assert!(!has(W2003, "NTDS") && has(W2008, "NTDS"));
    }
}
