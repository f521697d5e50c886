//! What no right that could be given would let the agent read on a host. The reason says where it can be seen.

use super::windows::dfsr_config::DFSR_ELSEWHERE;

/// Of the names that systemd-resolved remembers.
pub const RESOLVED_CACHE: &str = "systemd-resolved remembers names, and the agent does not look into it: \
     `resolvectl show-cache` shows them (from systemd 254), `resolvectl flush-caches` drops them";

/// Of the DNS servers of each interface, where systemd-resolved has them.
pub const RESOLVED_INTERFACES: &str = "systemd-resolved has DNS servers for each interface (`resolvectl \
     status`), and the agent does not ask it";

/// Behind [`RESOLVED_INTERFACES`], where the servers behind its stub are listed.
pub const RESOLVED_BEHIND: &str =
    "; programs ask its stub, and the servers listed are those behind it";

/// `WBEM_E_ACCESS_DENIED` and `E_ACCESSDENIED`, as WMI has them.
const DENIED: [&str; 2] = ["0x80041003", "0x80070005"];

/// Whether `reason` says so: no right that could be given would help. What else was tried may follow; that
/// it was denied is another thing.
#[must_use]
pub fn is_elsewhere(reason: &str) -> bool {
    let behind = reason.strip_prefix(RESOLVED_INTERFACES);
    let of_dfsr = reason.strip_prefix(DFSR_ELSEWHERE);
    reason == RESOLVED_CACHE
        || of_dfsr.is_some_and(|tried| !DENIED.iter().any(|code| tried.contains(code)))
        || behind.is_some_and(|behind| ["", RESOLVED_BEHIND].contains(&behind))
}
