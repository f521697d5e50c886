//! The types of PDUs ([C706] 12.6.1, [MS-RPCE] 2.2.2.6 to 2.2.2.13).
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

/// The PDU types of a connection to an endpoint mapper or to the server it names (C706 12.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// A call, client to server.
    Request = 0,
    /// Its result.
    Response = 2,
    /// Its failure.
    Fault = 3,
    /// The opening of an association.
    Bind = 11,
    /// Its answer, context by context.
    BindAck = 12,
    /// Its refusal as a whole.
    BindNak = 13,
    /// More contexts on an open association.
    AlterContext = 14,
    /// The answer to that.
    AlterContextResp = 15,
    /// The third leg of an authentication; it has no answer.
    Auth3 = 16,
    /// The server asks the client to close.
    Shutdown = 17,
}

impl PacketType {
    /// The type with this number; `None` where such a connection does not carry it.
    pub(crate) const fn from_number(ptype: u8) -> Option<Self> {
        Some(match ptype {
            0 => Self::Request,
            2 => Self::Response,
            3 => Self::Fault,
            11 => Self::Bind,
            12 => Self::BindAck,
            13 => Self::BindNak,
            14 => Self::AlterContext,
            15 => Self::AlterContextResp,
            16 => Self::Auth3,
            17 => Self::Shutdown,
            _ => return None,
        })
    }
}

/// The name of a PDU type that is refused.
pub(crate) const fn refused_name(ptype: u8) -> &'static str {
    match ptype {
        1 => "ping",
        4 => "working",
        5 => "nocall",
        6 => "reject",
        7 => "ack",
        8 => "cl_cancel",
        9 => "fack",
        10 => "cancel_ack",
        18 => "co_cancel",
        19 => "orphaned",
        20 => "rts",
        _ => "unknown",
    }
}
