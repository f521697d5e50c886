//! The registry keys that facts are read from, below `HKEY_LOCAL_MACHINE`.

/// The protocol sequences that the RPC runtime loads.
pub const CLIENT_PROTOCOLS: &str = "SOFTWARE\\Microsoft\\Rpc\\ClientProtocols";
/// The ports that RPC servers take theirs from (KB 154596).
pub const RPC_INTERNET: &str = "SOFTWARE\\Microsoft\\Rpc\\Internet";
/// The network interfaces that RPC servers bind to.
pub const RPC_LINKAGE: &str = "SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage";
/// Group policy for RPC.
pub const RPC_POLICY: &str = "SOFTWARE\\Policies\\Microsoft\\Windows NT\\Rpc";
/// The directory service.
pub const NTDS: &str = "SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters";
/// Netlogon.
pub const NETLOGON: &str = "SYSTEM\\CurrentControlSet\\Services\\Netlogon\\Parameters";
/// The file replication service.
pub const NTFRS: &str = "SYSTEM\\CurrentControlSet\\Services\\NTFRS\\Parameters";
/// DFS Replication.
pub const DFSR: &str = "SYSTEM\\CurrentControlSet\\Services\\DFSR";
/// The version of Windows.
pub const CURRENT_VERSION: &str = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
/// There after a start in one of the safe modes.
pub const SAFE_BOOT: &str = "SYSTEM\\CurrentControlSet\\Control\\SafeBoot\\Option";
/// TCP/IP as a whole.
pub const TCPIP: &str = "SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters";
/// IPv6 as a whole.
pub const TCPIP6: &str = "SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters";
/// NetBIOS over TCP/IP.
pub const NETBT: &str = "SYSTEM\\CurrentControlSet\\Services\\NetBT\\Parameters";
/// The names that network interfaces have on the screen, by their GUID.
pub const CONNECTIONS: &str =
    "SYSTEM\\CurrentControlSet\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}";
/// The firewall's own settings.
pub const FIREWALL: &str =
    "SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy";
/// Group policy for the firewall.
pub const FIREWALL_POLICY: &str = "SOFTWARE\\Policies\\Microsoft\\WindowsFirewall";
