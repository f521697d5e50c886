//! The outcome of a call or bind, as one closed type, and what a Windows caller sees of it.
//!
//! Specifications: [C706], [MS-RPCE].
//!
//! [C706]: https://pubs.opengroup.org/onlinepubs/9629399/toc.htm
//! [MS-RPCE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-rpce/290c38b1-92fe-4229-91e6-4fc376610c15

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    bind::ContextResult,
    ept_status::{EPT_S_CANT_PERFORM_OP, EPT_S_NOT_REGISTERED},
    windows_error,
};

/// The status that an endpoint mapper or server gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Done.
    Ok,
    /// The mapper answered in order that nobody serves the interface (0x16c9a0d6).
    NotRegistered,
    /// The mapper failed: 0x16c9a0cd or 0x6d8.
    CantPerform(u32),
    /// Any other code of the mapper.
    Mapper(u32),
    /// Fault 5: the call needs authentication or a permission.
    AccessDenied,
    /// Any other fault.
    Fault(u32),
    /// No presentation context was accepted; this is what was said to the first.
    BindRejected {
        /// 1 user, 2 provider rejection.
        result: u16,
        /// Why, see [`ContextResult::reason`].
        reason: u16,
    },
    /// The association was refused as a whole.
    BindNak {
        /// 0 not specified, 1 temporary congestion, 2 local limit, 4 protocol version, 8
        /// authentication type, 9 checksum (MS-RPCE 2.2.2.5).
        reason: u16,
    },
    /// The peer broke the protocol; the details are a
    /// [`ProtocolError`](super::ProtocolError).
    ProtocolError,
}

impl Status {
    /// The meaning of the status at the end of an `ept_map` reply (in an `ept_lookup` reply
    /// 0x16c9a0d6 only means the end).
    #[must_use]
    pub const fn from_mapper(code: u32) -> Self {
        match code {
            0 => Self::Ok,
            EPT_S_NOT_REGISTERED => Self::NotRegistered,
            EPT_S_CANT_PERFORM_OP | 0x6d8 => Self::CantPerform(code),
            _ => Self::Mapper(code),
        }
    }

    /// The meaning of the status in a fault.
    #[must_use]
    pub const fn from_fault(code: u32) -> Self {
        if code == 5 { Self::AccessDenied } else { Self::Fault(code) }
    }

    /// The meaning of the results of a bind: one accepted context is enough.
    #[must_use]
    pub fn from_results(results: &[ContextResult]) -> Self {
        if results.iter().any(ContextResult::is_accepted) {
            return Self::Ok;
        }
        let refused = results.iter().find(|said| said.result != ContextResult::NEGOTIATE_ACK);
        refused.map_or(Self::ProtocolError, |said| Self::BindRejected {
            result: said.result,
            reason: said.reason,
        })
    }

    /// Does nobody serve the interface? True also for fault 0x6d9, which says so in other words.
    #[must_use]
    pub const fn is_not_registered(self) -> bool {
        matches!(self, Self::NotRegistered | Self::Fault(1753) | Self::Mapper(1753))
    }

    /// The code on the wire, where there is one: a rejection has two, `reason` is given.
    #[must_use]
    pub const fn number(self) -> Option<u32> {
        Some(match self {
            Self::Ok => 0,
            Self::NotRegistered => EPT_S_NOT_REGISTERED,
            Self::CantPerform(code) | Self::Mapper(code) | Self::Fault(code) => code,
            Self::AccessDenied => 5,
            Self::BindRejected { reason, .. } | Self::BindNak { reason } => reason as u32,
            Self::ProtocolError => return None,
        })
    }

    /// The error a Windows caller reports for it; `None` where none is known for certain. Codes
    /// that are Windows errors already pass through, as MS-RPCE 3.1.1.5.5 has it.
    #[must_use]
    pub fn windows_error(self) -> Option<u32> {
        match self {
            Self::Ok => Some(0),
            Self::NotRegistered => Some(1753),
            Self::CantPerform(_) => Some(1752),
            Self::AccessDenied => Some(5),
            Self::Mapper(code) => passed_through(code),
            Self::Fault(code) => fault_error(code),
            Self::BindRejected { reason: 1, .. } => Some(1717),
            Self::BindRejected { reason: 2, .. } => Some(1730),
            Self::BindRejected { reason: 3, .. } => Some(1721),
            Self::BindRejected { .. } => None,
            Self::BindNak { reason } => match reason {
                1 | 2 => Some(1723),
                4 => Some(1728),
                8 => Some(1747),
                9 => Some(1825),
                _ => None,
            },
            Self::ProtocolError => Some(1728),
        }
    }
}

/// Status words of connection-oriented faults (C706 appendix N, MS-RPCE 3.1.1.5.5).
fn fault_error(code: u32) -> Option<u32> {
    Some(match code {
        0x1c00_0009 | 0x1c00_0012 => 1726,
        0x1c00_000c | 0x1c00_001f | 0x1c00_0020 => 1727,
        0x1c00_001a => 6,
        0x1c00_001d => 1821,
        0x1c01_0001 => 1820,
        0x1c01_0002 => 1745,
        0x1c01_0003 => 1717,
        0x1c01_000b => 1728,
        0x1c01_0014 => 1723,
        0x0000_0721 => 1825,
        0 | 0x8000_0001 => 1728,
        _ => return passed_through(code),
    })
}

/// DCE codes without a Windows counterpart stay without; everything else is its own error.
const fn passed_through(code: u32) -> Option<u32> {
    match code >> 16 {
        0x16c9 | 0x1c00 | 0x1c01 => None,
        _ => Some(code),
    }
}

fn fault_name(code: u32) -> &'static str {
    match code {
        0x1c00_0009 => "call rejected without a reason",
        0x1c00_000c => "the server's manager was not entered",
        0x1c00_0012 => "call failed without a reason",
        0x1c00_001a => "the context handle is not known to the server",
        0x1c00_001d => "authentication level not supported",
        0x1c00_001f | 0x1c00_0020 => "checksum wrong",
        0x1c01_0001 => "communication failure",
        0x1c01_0002 => "no such operation in the interface",
        0x1c01_0003 => "interface not known to the server",
        0x1c01_000b => "the server saw a protocol error",
        0x1c01_0014 => "server too busy",
        0x0000_06f7 => "the server cannot decode the parameters",
        0x0000_0721 => "the server's security package refused the token",
        _ => "call failed",
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Ok => f.write_str("ok"),
            Self::NotRegistered => {
                write!(f, "interface not registered with the endpoint mapper (0x16c9a0d6)")
            }
            Self::CantPerform(code) => {
                write!(f, "endpoint mapper cannot perform the operation ({code:#010x})")
            }
            Self::Mapper(code) => write!(f, "endpoint mapper failed (status {code:#010x}")
                .and_then(|()| symbol(f, code)),
            Self::AccessDenied => f.write_str("access denied (fault 0x00000005)"),
            Self::Fault(code) => {
                write!(f, "{} (fault {code:#010x}", fault_name(code)).and_then(|()| symbol(f, code))
            }
            Self::BindRejected { result, reason } => {
                let text = match (result, reason) {
                    (2, 1) => "interface not offered on this endpoint",
                    (2, 2) => "transfer syntax not supported",
                    (2, 3) => "server at its local limit",
                    (1, _) => "bind refused by the server's user",
                    _ => "bind refused without a reason",
                };
                write!(f, "{text} (bind result {result}, reason {reason})")
            }
            Self::BindNak { reason } => {
                let text = match reason {
                    1 | 2 => "server at its local limit",
                    4 => "protocol version not supported",
                    8 => "authentication type not known to the server",
                    9 => "authentication token refused",
                    _ => "association refused without a reason",
                };
                write!(f, "{text} (bind_nak {reason})")
            }
            Self::ProtocolError => f.write_str("the peer broke the DCE/RPC protocol"),
        }
    }
}

/// Closes the parenthesis, with the code's symbolic name where it has one.
fn symbol(f: &mut fmt::Formatter<'_>, code: u32) -> fmt::Result {
    match windows_error::symbol(code.into()) {
        Some(name) => write!(f, ", {name})"),
        None => f.write_str(")"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_classification_table() {
        let rejected = |reason| Status::BindRejected { result: 2, reason };
        for (status, error) in [
            (Status::from_mapper(0), Some(0)),
            (Status::from_mapper(0x16c9_a0d6), Some(1753)),
            (Status::from_mapper(0x16c9_a0cd), Some(1752)),
            (Status::from_mapper(0x6d8), Some(1752)),
            (Status::from_mapper(0x16c9_a012), None),
            (rejected(0), None),
            (rejected(1), Some(1717)),
            (rejected(2), Some(1730)),
            (Status::BindNak { reason: 0 }, None),
            (Status::BindNak { reason: 4 }, Some(1728)),
            (Status::BindNak { reason: 8 }, Some(1747)),
            (Status::BindNak { reason: 9 }, Some(1825)),
            (Status::from_fault(5), Some(5)),
            (Status::from_fault(0x721), Some(1825)),
            (Status::from_fault(0x6f7), Some(1783)),
            (Status::from_fault(0x6ba), Some(1722)),
            (Status::from_fault(0x6d9), Some(1753)),
            (Status::from_fault(0x1c01_0002), Some(1745)),
            (Status::from_fault(0x1c01_0003), Some(1717)),
            (Status::from_fault(0x1c01_ffff), None),
            (Status::from_fault(0), Some(1728)),
        ] {
            assert_eq!(status.windows_error(), error, "{status}");
        }
    }

    #[test]
    fn sentences_carry_the_number() {
        let text = |status: Status| status.to_string();
        assert_eq!(text(Status::from_fault(5)), "access denied (fault 0x00000005)");
        let expected = "call failed (fault 0x000006d9, EPT_S_NOT_REGISTERED)";
        assert_eq!(text(Status::from_fault(0x6d9)), expected);
        let expected = "interface not offered on this endpoint (bind result 2, reason 1)";
        assert_eq!(text(Status::BindRejected { result: 2, reason: 1 }), expected);
    }

    #[test]
    fn one_accepted_context_is_enough() {
        let none = ContextResult::rejected(ContextResult::ABSTRACT_SYNTAX);
        assert_eq!(Status::from_results(&[none, ContextResult::accepted()]), Status::Ok);
        assert_eq!(Status::from_results(&[none]), Status::BindRejected { result: 2, reason: 1 });
        assert_eq!(Status::from_results(&[]), Status::ProtocolError);
    }
}
