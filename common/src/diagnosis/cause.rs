//! Causes, and what goes with one: how a link stands, on which side the cause lies, how sure that is.

use std::fmt;

use serde::{Deserialize, Serialize};

// The doc comment of a variant is its meaning, word for word, in the documents too.
macro_rules! kebab_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[doc = $meaning:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[doc = $meaning])+ #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The id as it stands in JSON and on the screen.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The meaning of the value, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim_ascii(),)+ }
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
        /// The link does not work.
        Failing = "failing",
        /// The link works, and something is wrong that will break it.
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
        /// The source's service has not been started since the host booted.
        ServiceNotStarted = "service-not-started",
        /// The source is booted into Directory Services Restore Mode or a safe mode.
        DirectoryServicesRestoreMode = "directory-services-restore-mode",
        /// The source, its service or the destination's directory is still starting; no fault until the time for
        /// that is over.
        StartingUp = "starting-up",
        /// The source's service runs and has not registered the interface since it started; no reason shows.
        RegistrationFailed = "registration-failed",
        /// The source's service could not register: no port of its range is free.
        PortRangeExhausted = "port-range-exhausted",
        /// The source's service could not register: its range has hardly any ports.
        PortRangeConstrained = "port-range-constrained",
        /// The source's service could not register: an entry of `Rpc\Internet` is invalid.
        RpcInternetPortsInvalid = "rpc-internet-ports-invalid",
        /// The source's service could not register: the value `Bind` of `Rpc\Linkage` exists and is empty.
        RpcBindLinkageInvalid = "rpc-bind-linkage-invalid",
        /// The source's service could not register: another process owns the static port it is to use.
        StaticPortConflict = "static-port-conflict",
        /// `Rpc\ClientProtocols` lacks the protocol sequence: the source's service could not register, or the
        /// destination cannot call.
        ClientProtocolsMissing = "client-protocols-missing",
        /// The interface was registered, then the process of the source's service ended.
        ServiceDied = "service-died",
        /// The interface was registered, the same process still runs, and the registration is gone.
        EndpointsUnregistered = "endpoints-unregistered",
        /// The source's service is stuck: it starts, stops or pauses for too long, is paused, or takes connections and never answers.
        ServiceHangs = "service-hangs",
        /// The interface is registered, but not on the protocol sequence `ncacn_ip_tcp`.
        ProtocolSequenceMissing = "protocol-sequence-missing",
        /// On the source, RpcSs or RpcEptMapper differs from the default of its Windows release.
        RpcServiceMisconfigured = "rpc-service-misconfigured",
        /// A line of the destination's hosts file gives an address that is not the source's.
        HostsFileOverride = "hosts-file-override",
        /// A line of the destination's LMHOSTS file gives an address that is not the source's.
        LmhostsOverride = "lmhosts-override",
        /// A WINS server gives an address that is not the source's.
        WinsStale = "wins-stale",
        /// A DNS server holds an address record that is not the source's.
        DnsAStale = "dns-a-stale",
        /// A DNS server holds right and wrong addresses of the source together.
        DnsADuplicate = "dns-a-duplicate",
        /// The `_msdcs` CNAME of the source's NTDS Settings object names another host.
        DnsCnameWrong = "dns-cname-wrong",
        /// The `_msdcs` CNAME of the source's NTDS Settings object does not exist.
        DnsCnameMissing = "dns-cname-missing",
        /// The destination's own DNS servers give different answers.
        DnsServersDisagree = "dns-servers-disagree",
        /// The destination's DNS cache is wrong, and every source behind it is right.
        DnsCacheStale = "dns-cache-stale",
        /// A host that is not the source answers, and it has the interface.
        WrongServerIdentity = "wrong-server-identity",
        /// TCP port 135 of the source cannot be reached.
        EpmUnreachable = "epm-unreachable",
        /// The endpoint mapper answers; the port that it names cannot be reached.
        DynamicPortBlocked = "dynamic-port-blocked",
        /// The source reaches itself, nobody else reaches it, and its firewall is on.
        HostFirewall = "host-firewall",
        /// The source has the interface registered; an RPC filter, or a device on the path, denies it to the destination.
        RpcFiltered = "rpc-filtered",
        /// The destination is told something else than the source holds: the answer is altered on the way, or another machine answers.
        AnswerAltered = "answer-altered",
        /// Small answers of the source arrive; an answer of several packets does not.
        LargePacketsLost = "large-packets-lost",
        /// The endpoint map names a port on which another process, or nothing, listens.
        StaleEndpoint = "stale-endpoint",
        /// The destination's directory holds an old NTDS Settings object of the source.
        NtdsSettingsStale = "ntds-settings-stale",
        /// The source's endpoint mapper refuses anonymous callers.
        EpmAccessDenied = "epm-access-denied",
        /// A static port lies outside the dynamic range; never a cause by itself.
        StaticPortOutsideRange = "static-port-outside-range",
        /// A static port lies inside the dynamic range; never a cause by itself.
        StaticPortInsideRange = "static-port-inside-range",
        /// One end of the link has no dynamic port left.
        PortExhaustion = "port-exhaustion",
        /// The destination's own directory does not run: it replicates from nobody.
        DestinationNotServing = "destination-not-serving",
        /// The destination reaches the source's interface, and its own replication over it ends with an error.
        ReplicationRefused = "replication-refused",
        /// Another error than 1753 is, or will be, reported; the verdict names it.
        NotError1753 = "not-1753",
        /// The evidence does not decide; the verdict says what is missing.
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
