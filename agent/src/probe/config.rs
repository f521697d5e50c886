//! Settings of a look: how long it may take, its ports, and how much of the network it may use.

use std::time::Duration;

/// The settings of a [`Prober`](super::Prober).
///
/// A stage that brings nothing is tried once more at once; then it stands.
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
    /// A walk through a whole endpoint map: after this no further page is asked for.
    pub walk: Duration,
    /// The whole look.
    pub look: Duration,
    /// Peers looked at at the same time; more wait for their turn.
    pub concurrency: usize,
    /// New connections of the whole agent in a minute, datagram sockets included. A tenth of it
    /// may come at once, and a fifth of that is kept back for looks on demand. A look at one peer
    /// takes about eight, half of them TCP: the default lets an agent look at 1,000 peers a
    /// minute, and leaves a Windows host, where closed connections hold one of 16,384 ports for up
    /// to two minutes, half of them.
    pub connections_per_minute: u32,
    /// Bytes of the whole agent in a minute, both ways, without headers; what may come at once and
    /// what is kept back as above. The default is 1,000 peers of 16 kB, and some whole endpoint maps.
    pub bytes_per_minute: u32,
    /// The time between the beginnings of two looks at one peer, on demand or not.
    pub pace: Duration,
    /// Whether the operating system's own resolver is asked too. Only a simulation leaves it out: its
    /// names are none that this machine's DNS servers should hear of.
    pub system_resolver: bool,
    /// When the NTLM challenge is asked for.
    pub ntlm: NtlmChallenge,
    /// The ports.
    pub ports: WirePorts,
    /// The well-known ports that are tried where the plan asks for them.
    pub well_known: Vec<WellKnown>,
}

/// When a peer is asked for its NTLM challenge. It logs on to nothing, and stands in the logs of whoever removes
/// NTLM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NtlmChallenge {
    /// Where neither LDAP question names the peer, where it does not get as far as the interface; else once an hour.
    #[default]
    WhenNeeded,
    /// At every look.
    Always,
    /// Never. Which host answers on port 135 is then not known by its own word.
    Never,
}

/// A well-known port and how it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WellKnown {
    /// The port.
    pub port: u16,
    /// What shows that it is served.
    pub by: Sign,
}

/// The sign that a well-known port is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A TCP connection, closed at once.
    Connection,
    /// UDP: any answer to a DNS question.
    DnsAnswer,
    /// UDP: an answer of a time server (RFC 5905, mode 3).
    Time,
}

/// The ports on which a domain controller listens, but for 135 and the ports by which it is asked who it is
/// (UDP 137 and 389), which every look tries.
///
/// Kerberos over UDP (88, 464) is left out: only a request in somebody's name is answered, and each
/// would stand in the domain controller's security log as a failed logon (event 4768).
pub const WELL_KNOWN: [WellKnown; 11] = {
    const fn tcp(port: u16) -> WellKnown {
        WellKnown { port, by: Sign::Connection }
    }
    [
        tcp(53),
        tcp(88),
        tcp(389),
        tcp(445),
        tcp(464),
        tcp(636),
        tcp(3268),
        tcp(3269),
        tcp(9389),
        WellKnown { port: 53, by: Sign::DnsAnswer },
        WellKnown { port: 123, by: Sign::Time },
    ]
};

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
            connections_per_minute: 12_000,
            bytes_per_minute: 32 << 20,
            pace: Duration::from_secs(1),
            system_resolver: true,
            ntlm: NtlmChallenge::default(),
            ports: WirePorts::default(),
            well_known: WELL_KNOWN.to_vec(),
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
