//! The faults of the lab and what has to be said of each.

use epmesh_common::diagnosis::{Cause, CulpritText as Named, Side};

const NETWORK_OR_SOURCE: &[Side] = &[Side::Network, Side::Source];

/// What has to be named as the culprit: its kind, and what its name and its value hold. GUIDs, ports and
/// times are the lab's own and are left out.
pub(super) struct Culprit {
    kind: &'static str,
    name: &'static [&'static str],
    value: &'static [&'static str],
}

pub(super) const fn culprit(
    kind: &'static str,
    name: &'static [&'static str],
    value: &'static [&'static str],
) -> Culprit {
    Culprit { kind, name, value }
}

impl Culprit {
    pub(super) fn is(&self, named: &Named) -> bool {
        self.kind == named.kind
            && self.name.iter().all(|part| named.name.contains(part))
            && self.value.iter().all(|part| named.value.contains(part))
    }

    pub(super) fn words(&self) -> String {
        format!("{}: {}: {}", self.kind, self.name.join(" … "), self.value.join(" … "))
    }
}

pub(super) const MEMBER: &str = "10.99.0.60";
const DC3: &str = "10.99.0.13";
const DEAD: &str = "10.99.0.99";
/// dc2's address record, on the DNS server that dc1 asks first.
const RECORD: &[&str] = &["A dc2.lab.test on DNS server 10.99.0.11"];
/// The alias of dc2's NTDS Settings object, likewise.
const ALIAS: &[&str] = &["CNAME ", "._msdcs.lab.test on DNS server 10.99.0.11"];
/// What serves drsuapi there.
pub(super) const SERVICE: &[&str] = &["samba task[rpc] on dc2.lab.test"];
const PORT_135: &[&str] = &["10.99.0.12 port 135 (dc2.lab.test)"];
const DYNAMIC_PORT: &[&str] = &["10.99.0.12 port 49", "(dc2.lab.test)"];

/// The name in the lab, the cause, the sides on which it may be said to lie (where every witness fails and
/// the source listens, a filter on the host and one in front of it look the same), and the culprit.
pub(super) const FAULTS: &[(&str, Cause, &[Side], Culprit)] = &[
    (
        "hosts",
        Cause::HostsFileOverride,
        &[Side::NameResolution],
        culprit("hosts-line", &["/etc/hosts:3 on dc1.lab.test"], &[MEMBER]),
    ),
    (
        "wrong-a-member",
        Cause::DnsAStale,
        &[Side::NameResolution],
        culprit("dns-record", RECORD, &[MEMBER]),
    ),
    (
        "wrong-a-dc3",
        Cause::WrongServerIdentity,
        &[Side::NameResolution],
        culprit("dns-record", RECORD, &[DC3, "dc3"]),
    ),
    (
        "wrong-a-dead",
        Cause::DnsAStale,
        &[Side::NameResolution],
        culprit("dns-record", RECORD, &[DEAD]),
    ),
    (
        "wrong-cname",
        Cause::WrongServerIdentity,
        &[Side::NameResolution],
        culprit("dns-record", ALIAS, &["dc3.lab.test", DC3]),
    ),
    (
        "no-cname",
        Cause::DnsCnameMissing,
        &[Side::NameResolution],
        culprit("dns-record", ALIAS, &["no such record"]),
    ),
    (
        "135-reject",
        Cause::EpmUnreachable,
        NETWORK_OR_SOURCE,
        culprit("port", PORT_135, &["connection refused"]),
    ),
    (
        "135-drop",
        Cause::EpmUnreachable,
        NETWORK_OR_SOURCE,
        culprit("port", PORT_135, &["no answer in time"]),
    ),
    (
        "dyn-reject",
        Cause::DynamicPortBlocked,
        NETWORK_OR_SOURCE,
        culprit("port", DYNAMIC_PORT, &["connection refused"]),
    ),
    (
        "dyn-drop",
        Cause::DynamicPortBlocked,
        NETWORK_OR_SOURCE,
        culprit("port", DYNAMIC_PORT, &["no answer in time"]),
    ),
    (
        "all-drop",
        Cause::EpmUnreachable,
        NETWORK_OR_SOURCE,
        culprit("port", PORT_135, &["no answer in time"]),
    ),
    (
        "stopped",
        Cause::ServiceDied,
        &[Side::Source],
        culprit("service", SERVICE, &["not running; was registered until"]),
    ),
    (
        "killed",
        Cause::ServiceDied,
        &[Side::Source],
        culprit("service", SERVICE, &["not running; was registered until"]),
    ),
    (
        "no-rpc",
        Cause::ServiceDied,
        &[Side::Source],
        culprit("service", SERVICE, &["not running", "; was registered until"]),
    ),
    (
        "not-started",
        Cause::ServiceNotStarted,
        &[Side::Source],
        culprit(
            "service",
            SERVICE,
            &["not running; never registered since the host was started at"],
        ),
    ),
    (
        "no-drsuapi",
        Cause::RegistrationFailed,
        &[Side::Source],
        culprit("registration", SERVICE, &["never registered since"]),
    ),
    (
        "stale-guid",
        Cause::NtdsSettingsStale,
        &[Side::Directory],
        culprit(
            "ntds-settings",
            &["NTDS Settings of ", " in the directory of dc1.lab.test"],
            &["objectGUID ", "the older of the two", "the source's own is "],
        ),
    ),
];

/// What the proof of a fault has to say of where the record came from, by the copy of the directory.
pub(super) const ORIGINS: &[(&str, &str)] = &[
    ("wrong-a-member", "as a static record: nobody removes it"),
    ("wrong-a-member", "scavenging is off for lab.test"),
    ("second-a-dead", "as a static record: nobody removes it"),
    ("cname-nobody", "as a static record: nobody removes it"),
    ("no-cname", "has no object of"),
];
