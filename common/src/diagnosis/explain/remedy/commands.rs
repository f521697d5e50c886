//! Commands for a host of one platform.

use epmesh_facts::Platform;

/// The command for the platform of a host; both where it is not known.
pub(super) fn command(platform: Option<Platform>, windows: &str, samba: &str) -> String {
    match platform {
        Some(Platform::Windows) => windows.to_owned(),
        Some(Platform::Samba) => samba.to_owned(),
        Some(Platform::Simulated) | None => format!("{windows} (Windows), {samba} (Samba)"),
    }
}
