//! The settings of an enrolment.

use std::path::PathBuf;

use epmesh_common::facts::DnsName;

/// Settings of an enrolment, from the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentSettings {
    /// Where the identity is kept, and what is pending.
    pub state_dir: PathBuf,
    /// The name that the coordinators' certificates carry, where it is not the host of the address.
    pub server_name: Option<String>,
    /// The name of this domain controller, where it is not the one that the host tells.
    pub name: Option<DnsName>,
}
