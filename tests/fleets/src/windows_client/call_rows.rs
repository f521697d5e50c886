//! Errors of a call, stage by stage, and whether something else is tried first.

use epmesh_common::facts::Failure;

use super::lived::Stage;

/// `ERROR_ACCESS_DENIED`.
const DENIED: i64 = 5;
/// `ERROR_NETNAME_DELETED`: the connection under the call is gone.
const CUT: i64 = 64;
/// `RPC_S_UNKNOWN_IF`.
const UNKNOWN_IF: i64 = 1717;
/// `RPC_S_OUT_OF_RESOURCES`.
const RESOURCES: i64 = 1721;
/// `RPC_S_SERVER_UNAVAILABLE`.
const UNAVAILABLE: i64 = 1722;
/// `RPC_S_SERVER_TOO_BUSY`.
const BUSY: i64 = 1723;
/// `RPC_S_CALL_FAILED`.
const FAILED: i64 = 1726;
/// `RPC_S_CALL_FAILED_DNE`.
const FAILED_DNE: i64 = 1727;
/// `RPC_S_PROTOCOL_ERROR`.
const PROTOCOL: i64 = 1728;
/// `EPT_S_CANT_PERFORM_OP`.
const CANT_PERFORM: i64 = 1752;
/// `EPT_S_NOT_REGISTERED`.
const NOT_REGISTERED: i64 = 1753;
/// `RPC_S_CALL_CANCELLED`.
const CANCELLED: i64 = 1818;

/// No name leads to an address. KB 2021446: 8524 is "a catch-all error for all possible DNS failures … on post
/// Windows Server 2003 SP1 domain controllers".
pub(super) const NO_ADDRESS: &[i64] = &[8524];

/// The destination's RPC runtime has no `ncacn_ip_tcp` (`ClientProtocols`): `RpcBindingFromStringBinding` gives
/// `RPC_S_PROTSEQ_NOT_SUPPORTED`, "the protocol sequence is not supported on this host".
pub(super) const NO_TCP: &[i64] = &[1703];

/// No port to connect from. KB 2102154 has "resource limitations" among the causes of 1722; 1721 is "not
/// enough resources are available to complete this operation"; B has 0x6D9 of "port exhaustion".
pub(super) const NO_PORT: &[i64] = &[UNAVAILABLE, RESOURCES, NOT_REGISTERED];

/// Not registered. A: the endpoint mapper "responds with symbolic error EP_S_NOT_REGISTERED which maps to
/// decimal error 1753".
pub(super) const IS_NOT_REGISTERED: &[i64] = &[NOT_REGISTERED];

/// Another domain controller answers: A, "more information"; KB 2090913.
pub(super) const WRONG_PRINCIPAL: &[i64] = &[-2_146_893_022];

/// Whatever else is wrong, an old objectGUID may end in the search for names: KB 4469661 has "knowledge of the new
/// NTDS Settings GUID has not reached the destination domain controller" among the causes of event 2087.
pub(super) const OLD_ALIAS: &[i64] = &[8524];

/// The source's objectGUID is another one than the destination's directory has. Its old alias may still
/// lead somewhere or not (8524, KB 2021446); the service principal name made of it is nobody's (1396, KB
/// 2183411), or cannot be made (8589, KB 2703028), or is decrypted by nobody (KB 2090913).
pub(super) const OLD_GUID: &[i64] = &[8524, 1396, 8589, -2_146_893_022];

/// The way is open and large answers are lost. KB 2694215 (1818): "network packets drops between source and
/// destination"; KB 4019721 (1727): the response "doesn't actually arrive"; a call that has begun is 1726; a
/// connection given up by TCP is 64 or 1722.
pub(super) const LARGE_LOST: &[i64] = &[CANCELLED, FAILED_DNE, FAILED, UNAVAILABLE, CUT];

/// What is tried after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The next address of the name, at the first connection; the next endpoint of the answer, later.
    Other,
    /// Nothing: the attempt ends.
    Nothing,
}

/// A failure, as far as the rows tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Refused by a reset to the first packet.
    Refused,
    /// Silence.
    Silence,
    /// No way there.
    NoWay,
    /// Cut after it was made.
    Reset,
    /// An answer that began and did not end.
    Unfinished,
    /// Something that is no RPC.
    NotRpc,
    /// Access denied.
    Denied,
}

struct Row {
    at: &'static [Stage],
    of: &'static [Of],
    next: Next,
    codes: &'static [i64],
}

/// One row for each failure at a stage.
const ROWS: &[Row] = &[
    // KB 2102154: 1722 "is logged when a lower layer protocol reports a connectivity failure. The common case
    // is that the abstract TCP CONNECT operation failed". A: 1753 is not caused by "a lack of network
    // connectivity … over port 135". Detection locations 311, 317, 318 (a connection failed) and 323, "RPC has
    // reached the end of the list of IP addresses resolved for a given DNS name": each address has its turn.
    Row {
        at: &[Stage::Connect],
        of: &[Of::Refused, Of::Silence, Of::NoWay, Of::Reset],
        next: Next::Other,
        codes: &[UNAVAILABLE],
    },
    // A connection that is made and then says nothing, or is cut before the call is sent: KB 4019721, 1727
    // ("failed and did not execute"): no response to the request, or a modified one. KB 2102154 names a
    // "higher layer protocol not running" under 1722; a time-out of the binding (detection location 351) is
    // a call given up, 1818.
    Row {
        at: &[Stage::Bind, Stage::PortBind],
        of: &[Of::Silence, Of::Unfinished],
        next: Next::Nothing,
        codes: &[FAILED_DNE, UNAVAILABLE, CANCELLED],
    },
    Row {
        at: &[Stage::Bind, Stage::PortBind],
        of: &[Of::Reset, Of::Refused, Of::NoWay],
        next: Next::Nothing,
        codes: &[FAILED_DNE, UNAVAILABLE, CUT],
    },
    // `ept_map` was sent: the call may have been executed. Detection locations 370, 371, 382.
    Row {
        at: &[Stage::Map],
        of: &[Of::Silence, Of::Unfinished],
        next: Next::Nothing,
        codes: &[FAILED, FAILED_DNE, CANCELLED, UNAVAILABLE],
    },
    Row {
        at: &[Stage::Map],
        of: &[Of::Reset, Of::Refused, Of::NoWay],
        next: Next::Nothing,
        codes: &[FAILED, FAILED_DNE, UNAVAILABLE, CUT],
    },
    // [MS-RPCE] 3.3.2.5.1 and 3.3.1.5.2: what cannot be understood is a protocol error. A listener of
    // another kind that closes the connection is seen as a failed call as well.
    Row {
        at: &[Stage::Bind, Stage::Map, Stage::PortBind],
        of: &[Of::NotRpc],
        next: Next::Nothing,
        codes: &[PROTOCOL, FAILED_DNE],
    },
    // KB 2002013, cause 1: `RestrictRemoteClients` of 2; [MS-RPCE] 3.1.1.1.3, 3.2.3.5.1: fault 5. Not at the
    // interface itself: a look is anonymous there, and a destination binds as itself.
    Row {
        at: &[Stage::Bind, Stage::Map],
        of: &[Of::Denied],
        next: Next::Nothing,
        codes: &[DENIED],
    },
    // The port that was told. As any connection, 1722 (KB 2102154, "including blocked ports on firewalls"); KB
    // 4019721 has 1727 where the upper-range port is filtered; where the list of endpoints is used up, 1753
    // (detection locations 500 and 761; A's own sample has one endpoint, tried and failed; B).
    Row {
        at: &[Stage::PortConnect],
        of: &[Of::Silence, Of::NoWay],
        next: Next::Other,
        codes: &[UNAVAILABLE, FAILED_DNE, NOT_REGISTERED],
    },
    Row {
        at: &[Stage::PortConnect],
        of: &[Of::Refused, Of::Reset],
        next: Next::Other,
        codes: &[UNAVAILABLE, NOT_REGISTERED],
    },
];

/// What a failure at a stage comes to; `None` where the documents have nothing of it.
pub(super) fn after(stage: Stage, failure: &Failure) -> Option<(Next, Vec<i64>)> {
    let of = match failure {
        Failure::Refused => Of::Refused,
        Failure::TimedOut => Of::Silence,
        Failure::Unfinished => Of::Unfinished,
        Failure::Reset => Of::Reset,
        Failure::Unreachable(_) => Of::NoWay,
        Failure::Protocol(_) => Of::NotRpc,
        Failure::AccessDenied(_) | Failure::Fault(5) => Of::Denied,
        Failure::Fault(code) => return Some((Next::Nothing, fault(*code))),
        Failure::BindRejected { reason, .. } => {
            let next = if stage == Stage::PortBind { Next::Other } else { Next::Nothing };
            return Some((next, rejected(stage, *reason)));
        }
        Failure::BindNak(reason) => return Some((Next::Nothing, nak(*reason))),
        Failure::Status(code) => return Some((Next::Nothing, status(*code))),
        // The observer could not try: nothing is known of what a client meets.
        Failure::Local(_) => return None,
    };
    let row = ROWS.iter().find(|row| row.at.contains(&stage) && row.of.contains(&of))?;
    Some((row.next, row.codes.to_vec()))
}

/// C706 12.6.3.1: the results of a bind. 1 is "abstract syntax not supported", `RPC_S_UNKNOWN_IF`; 2 "transfer
/// syntaxes not supported", 1730; 3 "local limit exceeded". On the port of an endpoint the next endpoint is
/// tried, and where the list is used up it is 1753 (detection location 500).
fn rejected(stage: Stage, reason: u16) -> Vec<i64> {
    let own = match reason {
        1 => vec![UNKNOWN_IF],
        2 => vec![1730],
        3 => vec![RESOURCES, BUSY],
        _ => vec![FAILED_DNE, DENIED],
    };
    let last = (stage == Stage::PortBind).then_some(NOT_REGISTERED);
    own.into_iter().chain(last).collect()
}

/// [MS-RPCE] 2.2.2.5: 1 is to be treated as 2, a lack of resources; 4 is a protocol error; 8 an unknown
/// authentication type; 9 an error of the security package.
fn nak(reason: u16) -> Vec<i64> {
    match reason {
        1 | 2 => vec![BUSY, RESOURCES],
        4 => vec![PROTOCOL],
        8 => vec![1741, 1747],
        9 => vec![DENIED, 1825],
        _ => vec![FAILED_DNE, UNAVAILABLE],
    }
}

/// [MS-RPCE] 2.2.1.2.5: the status is one of the mapper's two or a Windows error; 2.2.1.2.1: 0x6D8.
fn status(code: u32) -> Vec<i64> {
    match code {
        0x16C9_A0D6 => vec![NOT_REGISTERED],
        0x16C9_A0CD => vec![CANT_PERFORM],
        0x16C9_A012 => vec![14, RESOURCES],
        _ => vec![i64::from(code)],
    }
}

/// C706 appendix E, by [MS-RPCE] 3.1.1.5.5: the fault codes of DCE as Windows reports them; others are Windows
/// errors already.
fn fault(code: u32) -> Vec<i64> {
    match code {
        0x1C01_0002 => vec![1745],
        0x1C01_0003 => vec![UNKNOWN_IF],
        0x1C01_000B => vec![PROTOCOL],
        0x1C01_0014 => vec![BUSY],
        0x1C01_0001 => vec![1820, FAILED],
        0x1C00_0000..0x1D00_0000 => vec![FAILED, FAILED_DNE, UNAVAILABLE],
        _ => vec![i64::from(code), i64::from(code.cast_signed())],
    }
}
