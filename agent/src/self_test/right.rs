//! Which right is missing, out of the reason why something could not be read.
//!
//! A reason ends in what the operating system said, with its number, whatever the language; what a
//! platform itself finds missing it names by the right, in the words that stand here.

/// What to do about `reason`, where that can be told.
pub(super) fn advice(reason: &str) -> Option<&'static str> {
    advice_by(if cfg!(windows) { WINDOWS } else { UNIX }, reason)
}

/// The first row counts whose words all stand in the reason; `…` is between them.
fn advice_by(table: &'static [(&'static str, &'static str)], reason: &str) -> Option<&'static str> {
    let says = |&&(words, _): &&(&str, &str)| words.split('…').all(|part| reason.contains(part));
    table.iter().find(says).map(|(_, advice)| *advice)
}

const UNIX: &[(&str, &str)] = &[
    (
        "CAP_SYS_PTRACE",
        "run it as root, and leave CAP_SYS_PTRACE in CapabilityBoundingSet= of its unit",
    ),
    ("without root", "run it as root: others do not see all processes"),
    (
        // ENOENT: resolv.conf names its stub, and the file it writes is not there.
        "/run/systemd/resolve/…(os error 2)",
        "resolv.conf names systemd-resolved: is it running (systemctl status systemd-resolved)?",
    ),
    (
        "/run/systemd/resolve/…names no server",
        "systemd-resolved has no DNS server (resolvectl status): give it one, in resolved.conf or for an \
         interface",
    ),
    (
        // EACCES.
        "(os error 13)",
        "run it as root, or as a user who may open the file or socket that is named; under systemd \
         look at User=, ProtectSystem= and ReadWritePaths= of its unit",
    ),
    (
        // EPERM.
        "(os error 1)",
        "run it as root, and leave the capability for it in CapabilityBoundingSet= of its unit",
    ),
    (
        // ECONNREFUSED.
        "(os error 111)",
        "nothing serves that socket: is Samba running (systemctl status samba-ad-dc)?",
    ),
    (
        "the directory's socket",
        "is Samba running, and is this the path of its privileged socket ([samba] ldapi)?",
    ),
    ("EPMAPPER", "is Samba running, and is this its folder ([samba] ncalrpc-dir)?"),
    (
        // ENOENT.
        "(os error 2)",
        "the file is not there: is this the right host, and are the paths in [samba] right?",
    ),
    ("did not answer within", "the service is slow or hangs: look at its log, then try again"),
    ("timed-out", "the service is slow or hangs: look at its log, then try again"),
    ("refused", "nothing listens there: is the service running?"),
];

const WINDOWS: &[(&str, &str)] = &[
    (
        // Of the logs, Security alone is closed to most accounts.
        "the log …(os error 5)",
        "run it as LocalSystem, or put its account into the group Event Log Readers",
    ),
    (
        // ERROR_ACCESS_DENIED.
        "(os error 5)",
        "run it as LocalSystem, or as an administrator in an elevated console",
    ),
    (
        // ERROR_PRIVILEGE_NOT_HELD.
        "(os error 1314)",
        "the account lacks a privilege: run it as LocalSystem",
    ),
    (
        // WBEM_E_ACCESS_DENIED.
        "0x80041003",
        "run it as LocalSystem, or let its account read that namespace of WMI (wmimgmt.msc)",
    ),
    (
        // E_ACCESSDENIED.
        "0x80070005",
        "run it as LocalSystem, or let its account read that namespace of WMI (wmimgmt.msc)",
    ),
    (
        // ERROR_FILE_NOT_FOUND.
        "(os error 2)",
        "it is not there: is this host a domain controller of this version of Windows?",
    ),
    ("Permission denied", "run it as LocalSystem, or as an administrator in an elevated console"),
    ("timed-out", "the service is slow or hangs: look at the event log, then try again"),
    ("refused", "nothing listens there: is the service running?"),
];

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_system_decide() {
        let open = |path: &str| {
            let error = std::fs::File::open(path).expect_err("it cannot be opened");
            advice(&format!("could not read {path}: {error}"))
        };
        assert!(open("/nonexistent/file").is_some_and(|words| words.contains("not there")));
        assert!(
            advice("could not read x: Permission denied (os error 13)")
                .is_some_and(|words| words.contains("as root"))
        );
        let socket = "could not open the directory's socket /x: I/O error: (os error 13)";
        assert!(advice(socket).is_some_and(|words| words.contains("as root")));
        assert!(
            advice("the sockets of process 1 cannot be seen: that takes root with CAP_SYS_PTRACE")
                .is_some_and(|words| words.contains("CapabilityBoundingSet"))
        );
        let of_windows = |reason| advice_by(WINDOWS, reason);
        let log = "the log \"Security\": EvtQuery failed: ERROR_ACCESS_DENIED (os error 5)";
        assert!(of_windows(log).is_some_and(|words| words.contains("Event Log Readers")));
        let filters = "FwpmEngineOpen failed: ERROR_ACCESS_DENIED (os error 5)";
        assert!(of_windows(filters).is_some_and(|words| words.contains("administrator")));
        let denied = of_windows("...; WMI: HRESULT Call failed with: 0x80041003");
        assert!(denied.is_some_and(|words| words.contains("wmimgmt.msc")));
        assert!(of_windows("(os error 1314)").is_some_and(|words| words.contains("privilege")));
        assert_eq!(advice("(os error 1314)"), None);
        assert_eq!(advice("PRETTY_NAME is missing"), None);
    }
}
