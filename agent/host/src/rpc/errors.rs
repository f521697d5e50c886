//! Errors of sockets and statuses of RPC servers, as a [`Failure`].

use std::{error::Error, io};

use epmesh_facts::{Failure, Reason};
use epmesh_rpc::Status;
use thiserror::Error as ThisError;

/// A failure that a stream of ours gives instead of bytes, in an [`io::Error`].
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[error("{0}")]
pub struct StreamFailure(pub Failure);

/// The failure behind an error of a socket: one of the peer, or of the host that tried.
///
/// On a connection that had been made, the peer's hanging up in any form is [`Failure::Reset`].
#[must_use]
pub fn failure_of(error: &io::Error) -> Failure {
    if let Some(StreamFailure(failure)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return failure.clone();
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        io::ErrorKind::TimedOut => Failure::TimedOut,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Failure::Reset,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Failure::Unreachable(error.raw_os_error().unwrap_or_default())
        }
        // Among them: no descriptors, no free port, a filter on this host's own output.
        _ => Failure::Local(Reason::of(error)),
    }
}

/// An error with all its sources, behind the stage at which it came.
#[must_use]
pub fn protocol(stage: &str, error: &dyn Error) -> Failure {
    let mut text = format!("{stage}: {error}");
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    Failure::Protocol(text)
}

/// The failure behind a status other than success.
pub fn failure_of_status(status: Status, stage: &str) -> Failure {
    match status {
        Status::AccessDenied => Failure::AccessDenied(5),
        Status::Fault(code) => Failure::Fault(code),
        Status::CantPerform(code) | Status::Mapper(code) => Failure::Status(code),
        Status::BindRejected { result, reason } => Failure::BindRejected { result, reason },
        Status::BindNak { reason } => Failure::BindNak(reason),
        Status::Ok | Status::NotRegistered | Status::ProtocolError => {
            Failure::Protocol(format!("{stage}: {status} where a failure was announced"))
        }
    }
}

// The numbers are Linux's.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn each_error_number_keeps_its_meaning() {
        for (code, expected) in [
            (111, Failure::Refused),
            (110, Failure::TimedOut),
            (104, Failure::Reset),
            (32, Failure::Reset),
            (101, Failure::Unreachable(101)),
            (113, Failure::Unreachable(113)),
        ] {
            assert_eq!(failure_of(&io::Error::from_raw_os_error(code)), expected, "{code}");
        }
        for code in [1, 13, 24, 99] {
            let failure = failure_of(&io::Error::from_raw_os_error(code));
            assert!(matches!(failure, Failure::Local(_)), "{code}: {failure:?}");
        }
    }
}
