//! Endpoint maps as recorded from real hosts.
//!
//! The rows are those of a Samba 4.17 AD domain controller (53, in the order of its answer) and of
//! a host that runs Samba's `samba-dcerpcd` without being a domain controller.

use std::net::Ipv4Addr;

use epmesh_common::rpc::{Binding, Endpoint, InterfaceId, ProtocolSequence, epm::EPMAPPER};
use uuid::{Uuid, uuid};

use super::SimPorts;

/// Where an interface is registered.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A named pipe, without `\pipe\`.
    Pipe(&'static str),
    /// An LRPC port.
    Local(&'static str),
    /// The port of the RPC server with this number.
    Tcp(u16),
    /// The endpoint mapper's port.
    Mapper,
    /// RPC over HTTP, port 593. Nothing of it is simulated but the entry.
    Http,
}
use Place::{Http, Local, Mapper, Pipe, Tcp};

type Row = ((InterfaceId, &'static str), Place);

const fn interface(
    uuid: Uuid,
    major: u16,
    annotation: &'static str,
) -> (InterfaceId, &'static str) {
    (InterfaceId::new(uuid, major, 0), annotation)
}

const DNSSERVER: (InterfaceId, &str) =
    interface(uuid!("50abc2a4-574d-40b3-9d66-ee4fd5fba076"), 5, "dnsserver");
const MGMT: (InterfaceId, &str) =
    interface(uuid!("afa8bd80-7d8a-11c9-bef4-08002b102989"), 1, "mgmt");
const BROWSER: (InterfaceId, &str) =
    interface(uuid!("6bffd098-a112-3610-9833-012892020162"), 0, "browser");
const UNIXINFO: (InterfaceId, &str) =
    interface(uuid!("9c54e310-a955-4885-bd31-78787147dfa6"), 0, "unixinfo");
const BACKUPKEY: (InterfaceId, &str) =
    interface(uuid!("3dde7c30-165d-11d1-ab8f-00805f14db40"), 1, "backupkey");
const EVENTLOG6: (InterfaceId, &str) =
    interface(uuid!("f6beaff7-1e19-4fbb-9f8f-b89e2018337c"), 1, "eventlog6");
const DSSETUP: (InterfaceId, &str) =
    interface(uuid!("3919286a-b10c-11d0-9ba8-00c04fd92ef5"), 0, "dssetup");
const LSARPC: (InterfaceId, &str) =
    interface(uuid!("12345778-1234-abcd-ef00-0123456789ab"), 0, "lsarpc");
const SAMR: (InterfaceId, &str) =
    interface(uuid!("12345778-1234-abcd-ef00-0123456789ac"), 1, "samr");
const WKSSVC: (InterfaceId, &str) =
    interface(uuid!("6bffd098-a112-3610-9833-46c3f87e345a"), 1, "wkssvc");
const EVENTLOG: (InterfaceId, &str) =
    interface(uuid!("82273fdc-e32a-18c3-3f78-827929dc23ea"), 0, "eventlog");
const NTSVCS: (InterfaceId, &str) =
    interface(uuid!("8d9f4e40-a03d-11ce-8f69-08003e30051b"), 1, "ntsvcs");
const WINREG: (InterfaceId, &str) =
    interface(uuid!("338cd001-2244-31f1-aaaa-900038001003"), 1, "winreg");
const SRVSVC: (InterfaceId, &str) =
    interface(uuid!("4b324fc8-1670-01d3-1278-5a47bf6ee188"), 3, "srvsvc");
/// Directory replication.
pub(super) const DRSUAPI_ID: InterfaceId =
    InterfaceId::new(uuid!("e3514235-4b06-11d1-ab04-00c04fc2dcd2"), 4, 0);
/// The secure channel.
pub(super) const NETLOGON_ID: InterfaceId =
    InterfaceId::new(uuid!("12345678-1234-abcd-ef00-01234567cffb"), 1, 0);
const DRSUAPI: (InterfaceId, &str) = (DRSUAPI_ID, "drsuapi");
const NETLOGON: (InterfaceId, &str) = (NETLOGON_ID, "netlogon");
const EPMAPPER_ROW: (InterfaceId, &str) = (EPMAPPER, "epmapper");

const DOMAIN_CONTROLLER: &[Row] = &[
    (DNSSERVER, Pipe("dnsserver")),
    (MGMT, Pipe("dnsserver")),
    (BROWSER, Pipe("browser")),
    (MGMT, Pipe("browser")),
    (UNIXINFO, Pipe("unixinfo")),
    (MGMT, Pipe("unixinfo")),
    (BACKUPKEY, Pipe("protected_storage")),
    (DRSUAPI, Pipe("protected_storage")),
    (MGMT, Pipe("protected_storage")),
    (DNSSERVER, Tcp(1)),
    (BACKUPKEY, Tcp(1)),
    (EVENTLOG6, Tcp(1)),
    (BROWSER, Tcp(1)),
    (UNIXINFO, Tcp(1)),
    (DSSETUP, Tcp(1)),
    (DRSUAPI, Tcp(1)),
    (LSARPC, Tcp(1)),
    (MGMT, Tcp(1)),
    (DSSETUP, Pipe("lsass")),
    (DRSUAPI, Pipe("lsass")),
    (LSARPC, Pipe("lsass")),
    (MGMT, Pipe("lsass")),
    (DSSETUP, Pipe("lsarpc")),
    (LSARPC, Pipe("lsarpc")),
    (MGMT, Pipe("lsarpc")),
    (NETLOGON, Tcp(0)),
    (MGMT, Tcp(0)),
    (NETLOGON, Pipe("netlogon")),
    (MGMT, Pipe("netlogon")),
    (SAMR, Pipe("samr")),
    (MGMT, Pipe("samr")),
    (BROWSER, Local("DEFAULT")),
    (UNIXINFO, Local("DEFAULT")),
    (DSSETUP, Local("DEFAULT")),
    (DRSUAPI, Local("DEFAULT")),
    (LSARPC, Local("DEFAULT")),
    (NETLOGON, Local("DEFAULT")),
    (SAMR, Local("DEFAULT")),
    (WKSSVC, Local("DEFAULT")),
    (MGMT, Local("DEFAULT")),
    (SAMR, Tcp(2)),
    (WKSSVC, Tcp(2)),
    (MGMT, Tcp(2)),
    (WKSSVC, Pipe("wkssvc")),
    (MGMT, Pipe("wkssvc")),
    (EPMAPPER_ROW, Local("EPMAPPER")),
    (MGMT, Local("EPMAPPER")),
    (EPMAPPER_ROW, Http),
    (MGMT, Http),
    (EPMAPPER_ROW, Mapper),
    (MGMT, Mapper),
    (EPMAPPER_ROW, Pipe("epmapper")),
    (MGMT, Pipe("epmapper")),
];

const MEMBER: &[Row] = &[
    (EVENTLOG, Pipe("eventlog")),
    (NTSVCS, Pipe("ntsvcs")),
    (NTSVCS, Pipe("plugplay")),
    (WINREG, Pipe("winreg")),
    (WINREG, Tcp(1)),
    (WINREG, Local("rpcd_winreg")),
    (SRVSVC, Pipe("srvsvc")),
    (SRVSVC, Tcp(2)),
    (SRVSVC, Local("rpcd_classic")),
];

/// The endpoint map of a Samba domain controller, with these ports in the place of its own.
#[must_use]
pub fn samba_endpoints(ports: &SimPorts) -> Vec<Endpoint> {
    rows(DOMAIN_CONTROLLER, ports, None)
}

/// The endpoint map of a host at `address` that is no domain controller. This server does write
/// its address into its towers.
#[must_use]
pub fn member_endpoints(ports: &SimPorts, address: Ipv4Addr) -> Vec<Endpoint> {
    rows(MEMBER, ports, Some(address))
}

fn rows(rows: &[Row], ports: &SimPorts, address: Option<Ipv4Addr>) -> Vec<Endpoint> {
    let endpoint = |&((interface, annotation), place): &Row| {
        let mut binding = match place {
            Pipe(name) => Binding {
                sequence: ProtocolSequence::NcacnNp,
                endpoint: format!("\\pipe\\{name}"),
                host: None,
            },
            Local(name) => Binding {
                sequence: ProtocolSequence::Ncalrpc,
                endpoint: name.to_owned(),
                host: None,
            },
            Tcp(server) => Binding::tcp(ports.rpc(server)),
            Mapper => Binding::tcp(ports.endpoint_mapper),
            Http => Binding {
                sequence: ProtocolSequence::NcacnHttp,
                endpoint: "593".to_owned(),
                host: None,
            },
        };
        if binding.sequence == ProtocolSequence::NcacnIpTcp {
            binding.host = address.map(|address| address.to_string());
        }
        Endpoint { interface, object: None, binding, annotation: annotation.to_owned() }
    };
    rows.iter().map(endpoint).collect()
}
