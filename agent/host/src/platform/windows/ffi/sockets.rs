//! The TCP and UDP sockets of this host.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use epmesh_facts::{AddressFamily, Listener, Transport};
use windows_sys::Win32::{
    NetworkManagement::IpHelper::{
        GetExtendedTcpTable, GetExtendedUdpTable, MIB_TCP_STATE_LISTEN, MIB_TCP_STATE_TIME_WAIT,
        TCP_TABLE_OWNER_PID_ALL, UDP_TABLE_OWNER_PID,
    },
    Networking::WinSock::{AF_INET, AF_INET6},
};

use super::buffer::filled;

/// The largest table that is taken: a quarter of a million sockets.
const MAX_TABLE: u32 = 16 << 20;

/// A socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Socket {
    pub(in super::super) transport: Transport,
    pub(in super::super) address: IpAddr,
    pub(in super::super) port: u16,
    pub(in super::super) state: State,
    /// Whose it is, where that is visible: no process has the number 0 that stands there instead.
    pub(in super::super) pid: Option<u32>,
}

/// The states that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum State {
    Listening,
    TimeWait,
    Other,
}

impl Socket {
    /// The socket as a listener, where it is one.
    pub(in super::super) fn listener(&self) -> Option<Listener> {
        (self.transport == Transport::Tcp && self.state == State::Listening).then_some(Listener {
            port: self.port,
            address: self.address,
            pid: self.pid,
        })
    }

    /// The IP version whose ports the socket uses.
    pub(in super::super) const fn family(&self) -> AddressFamily {
        if self.address.is_ipv4() { AddressFamily::V4 } else { AddressFamily::V6 }
    }
}

/// All sockets, TCP and UDP.
///
/// # Errors
/// When one of the tables cannot be read, or is not as long as it says: a part of them would be
/// taken for all.
pub(in super::super) fn all() -> io::Result<Vec<Socket>> {
    let mut sockets = Vec::new();
    for layout in &LAYOUTS {
        let table = filled(64 << 10, MAX_TABLE, |into, length| {
            let family = u32::from(if layout.v6 { AF_INET6 } else { AF_INET });
            match layout.transport {
                // SAFETY: `into` is valid for writes of `length` bytes.
                Transport::Tcp => unsafe {
                    GetExtendedTcpTable(
                        into.cast(),
                        &raw mut *length,
                        0,
                        family,
                        TCP_TABLE_OWNER_PID_ALL,
                        0,
                    )
                },
                // SAFETY: as above.
                Transport::Udp => unsafe {
                    GetExtendedUdpTable(
                        into.cast(),
                        &raw mut *length,
                        0,
                        family,
                        UDP_TABLE_OWNER_PID,
                        0,
                    )
                },
            }
        })
        .map_err(|error| {
            io::Error::new(error.kind(), format!("the table of {}: {error}", layout.name))
        })?;
        let rows = layout.rows(table.bytes()).ok_or_else(|| {
            let why = format!("the table of {} is cut short", layout.name);
            io::Error::new(io::ErrorKind::InvalidData, why)
        })?;
        sockets.extend(rows);
    }
    Ok(sockets)
}

/// Where things stand in a row of a table, in bytes. A table is a number of rows, then the rows.
struct Layout {
    name: &'static str,
    transport: Transport,
    v6: bool,
    row: usize,
    address: usize,
    port: usize,
    state: Option<usize>,
    pid: usize,
}

/// `MIB_TCPROW_OWNER_PID`, `MIB_TCP6ROW_OWNER_PID`, `MIB_UDPROW_OWNER_PID` and
/// `MIB_UDP6ROW_OWNER_PID`; a test compares them with the structures.
const LAYOUTS: [Layout; 4] = [
    Layout {
        name: "TCP over IPv4",
        transport: Transport::Tcp,
        v6: false,
        row: 24,
        address: 4,
        port: 8,
        state: Some(0),
        pid: 20,
    },
    Layout {
        name: "TCP over IPv6",
        transport: Transport::Tcp,
        v6: true,
        row: 56,
        address: 0,
        port: 20,
        state: Some(48),
        pid: 52,
    },
    Layout {
        name: "UDP over IPv4",
        transport: Transport::Udp,
        v6: false,
        row: 12,
        address: 0,
        port: 4,
        state: None,
        pid: 8,
    },
    Layout {
        name: "UDP over IPv6",
        transport: Transport::Udp,
        v6: true,
        row: 28,
        address: 0,
        port: 20,
        state: None,
        pid: 24,
    },
];

impl Layout {
    fn rows(&self, table: &[u8]) -> Option<Vec<Socket>> {
        let (count, rows) = table.split_first_chunk::<4>()?;
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let rows = rows.get(..count.checked_mul(self.row)?)?;
        rows.chunks_exact(self.row).map(|row| self.socket(row)).collect()
    }

    fn socket(&self, row: &[u8]) -> Option<Socket> {
        fn part<const N: usize>(row: &[u8], at: usize) -> Option<[u8; N]> {
            row.get(at..)?.first_chunk::<N>().copied()
        }
        let number = |at| Some(u32::from_le_bytes(part::<4>(row, at)?));
        let address = if self.v6 {
            let address = Ipv6Addr::from(part::<16>(row, self.address)?);
            // A socket for both families has the address in its IPv6 form.
            address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
        } else {
            IpAddr::V4(Ipv4Addr::from(part::<4>(row, self.address)?))
        };
        let state = self.state.map_or(Some(None), |at| number(at).map(Some))?;
        let pid = number(self.pid)?;
        Some(Socket {
            transport: self.transport,
            address,
            // In the order of the network, in the first half of four bytes.
            port: u16::from_be_bytes(part(row, self.port)?),
            state: match state.map(u32::cast_signed) {
                Some(MIB_TCP_STATE_LISTEN) => State::Listening,
                Some(MIB_TCP_STATE_TIME_WAIT) => State::TimeWait,
                _ => State::Other,
            },
            pid: (pid != 0).then_some(pid),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        mem::offset_of,
        net::{TcpListener, UdpSocket},
    };

    use windows_sys::Win32::NetworkManagement::IpHelper::{
        MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID, MIB_UDP6ROW_OWNER_PID, MIB_UDPROW_OWNER_PID,
    };

    use super::*;

    #[test]
    fn the_layouts_are_those_of_the_structures() {
        macro_rules! check {
            ($layout:expr, $row:ty, $address:ident, $state:expr) => {
                assert_eq!($layout.row, size_of::<$row>());
                assert_eq!($layout.address, offset_of!($row, $address));
                assert_eq!($layout.port, offset_of!($row, dwLocalPort));
                assert_eq!($layout.state, $state);
                assert_eq!($layout.pid, offset_of!($row, dwOwningPid));
            };
        }
        let [tcp, tcp6, udp, udp6] = &LAYOUTS;
        let state = offset_of!(MIB_TCPROW_OWNER_PID, dwState);
        check!(tcp, MIB_TCPROW_OWNER_PID, dwLocalAddr, Some(state));
        let state = offset_of!(MIB_TCP6ROW_OWNER_PID, dwState);
        check!(tcp6, MIB_TCP6ROW_OWNER_PID, ucLocalAddr, Some(state));
        check!(udp, MIB_UDPROW_OWNER_PID, dwLocalAddr, None);
        check!(udp6, MIB_UDP6ROW_OWNER_PID, ucLocalAddr, None);
    }

    #[test]
    fn a_table_that_is_shorter_than_it_says_is_none() {
        let [tcp, ..] = &LAYOUTS;
        let mut table = vec![2, 0, 0, 0];
        table.extend([0; 47]);
        assert!(tcp.rows(&table).is_none());
        table.push(0);
        assert_eq!(tcp.rows(&table).map(|rows| rows.len()), Some(2));
        assert!(tcp.rows(&[0xff; 4]).is_none());
    }

    #[test]
    fn own_sockets_are_found() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let taken = listener.local_addr().expect("its address");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let bound = udp.local_addr().expect("its address");
        let sockets = all().expect("the tables");
        let found = sockets
            .iter()
            .filter_map(Socket::listener)
            .find(|l| (l.address, l.port) == (taken.ip(), taken.port()))
            .expect("the listener");
        // Wine 8 has 0 in the place of the owner, which is nobody's number.
        assert!(found.pid.is_none_or(|pid| pid == std::process::id()), "{found:?}");
        assert!(sockets.iter().any(|s| s.transport == Transport::Udp
            && (s.address, s.port) == (bound.ip(), bound.port())
            && s.state == State::Other));
        drop(listener);
        let after = all().expect("the tables");
        assert!(!after.iter().filter_map(Socket::listener).any(|l| l.port == taken.port()));
    }
}
