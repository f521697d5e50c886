//! The service as Windows knows it: its name and its account; and what its subcommands are told.

use std::path::PathBuf;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// The name of the service, and of the source of its events.
pub(super) const NAME: &str = "epmesh-agent";

/// The name that people see in the list of services.
pub(super) const DISPLAY_NAME: &str = "epmesh agent";

/// The account of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Account {
    /// LocalSystem: reads everything that a diagnosis needs.
    System,
    /// `NT SERVICE\epmesh-agent`: what it may not read is reported as not readable.
    Virtual,
}

impl Account {
    /// The account's name as the service control manager takes it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::System => "LocalSystem",
            Self::Virtual => r"NT SERVICE\epmesh-agent",
        }
    }
}

/// The arguments before the subcommand.
#[derive(Debug)]
pub struct Context {
    /// The configuration file, where it is not the default.
    pub config: Option<PathBuf>,
    /// What is logged.
    pub filter: EnvFilter,
}

#[cfg(test)]
mod tests {
    use sha1::{Digest as _, Sha1};

    use super::*;
    use epmesh_agent_host::os::windows::access;

    /// How Windows makes the SID of a service: five numbers out of the SHA-1 of its name in
    /// capitals, in UTF-16.
    fn service_sid(name: &str) -> String {
        let name: Vec<u8> = name.to_uppercase().encode_utf16().flat_map(u16::to_le_bytes).collect();
        let digest = Sha1::digest(name);
        let parts: String = digest
            .chunks_exact(4)
            .map(|part| format!("-{}", u32::from_le_bytes(part.try_into().expect("four bytes"))))
            .collect();
        format!("S-1-5-80{parts}")
    }

    #[test]
    fn the_sid_is_of_the_service() {
        // The one that everybody knows.
        let installer = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
        assert_eq!(service_sid("TrustedInstaller"), installer);
        assert_eq!(service_sid(NAME), access::SERVICE_SID);
    }

    #[test]
    fn the_virtual_account_is_of_the_service() {
        assert_eq!(Account::Virtual.name(), format!(r"NT SERVICE\{NAME}"));
    }
}
