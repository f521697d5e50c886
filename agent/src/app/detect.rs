//! The platform of this host: which one, and with what settings.

use std::sync::Arc;

use epmesh_agent_host::platform::Platform;
#[cfg(target_os = "linux")]
use epmesh_agent_host::platform::samba::{Samba, SambaSettings};
#[cfg(windows)]
use epmesh_agent_host::platform::windows::{Windows, WindowsSettings};
use epmesh_common::facts::DnsName;
use thiserror::Error;

use super::config::Config;

/// This host cannot be read by the platform's code.
#[derive(Debug, Error)]
#[error("this program has no platform {name:?}; it was built for {built}")]
pub struct PlatformError {
    /// What was asked for.
    pub name: String,
    /// What there is.
    pub built: &'static str,
}

#[cfg(target_os = "linux")]
const BUILT_FOR: &str = "samba";
#[cfg(windows)]
const BUILT_FOR: &str = "windows";
#[cfg(not(any(target_os = "linux", windows)))]
const BUILT_FOR: &str = "no platform";

/// The platform of this host, or the one called `choice`. `name` is the name that the agent was
/// enrolled under, for when the host does not tell its own.
///
/// # Errors
/// When this program was not built for it.
pub fn detect(
    choice: Option<&str>,
    config: &Config,
    name: Option<DnsName>,
) -> Result<Arc<dyn Platform>, PlatformError> {
    let name = config.name.clone().or(name);
    match choice.unwrap_or(BUILT_FOR) {
        #[cfg(target_os = "linux")]
        "samba" => Ok(Arc::new(Samba::new(SambaSettings {
            smb_conf: config.samba.smb_conf.clone(),
            ncalrpc_dir: config.samba.ncalrpc_dir.clone(),
            ldapi: config.samba.ldapi.clone(),
            endpoint_mapper_port: config.ports.endpoint_mapper,
            name,
            ..SambaSettings::default()
        }))),
        #[cfg(windows)]
        "windows" => Ok(Arc::new(Windows::new(WindowsSettings {
            name,
            state_dir: config.state_dir.clone(),
            endpoint_mapper_port: config.ports.endpoint_mapper,
        }))),
        other => Err(PlatformError { name: other.to_owned(), built: BUILT_FOR }),
    }
}
