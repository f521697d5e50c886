//! The settings of a self-test.

use std::path::PathBuf;

/// Settings of a self-test, from the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The coordinators; empty means those of the enrolment.
    pub coordinators: Vec<String>,
    /// The name that the coordinators' certificates carry, where it is not the host of the address.
    pub server_name: Option<String>,
    /// Where the identity is kept.
    pub state_dir: PathBuf,
}
