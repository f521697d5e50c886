//! Facts of a host that no right would let the agent read. The words say where it can be seen.

use epmesh_facts::{Reason, ReasonKind};

/// The reason for the names that systemd-resolved remembers.
pub const RESOLVED_CACHE: &str = "systemd-resolved remembers names, and the agent does not look into it: \
     `resolvectl show-cache` shows them (from systemd 254), `resolvectl flush-caches` drops them";

/// The reason for the DNS servers of each interface, where systemd-resolved has them.
pub const RESOLVED_INTERFACES: &str = "systemd-resolved has DNS servers for each interface (`resolvectl \
     status`), and the agent does not ask it";

/// Behind [`RESOLVED_INTERFACES`], where the servers behind its stub are listed.
pub const RESOLVED_BEHIND: &str =
    "; programs ask its stub, and the servers listed are those behind it";

/// The reason for what is never read on a host of this kind.
#[must_use]
pub fn never(words: &str) -> Reason {
    Reason::of_kind(ReasonKind::NeverReadHere, words)
}
