//! Causes, and what goes with one: how a link stands, on which side the cause lies, how sure that is.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! kebab_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The id as it stands in JSON and on the screen.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

kebab_enum! {
    /// How a link stands.
    State {
        /// The destination reaches the source's interface, and it is the right source.
        Healthy = "healthy",
        /// It does not.
        Failing = "failing",
        /// It does, and something is wrong that will break it.
        Latent = "latent",
        /// The evidence does not say.
        Unknown = "unknown",
    }
}

kebab_enum! {
    /// The causes of the catalogue.
    Cause {
        /// Nothing is wrong.
        Healthy = "healthy",
        /// The source's server application was not started since the boot.
        ServiceNotStarted = "service-not-started",
        /// The source is booted into Directory Services Restore Mode or a safe mode.
        DirectoryServicesRestoreMode = "directory-services-restore-mode",
        /// The source, or its service, is still starting: no fault until its time is over.
        StartingUp = "starting-up",
        /// It runs, and has not registered since it started; the reason does not show.
        RegistrationFailed = "registration-failed",
        /// It could not register: no port of its range is free.
        PortRangeExhausted = "port-range-exhausted",
        /// It could not register: its range has hardly any ports.
        PortRangeConstrained = "port-range-constrained",
        /// It could not register: an entry of `Rpc\Internet` is invalid.
        RpcInternetPortsInvalid = "rpc-internet-ports-invalid",
        /// It could not register: `Rpc\Linkage`, Bind, is there and empty.
        RpcBindLinkageInvalid = "rpc-bind-linkage-invalid",
        /// It could not register: the port it is told to use belongs to somebody else.
        StaticPortConflict = "static-port-conflict",
        /// It could not register: `Rpc\ClientProtocols` lacks the protocol sequence.
        ClientProtocolsMissing = "client-protocols-missing",
        /// It was registered, then its process ended.
        ServiceDied = "service-died",
        /// It was registered, the same process runs, the registration is gone.
        EndpointsUnregistered = "endpoints-unregistered",
        /// It is registered, on other protocol sequences than `ncacn_ip_tcp` only.
        ProtocolSequenceMissing = "protocol-sequence-missing",
        /// RpcSs or RpcEptMapper is off the default of its Windows release.
        RpcServiceMisconfigured = "rpc-service-misconfigured",
        /// A line of the destination's hosts file gives an address that is not the source's.
        HostsFileOverride = "hosts-file-override",
        /// A line of the destination's LMHOSTS file gives an address that is not the source's.
        LmhostsOverride = "lmhosts-override",
        /// A WINS server gives an address that is not the source's.
        WinsStale = "wins-stale",
        /// A DNS server holds an address record that is not the source's.
        DnsAStale = "dns-a-stale",
        /// A DNS server holds right and wrong addresses together.
        DnsADuplicate = "dns-a-duplicate",
        /// The `_msdcs` CNAME of the source's DSA GUID names another host.
        DnsCnameWrong = "dns-cname-wrong",
        /// The `_msdcs` CNAME of the source's DSA GUID does not exist.
        DnsCnameMissing = "dns-cname-missing",
        /// The destination's own DNS servers give different answers.
        DnsServersDisagree = "dns-servers-disagree",
        /// The destination's DNS cache is wrong, and every source behind it is right.
        DnsCacheStale = "dns-cache-stale",
        /// The wrong server answers, and has the interface.
        WrongServerIdentity = "wrong-server-identity",
        /// Port 135 cannot be reached.
        EpmUnreachable = "epm-unreachable",
        /// The endpoint mapper answers; the port it names cannot be reached.
        DynamicPortBlocked = "dynamic-port-blocked",
        /// The source reaches itself, nobody else does, and its firewall is on.
        HostFirewall = "host-firewall",
        /// The source has it registered, and its endpoint mapper denies it to the destination.
        RpcFiltered = "rpc-filtered",
        /// The map names a port where another process, or nothing, listens.
        StaleEndpoint = "stale-endpoint",
        /// The destination's directory holds an old GUID for the source.
        NtdsSettingsStale = "ntds-settings-stale",
        /// The endpoint mapper refuses anonymous callers.
        EpmAccessDenied = "epm-access-denied",
        /// A port that a service is told to use lies outside the dynamic range; never a cause alone.
        StaticPortOutsideRange = "static-port-outside-range",
        /// It lies inside the dynamic range; never a cause alone.
        StaticPortInsideRange = "static-port-inside-range",
        /// No ephemeral port is left.
        PortExhaustion = "port-exhaustion",
        /// Something else than 1753 is or will be reported.
        NotError1753 = "not-1753",
        /// The evidence does not decide.
        Unknown = "unknown",
    }
}

kebab_enum! {
    /// Where a cause lies.
    Side {
        /// On the source DC, the server.
        Source = "source",
        /// On the destination DC, the client.
        Destination = "destination",
        /// In the resolution of the source's name.
        NameResolution = "name-resolution",
        /// On the path between them.
        Network = "network",
        /// In directory data.
        Directory = "directory",
        /// Nowhere, or not known.
        None = "none",
    }
}

kebab_enum! {
    /// How sure a verdict is.
    Confidence {
        /// One side speaks, or none plainly.
        Possible = "possible",
        /// One side speaks plainly and nothing contradicts it.
        Likely = "likely",
        /// Both sides were seen and agree on it.
        Proven = "proven",
    }
}

kebab_enum! {
    /// The seven steps of an RPC call between two domain controllers.
    Step {
        /// The destination's directory knows the source's DSA GUID.
        Know = "know",
        /// Names become addresses.
        Resolve = "resolve",
        /// TCP to the endpoint mapper.
        Reach = "reach-135",
        /// `ept_map`, against the source's own endpoint map and services.
        Ask = "ask",
        /// TCP to the port it named.
        ReachPort = "reach-port",
        /// The bind to the interface there.
        Bind = "bind",
        /// Who answered.
        Identity = "identity",
    }
}
