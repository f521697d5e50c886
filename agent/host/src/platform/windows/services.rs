//! The services that are asked after, and what each does for a domain controller.

use epmesh_facts::ServiceRole;

/// A service that is asked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name, as the service control manager knows it.
    pub name: &'static str,
    /// What it does for a domain controller.
    pub roles: &'static [ServiceRole],
}

/// The services that a domain controller needs (dcdiag's list, KB 2512643), those that filter what
/// reaches it, and the locator, which people look for and which does nothing.
///
/// One that the service control manager does not know (error 1060) is left out of the list of
/// facts; whether it ought to be there is for `epmesh_windows`.
pub const ASKED: [Asked; 23] = {
    use ServiceRole::{
        Directory, DirectoryRpc, Dns, EndpointMapper, Kdc, Ldap, Netlogon, Replication,
    };
    [
        asked("ADWS", &[]),
        asked("BFE", &[]),
        asked("DcomLaunch", &[]),
        asked("Dfs", &[]),
        asked("DFSR", &[]),
        asked("DNS", &[Dns]),
        asked("Dnscache", &[]),
        asked("EventLog", &[]),
        asked("EventSystem", &[]),
        asked("IsmServ", &[]),
        asked("Kdc", &[Kdc]),
        asked("LanmanServer", &[]),
        asked("LanmanWorkstation", &[]),
        asked("MpsSvc", &[]),
        asked("Netlogon", &[Netlogon]),
        asked("NTDS", &[Directory, DirectoryRpc, Replication, Ldap]),
        asked("NtFrs", &[]),
        asked("RpcEptMapper", &[EndpointMapper]),
        asked("RpcLocator", &[]),
        asked("RpcSs", &[]),
        asked("SamSs", &[]),
        asked("SharedAccess", &[]),
        asked("W32Time", &[]),
    ]
};

const fn asked(name: &'static str, roles: &'static [ServiceRole]) -> Asked {
    Asked { name, roles }
}

/// The roles of the service `name`, in a list of services that has these names. Before Windows
/// 2008 R2 there is no RpcEptMapper and RpcSs serves the endpoint mapper; on Windows 2000 and 2003
/// there is no NTDS, and SamSs stands for the process, lsass, that carries the directory.
#[must_use]
pub fn roles(name: &str, present: &[&str]) -> Vec<ServiceRole> {
    let is_there = |wanted: &str| present.iter().any(|known| known.eq_ignore_ascii_case(wanted));
    let of = |wanted: &str| {
        let found = ASKED.iter().find(|asked| asked.name.eq_ignore_ascii_case(wanted));
        found.map(|asked| asked.roles.to_vec()).unwrap_or_default()
    };
    let mut roles = of(name);
    let stands_for =
        |stand_in: &str, other: &str| name.eq_ignore_ascii_case(stand_in) && !is_there(other);
    if stands_for("RpcSs", "RpcEptMapper") {
        roles.extend(of("RpcEptMapper"));
    }
    // Kdc is on domain controllers alone where there is no NTDS to tell by.
    if stands_for("SamSs", "NTDS") && is_there("Kdc") {
        roles.extend(of("NTDS"));
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<String> = ASKED.iter().map(|asked| asked.name.to_lowercase()).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }

    #[test]
    fn who_serves_what_depends_on_what_there_is() {
        let new = ["RpcSs", "RpcEptMapper", "NTDS", "SamSs", "Kdc"];
        assert_eq!(roles("RpcSs", &new), []);
        assert_eq!(roles("rpceptmapper", &new), [ServiceRole::EndpointMapper]);
        assert_eq!(roles("SamSs", &new), []);
        let old = ["RpcSs", "SamSs", "Kdc"];
        assert_eq!(roles("RpcSs", &old), [ServiceRole::EndpointMapper]);
        assert!(roles("SamSs", &old).contains(&ServiceRole::Directory));
        assert_eq!(roles("SamSs", &["RpcSs", "SamSs"]), []);
        assert_eq!(roles("Spooler", &new), []);
    }
}
