//! How long a look may take, which ports it uses, and how much of the network.

use std::time::Duration;

/// The settings of a [`Prober`](super::Prober).
///
/// A stage that times out is tried once more at once; then it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// One question to one source of names.
    pub dns: Duration,
    /// One TCP connection.
    pub connect: Duration,
    /// One answer of an RPC server: to a bind, to a call, to one page of the endpoint map.
    pub rpc: Duration,
    /// One way of asking who answers.
    pub identity: Duration,
    /// All names together. What has no answer by then is stated as timed out, and the addresses
    /// found by then are looked at.
    pub resolve: Duration,
    /// A walk through a whole endpoint map.
    pub walk: Duration,
    /// The whole look.
    pub look: Duration,
    /// Peers looked at at the same time; more wait for their turn.
    pub concurrency: usize,
    /// New sockets of the whole agent in a minute, UDP included. A look at one peer takes about
    /// ten, so the default lets 32 looks run at the same time, each 5 seconds long, and stops only
    /// what has gone wrong. A tenth of it may come at once.
    pub sockets_per_minute: u32,
    /// Whether the operating system's own resolver is asked too. Only a simulation leaves it out: its
    /// names are none that this machine's DNS servers should hear of.
    pub system_resolver: bool,
    /// The ports.
    pub ports: WirePorts,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dns: Duration::from_millis(1500),
            connect: Duration::from_secs(2),
            rpc: Duration::from_secs(2),
            identity: Duration::from_millis(1500),
            resolve: Duration::from_secs(4),
            walk: Duration::from_secs(4),
            look: Duration::from_secs(8),
            concurrency: 32,
            sockets_per_minute: 6000,
            system_resolver: true,
            ports: WirePorts::default(),
        }
    }
}

/// The ports that are asked. Anything but the default is for tests and demonstrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WirePorts {
    /// DNS, UDP and TCP.
    pub dns: u16,
    /// The endpoint mapper, TCP.
    pub endpoint_mapper: u16,
    /// LDAP, TCP.
    pub ldap: u16,
    /// The LDAP ping, UDP.
    pub cldap: u16,
    /// NetBIOS name service, UDP.
    pub netbios: u16,
}

impl Default for WirePorts {
    fn default() -> Self {
        Self { dns: 53, endpoint_mapper: 135, ldap: 389, cldap: 389, netbios: 137 }
    }
}

impl From<&crate::config::Config> for Config {
    /// The daemon keeps as many turns for looks out of turn as for its round: the prober has room
    /// for both.
    fn from(config: &crate::config::Config) -> Self {
        let crate::config::Ports { endpoint_mapper, dns, ldap, netbios } = config.ports;
        let ports = WirePorts { dns, endpoint_mapper, ldap, cldap: ldap, netbios };
        Self { concurrency: config.probe.concurrency.saturating_mul(2), ports, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agents_settings_are_the_probers() {
        let mut settings = crate::config::Config::default();
        settings.probe.concurrency = 5;
        settings.ports.ldap = 3890;
        let config = Config::from(&settings);
        assert_eq!((config.concurrency, config.ports.cldap, config.ports.ldap), (10, 3890, 3890));
        assert_eq!(config.ports.netbios, 137);
    }
}
