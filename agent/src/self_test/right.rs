//! Advice on a fact that could not be seen: a table by the kind of the reason.

use epmesh_common::facts::{MissingRight, ReasonKind, SectionKind};

/// Advice on a reason of this kind, where there is any. `section` is the section of the fact; none where
/// the agent itself is looked at.
pub(super) fn advice(kind: ReasonKind, section: Option<SectionKind>) -> Option<&'static str> {
    if cfg!(windows) { windows(kind, section) } else { unix(kind, section) }
}

fn unix(kind: ReasonKind, section: Option<SectionKind>) -> Option<&'static str> {
    Some(match kind {
        ReasonKind::MissingRight(MissingRight::Ptrace) => {
            "run it as root, and leave CAP_SYS_PTRACE in CapabilityBoundingSet= of its unit"
        }
        ReasonKind::MissingRight(MissingRight::Root) => {
            "run it as root: others do not see all processes"
        }
        ReasonKind::NotRunning if section == Some(SectionKind::Resolver) => {
            "resolv.conf names systemd-resolved: is it running (systemctl status systemd-resolved)?"
        }
        ReasonKind::NotConfigured => {
            "systemd-resolved has no DNS server (resolvectl status): give it one, in resolved.conf or for \
             an interface"
        }
        // EACCES.
        ReasonKind::System(13) => {
            "run it as root, or as a user who may open the file or socket that is named; under systemd \
             look at User=, ProtectSystem= and ReadWritePaths= of its unit"
        }
        // EPERM.
        ReasonKind::System(1) => {
            "run it as root, and leave the capability for it in CapabilityBoundingSet= of its unit"
        }
        // ECONNREFUSED.
        ReasonKind::System(111) => {
            "nothing serves that socket: is Samba running (systemctl status samba-ad-dc)?"
        }
        ReasonKind::NoDirectory => {
            "is Samba running, and is this the path of its privileged socket ([samba] ldapi)?"
        }
        // ENOENT.
        ReasonKind::System(2) if section == Some(SectionKind::EndpointMap) => {
            "is Samba running, and is this its folder ([samba] ncalrpc-dir)?"
        }
        ReasonKind::System(2) => {
            "the file is not there: is this the right host, and are the paths in [samba] right?"
        }
        ReasonKind::NoAnswer => "the service is slow or hangs: look at its log, then try again",
        ReasonKind::NotRunning => "nothing listens there: is the service running?",
        ReasonKind::System(_)
        | ReasonKind::Com(_)
        | ReasonKind::NeverReadHere
        | ReasonKind::Other => return None,
    })
}

/// `WBEM_E_ACCESS_DENIED` and `E_ACCESSDENIED`.
const COM_DENIED: [u32; 2] = [0x8004_1003, 0x8007_0005];

fn windows(kind: ReasonKind, section: Option<SectionKind>) -> Option<&'static str> {
    Some(match kind {
        // ERROR_ACCESS_DENIED. Of the logs, Security alone is closed to most accounts.
        ReasonKind::System(5) if section == Some(SectionKind::Events) => {
            "run it as LocalSystem, or put its account into the group Event Log Readers"
        }
        ReasonKind::System(5) => {
            "run it as LocalSystem, or as an administrator in an elevated console"
        }
        // ERROR_PRIVILEGE_NOT_HELD.
        ReasonKind::System(1314) => "the account lacks a privilege: run it as LocalSystem",
        ReasonKind::Com(code) if COM_DENIED.contains(&code) => {
            "run it as LocalSystem, or let its account read that namespace of WMI (wmimgmt.msc)"
        }
        // ERROR_FILE_NOT_FOUND.
        ReasonKind::System(2) => {
            "it is not there: is this host a domain controller of this version of Windows?"
        }
        ReasonKind::System(13) => {
            "run it as LocalSystem, or as an administrator in an elevated console"
        }
        ReasonKind::NoAnswer => {
            "the service is slow or hangs: look at the event log, then try again"
        }
        ReasonKind::NotRunning => "nothing listens there: is the service running?",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_goes_by_the_kind() {
        let says = |said: Option<&str>, words: &str| said.is_some_and(|said| said.contains(words));
        let unix = |kind, section| unix(kind, Some(section));
        let windows = |kind, section| windows(kind, Some(section));
        let (missing, denied) = (ReasonKind::System(2), ReasonKind::System(13));
        assert!(says(unix(missing, SectionKind::Host), "not there"));
        assert!(says(unix(missing, SectionKind::EndpointMap), "ncalrpc-dir"));
        assert!(says(unix(denied, SectionKind::Directory), "as root"));
        let ptrace = ReasonKind::MissingRight(MissingRight::Ptrace);
        assert!(says(unix(ptrace, SectionKind::PortUse), "CapabilityBoundingSet"));
        let denied = ReasonKind::System(5);
        assert!(says(windows(denied, SectionKind::Events), "Event Log Readers"));
        assert!(says(windows(denied, SectionKind::Filters), "administrator"));
        let com_denied = ReasonKind::Com(0x8004_1003);
        assert!(says(windows(com_denied, SectionKind::RpcSettings), "wmimgmt.msc"));
        let unprivileged = ReasonKind::System(1314);
        assert!(says(windows(unprivileged, SectionKind::Filters), "privilege"));
        assert_eq!(unix(unprivileged, SectionKind::Filters), None);
        assert_eq!(unix(ReasonKind::Other, SectionKind::Host), None);
    }
}
