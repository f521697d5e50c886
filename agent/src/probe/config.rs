//! How long a look may take, which ports it uses, and how much of the network.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The settings of a [`Prober`](super::Prober). Times are written in milliseconds.
///
/// A stage that times out is tried once more at once; then it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Config {
    /// One question to one source of names.
    #[serde(with = "millis")]
    pub dns: Duration,
    /// One TCP connection.
    #[serde(with = "millis")]
    pub connect: Duration,
    /// One answer of an RPC server: to a bind, to a call, to one page of the endpoint map.
    #[serde(with = "millis")]
    pub rpc: Duration,
    /// One way of asking who answers.
    #[serde(with = "millis")]
    pub identity: Duration,
    /// All names together. What has no answer by then is stated as timed out, and the addresses
    /// found by then are looked at.
    #[serde(with = "millis")]
    pub resolve: Duration,
    /// A walk through a whole endpoint map.
    #[serde(with = "millis")]
    pub walk: Duration,
    /// The whole look.
    #[serde(with = "millis")]
    pub look: Duration,
    /// Peers looked at at the same time; more wait for their turn.
    pub concurrency: usize,
    /// New sockets of the whole agent in a minute, UDP included. A look at one peer takes about
    /// ten, so the default lets 32 looks run at the same time, each 5 seconds long, and stops only
    /// what has gone wrong. A tenth of it may come at once.
    pub sockets_per_minute: u32,
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
            ports: WirePorts::default(),
        }
    }
}

/// The ports that are asked. Anything but the default is for tests and demonstrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
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

mod millis {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_milliseconds_and_unknown_settings_are_refused() {
        let config: Config =
            serde_json::from_str(r#"{"connect":250,"ports":{"endpoint-mapper":1135}}"#).unwrap();
        assert_eq!(config.connect, Duration::from_millis(250));
        assert_eq!((config.ports.endpoint_mapper, config.ports.dns), (1135, 53));
        assert_eq!(config.rpc, Config::default().rpc);
        assert!(serde_json::from_str::<Config>(r#"{"conect":250}"#).is_err());
    }
}
