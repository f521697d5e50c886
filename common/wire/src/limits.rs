//! The bounds of everything that crosses the wire. A receiver refuses a statement that is beyond
//! one of them; [`super::fit`] brings a body within them before it is sent.
//!
//! Lengths of text are bytes of UTF-8.

/// The largest gRPC message either side takes. tonic's own default is 4 MiB, less than a full
/// endpoint map seen along several ways needs.
pub const MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Statements in a report.
pub const STATEMENTS: usize = 20_000;
/// Handles of one session: the peers of the largest plan, and the sections.
pub const HANDLES: u32 = 16_384;
/// Notes in a report; further ones are left out.
pub const NOTES: usize = 64;

/// Any text that has no bound of its own.
pub const TEXT_BYTES: usize = 1024;
/// Why something could not be seen: 300 characters of at most 4 bytes.
pub const REASON_BYTES: usize = 1200;
/// An endpoint's annotation: 64 characters (C706 appendix O, `ept_max_annotation_size`) of at
/// most 3 bytes, which is what one byte of it can become.
pub const ANNOTATION_BYTES: usize = 192;
/// A distinguished name: beyond what any naming context has.
pub const DISTINGUISHED_NAME_BYTES: usize = 2048;

/// Views of one endpoint map: the local one and one an address.
pub const VIEWS: usize = 64;
/// Endpoints in a view.
pub const ENDPOINTS: usize = 20_000;

/// Services of a host.
pub const SERVICES: usize = 4096;
/// Roles of a service.
pub const ROLES: usize = 16;
/// Services that one service needs.
pub const DEPENDENCIES: usize = 256;
/// Port ranges of a host.
pub const PORT_RANGES: usize = 16;
/// Ranges that RPC servers take their ports from: as many as [`REGISTRY_LINES`] can list.
pub const RPC_RANGES: usize = 4096;
/// Listening sockets of a host.
pub const LISTENERS: usize = 65_536;
/// Addresses of a host.
pub const HOST_ADDRESSES: usize = 1024;

/// Mappings of a hosts file.
pub const HOSTS_LINES: usize = 10_000;
/// Names on one line of a hosts file.
pub const HOSTS_NAMES: usize = 256;
/// DNS servers of a host.
pub const DNS_SERVERS: usize = 64;
/// Suffixes of a host's search list.
pub const SEARCH_NAMES: usize = 256;

/// Files included by an LMHOSTS file.
pub const LMHOSTS_INCLUDES: usize = 64;
/// Records that a domain controller wants in DNS.
pub const REGISTERED_NAMES: usize = 4096;

/// NTDS Settings objects of a forest.
pub const NTDS_SETTINGS: usize = 10_000;
/// Inbound replication neighbours of a domain controller.
pub const NEIGHBOURS: usize = 65_536;

/// DNS zones of a directory that hold names of domain controllers.
pub const DNS_ZONES: usize = 256;
/// Names of domain controllers in these zones.
pub const STORED_NAMES: usize = 2048;
/// Records of one name.
pub const STORED_RECORDS: usize = 256;
/// Servers of a zone, of one kind.
pub const ZONE_SERVERS: usize = 256;
/// Machine accounts of domain controllers.
pub const MACHINE_ACCOUNTS: usize = 10_000;

/// Values of a registry key.
pub const REGISTRY_VALUES: usize = 256;
/// Lines of a registry value that has several.
pub const REGISTRY_LINES: usize = 4096;
/// Services that can have a port of their own.
pub const STATIC_PORTS: usize = 16;
/// Processes that use the most ports.
pub const PROCESS_USES: usize = 32;
/// Profiles of a firewall.
pub const PROFILES: usize = 16;
/// RPC filters of a host.
pub const RPC_FILTERS: usize = 1024;
/// The most fields of an RPC filter's conditions: there are eight.
pub const FILTER_FIELDS: usize = 8;
/// Events kept of a host: the latest.
pub const EVENTS: usize = 256;
/// Logs that are watched.
pub const LOGS: usize = 16;
/// Parameters of an event.
pub const EVENT_PARAMETERS: usize = 64;

/// Questions asked about one peer.
pub const LOOKUPS: usize = 256;
/// Records in one answer.
pub const RECORDS: usize = 256;
/// Addresses looked at for one peer.
pub const ADDRESSES: usize = 64;
/// Interfaces asked for, of one address or by one plan.
pub const INTERFACES: usize = 256;
/// Bindings in one answer of `ept_map`.
pub const BINDINGS: usize = 500;
/// Ports tried for one interface.
pub const PORTS: usize = 64;
/// Well-known ports tried at one address.
pub const WELL_KNOWN: usize = 64;
/// A text of an identity: what [`epmesh_identity::Identity`] keeps of one.
pub const IDENTITY_BYTES: usize = 255;
/// Ways of asking one address who it is.
pub const IDENTITIES: usize = 16;

/// Targets of a plan or a look.
pub const TARGETS: usize = 10_000;
/// Sections named by a look.
pub const SECTIONS: usize = 64;
