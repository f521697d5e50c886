//! The kinds of what can be blamed: the one list of the words that stand in JSON as the kind of a culprit, be it
//! one link's or that of an incident.

macro_rules! culprit_kinds {
    ($($(#[$doc:meta])+ $variant:ident = $text:literal,)+) => {
        /// The sort of thing that a verdict or an incident blames.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum CulpritKind {
            $($(#[$doc])+ $variant,)+
        }

        impl CulpritKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in JSON and on the screen.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

culprit_kinds! {
    /// A line of a hosts file.
    HostsLine = "hosts-line",
    /// A line of an LMHOSTS file.
    LmhostsLine = "lmhosts-line",
    /// A record of a WINS server.
    WinsRecord = "wins-record",
    /// A name in the cache of a DNS client.
    DnsCache = "dns-cache",
    /// A name as the system's own resolver gives it.
    SystemResolver = "system-resolver",
    /// A DNS record.
    DnsRecord = "dns-record",
    /// DNS servers.
    DnsServer = "dns-server",
    /// An address.
    Address = "address",
    /// An NTDS Settings object.
    NtdsSettings = "ntds-settings",
    /// The registration of an interface.
    Registration = "registration",
    /// A service.
    Service = "service",
    /// The mode in which a host was started.
    BootMode = "boot-mode",
    /// An endpoint mapper, or what answers in its place.
    EndpointMapper = "endpoint-mapper",
    /// A TCP port.
    Port = "port",
    /// An answer that is not the source's.
    Answer = "answer",
    /// A path between two hosts.
    Path = "path",
    /// The firewall of a host.
    Firewall = "firewall",
    /// An RPC filter.
    RpcFilter = "rpc-filter",
    /// A value of the registry.
    RegistryValue = "registry-value",
    /// The static port of a service.
    StaticPort = "static-port",
    /// A range of ports.
    PortRange = "port-range",
    /// The replication of a naming context.
    Replication = "replication",
    /// A state of a domain controller that goes by the name of its cause.
    Condition = "condition",
    /// Replication that a domain controller takes part in.
    Refusal = "refusal",
    /// All that a domain controller serves over RPC.
    Application = "application",
    /// The cache of a domain controller's resolver.
    Cache = "cache",
    /// All of a domain controller's DNS.
    Resolver = "resolver",
    /// The way in which one domain controller finds the address of another.
    Names = "names",
    /// The path between two domain controllers, in both directions.
    Between = "between",
    /// Every path to a domain controller.
    Dc = "dc",
    /// Every path from a domain controller.
    Client = "client",
    /// Every path to and from a domain controller.
    Isolated = "isolated",
    /// The path from one site to another.
    SitePath = "site-path",
    /// The path between two sites, in both directions.
    BetweenSites = "between-sites",
    /// Every path to and from a site.
    Site = "site",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_kinds_have_the_same_word() {
        let words: BTreeSet<&str> = CulpritKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(words.len(), CulpritKind::ALL.len());
    }
}
