//! The settings of the daemon.

use std::{path::PathBuf, time::Duration};

use epmesh_common::facts::DnsName;

/// The settings of the daemon.
#[derive(Clone, Debug)]
pub struct DaemonSettings {
    /// The name of this domain controller.
    pub name: DnsName,
    /// How many peers are looked at at one time; looks out of turn have as many of their own.
    pub concurrency: usize,
    /// The shortest time between two looks at a peer, whatever the plan says.
    pub min_interval: Duration,
    /// Where the plan is kept, so that an agent that starts without a coordinator has one.
    pub state_dir: Option<PathBuf>,
}
