//! Settings of each part, made from the configuration.

use super::config::{self, Config};
use crate::{
    daemon::DaemonSettings,
    enrolment::EnrolmentSettings,
    probe::{self, WirePorts},
    self_test,
    session::{Identity, SessionSettings},
};

impl From<&Config> for probe::Config {
    /// The daemon keeps as many turns for looks out of turn as for its round: the prober has room
    /// for both.
    fn from(config: &Config) -> Self {
        let config::Ports { endpoint_mapper, dns, ldap, netbios } = config.ports;
        let ports = WirePorts { dns, endpoint_mapper, ldap, cldap: ldap, netbios };
        let default = Self::default();
        Self {
            concurrency: config.probe.concurrency.saturating_mul(2),
            connections_per_minute: config.probe.max_connections_per_minute,
            bytes_per_minute: config.probe.max_bytes_per_minute,
            ntlm: config.probe.ntlm,
            pace: default.pace.min(config.probe.min_interval),
            ports,
            ..default
        }
    }
}

impl From<&Config> for EnrolmentSettings {
    fn from(config: &Config) -> Self {
        Self {
            state_dir: config.state_dir.clone(),
            server_name: config.server_name.clone(),
            name: config.name.clone(),
        }
    }
}

impl From<&Config> for self_test::Settings {
    fn from(config: &Config) -> Self {
        Self {
            coordinators: config.coordinators.clone(),
            server_name: config.server_name.clone(),
            state_dir: config.state_dir.clone(),
        }
    }
}

/// The session of this agent. The coordinators of the configuration go before those of the enrolment.
pub(super) fn session(config: &Config, identity: &Identity) -> SessionSettings {
    let coordinators =
        if config.coordinators.is_empty() { &identity.coordinators } else { &config.coordinators };
    SessionSettings {
        coordinators: coordinators.clone(),
        server_name: config.server_name.clone(),
        identity_dir: Some(config.state_dir.clone()),
        ..SessionSettings::default()
    }
}

/// The daemon of this agent.
pub(super) fn daemon(config: &Config, identity: &Identity) -> DaemonSettings {
    DaemonSettings {
        name: identity.name.clone(),
        concurrency: config.probe.concurrency,
        min_interval: config.probe.min_interval,
        state_dir: Some(config.state_dir.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agents_settings_are_the_probers() {
        let mut settings = Config::default();
        settings.probe.concurrency = 5;
        settings.ports.ldap = 3890;
        let config = probe::Config::from(&settings);
        assert_eq!((config.concurrency, config.ports.cldap, config.ports.ldap), (10, 3890, 3890));
        assert_eq!(config.ports.netbios, 137);
    }
}
