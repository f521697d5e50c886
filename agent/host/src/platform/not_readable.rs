//! What no right that could be given would let the agent read on a host. The words say where it can be seen.

use epmesh_facts::{Reason, ReasonKind};

/// Of the names that systemd-resolved remembers.
pub const RESOLVED_CACHE: &str = "systemd-resolved remembers names, and the agent does not look into it: \
     `resolvectl show-cache` shows them (from systemd 254), `resolvectl flush-caches` drops them";

/// Of the DNS servers of each interface, where systemd-resolved has them.
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
