//! Codes of the log, and their meaning.

use epmesh_rpc::windows_error;

/// The meaning of a code for a join, where that says more than its name.
#[must_use]
pub const fn meaning(code: u32) -> Option<&'static str> {
    Some(match code {
        0x6d9 => {
            "the endpoint mapper answered and did not have the interface, or the list that it gave \
             was used up"
        }
        0x6ba => "the domain controller's RPC server could not be reached",
        0x6bf | 0xc002_001c => "the RPC call was cut off before it was carried out",
        0x40 => "the connection was cut: often a firewall between the two, on SMB",
        0x54b => "no domain controller of that domain was found: DNS, or UDP 389",
        0xa8b => "the DNS name of a domain controller of that domain could not be resolved",
        0x8b0 => "the account was there already: the join goes on with it",
        0x534 => "a name was not known yet: a step that may be tried again",
        0x5 => "the account that joins may not do this",
        0x52e => "the name or the password of the account that joins is wrong",
        0x525 => "there is no account of that name yet: in a first join it is made later",
        0x35 => "the domain controller was not reached over SMB",
        0xa83 => "the computer is a member of a domain already",
        0xa84 => "the computer is a member of no domain",
        0xa99 => "it is done, and a restart of the computer finishes it: no failure",
        0x2 => "something on the computer itself that was to be read or deleted is not there",
        _ => return None,
    })
}

/// A code as tools show it: hexadecimal, decimal, and its symbolic name.
#[must_use]
pub fn code_words(code: u32) -> String {
    let name = match code {
        0xa8b => Some("NERR_JoinDnsResolution"),
        0x525 => Some("ERROR_NO_SUCH_USER"),
        0x52e => Some("ERROR_LOGON_FAILURE"),
        0xa99 => Some("NERR_JoinPerformedMustRestart"),
        other => windows_error::symbol(i64::from(other)),
    };
    match name {
        Some(name) => format!("{code:#x} ({code}, {name})"),
        None => format!("{code:#x} ({code})"),
    }
}

/// Whether a step with this code may fail in a join that succeeds.
pub(super) const fn is_transient(code: u32) -> bool {
    matches!(code, 0x2 | 0xa83 | 0xa84 | 0x8b0 | 0x534 | 0x525 | 0xc000_0034) || is_done(code)
}

/// Whether a function that ends with this code has done what it was for: 0xa99 asks for a restart.
pub(super) const fn is_done(code: u32) -> bool {
    matches!(code, 0 | 0xa99)
}
