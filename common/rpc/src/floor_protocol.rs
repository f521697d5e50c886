//! The protocol identifiers of tower floors ([C706] appendix I).
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm

/// The protocol that a floor of a tower speaks of: its protocol identifier (C706 appendix I).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloorProtocol {
    /// TCP; the floor holds a port.
    Tcp,
    /// UDP; the floor holds a port.
    Udp,
    /// IPv4; the floor holds an address.
    Ip,
    /// Connectionless RPC.
    Connectionless,
    /// Connection-oriented RPC.
    ConnectionOriented,
    /// RPC inside one machine.
    Local,
    /// A UUID and a version: an interface, or an encoding.
    Uuid,
    /// Named pipes; the floor holds the pipe.
    NamedPipe,
    /// LRPC; the floor holds the port's name.
    LocalPort,
    /// NetBIOS; the floor holds a host's name.
    NetBiosName,
    /// HTTP; the floor holds a port.
    Http,
    /// A Hyper-V socket, between a host and its virtual machines or containers; the floor holds a service's
    /// UUID as text. Windows 10 and Server 2016 have it; the appendix does not.
    HyperVSocket,
    /// Any other.
    Other(u8),
}

impl FloorProtocol {
    /// The protocol with this identifier.
    #[must_use]
    pub const fn from_id(id: u8) -> Self {
        match id {
            0x07 => Self::Tcp,
            0x08 => Self::Udp,
            0x09 => Self::Ip,
            0x0a => Self::Connectionless,
            0x0b => Self::ConnectionOriented,
            0x0c => Self::Local,
            0x0d => Self::Uuid,
            0x0f => Self::NamedPipe,
            0x10 => Self::LocalPort,
            0x11 => Self::NetBiosName,
            0x1f => Self::Http,
            0x21 => Self::HyperVSocket,
            other => Self::Other(other),
        }
    }

    /// The identifier on the wire.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Tcp => 0x07,
            Self::Udp => 0x08,
            Self::Ip => 0x09,
            Self::Connectionless => 0x0a,
            Self::ConnectionOriented => 0x0b,
            Self::Local => 0x0c,
            Self::Uuid => 0x0d,
            Self::NamedPipe => 0x0f,
            Self::LocalPort => 0x10,
            Self::NetBiosName => 0x11,
            Self::Http => 0x1f,
            Self::HyperVSocket => 0x21,
            Self::Other(id) => id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_is_its_own() {
        for id in 0..=u8::MAX {
            assert_eq!(FloorProtocol::from_id(id).id(), id);
        }
    }
}
