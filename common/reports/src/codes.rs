//! Error numbers: what each says about a link, and which host to ask.

/// An error in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// What happened.
    pub meaning: &'static str,
    /// Where to look.
    pub ask: &'static str,
}

/// The meaning of an error; security errors may be negative.
#[must_use]
pub const fn about(code: i64) -> Option<About> {
    let (meaning, ask) = match code {
        1753 => (
            "the endpoint mapper was reached, and either it did not have the interface or every endpoint that it gave was used up",
            "the source: does the service run and is it registered; then the destination: does the source's name lead to the source",
        ),
        1722 => (
            "the RPC server could not be reached on port 135, or on the port behind it: not the fault behind 1753",
            "the destination: port 135 of the source and the port behind it; then the source: does it run",
        ),
        1726 | 1727 => (
            "the RPC call was cut off",
            "the path between both: a firewall or a restart of the source",
        ),
        1818 => (
            "the RPC call was cancelled: it had no answer in time, or the destination was stopped meanwhile",
            "the path between both, and the load of the source: it was reached, and did not finish",
        ),
        8524 => (
            "the source's name could not be resolved",
            "the destination's DNS servers: the GUID._msdcs record of the source",
        ),
        -2_146_893_022 | 1396 => (
            "the ticket could not be read by the machine that answered: another machine than the source answered, or the \
             source's password is not the one that the KDC holds (an old machine password, a KDC that has not replicated it), \
             or its service principal name is on another account",
            "the destination: which address does the source's name have, and whose is it; then both: their KDC, their \
             machine passwords (nltest /sc_verify) and their clocks",
        ),
        1398 | -2_146_893_020 => (
            "the clocks of both differ by more than Kerberos allows (five minutes by default)",
            "both: w32tm /query /status, and where each takes its time from",
        ),
        5 | 8453 => (
            "access was denied",
            "the source: rights, time, and the policy for anonymous RPC clients",
        ),
        8456 => (
            "the source does not replicate out: switched off by an administrator",
            "the source: repadmin /options",
        ),
        8457 => (
            "the destination does not replicate in: switched off by an administrator",
            "the destination: repadmin /options",
        ),
        1256 => (
            "left out, because the source had failed just before: the error of another naming context of the same source is the real one",
            "the other rows of the same source",
        ),
        8452 => (
            "the naming context is being removed from the source, or is not there",
            "the source: which naming contexts it holds",
        ),
        8420 => (
            "the naming context was not found where it was asked for",
            "both: which naming contexts each holds, and whether one is new or being removed",
        ),
        8418 => (
            "the schemas of both differ, so that replication of the other naming contexts waits for the schema",
            "both: repadmin /showrepl of the schema naming context; it mends itself once that replicates",
        ),
        8446 => (
            "the replication ran out of memory: on the destination or on the source, often over one very large object",
            "both: free memory, then the event log of the directory beside the time of the attempt",
        ),
        8451 => (
            "the database of the directory had an error: on the destination mostly, and no fault of the network",
            "the destination: Directory Service events beside the time of the attempt (1084, 2108, 467), its disk; back up first",
        ),
        8589 => (
            "no service principal name could be made for the source: its NTDS Settings object has no server reference or host name",
            "the source's server object in the configuration: serverReference and dNSHostName, on the destination's copy",
        ),
        8606 | 8614 => (
            "too long without replication: lingering objects",
            "both: do not force it before the objects are examined",
        ),
        8341 => (
            "the directory had an error that it does not name further: repadmin writes it where it could not ask the domain controller",
            "the machine that ran repadmin: can it reach that domain controller over LDAP and RPC; then its event log",
        ),
        58 => (
            "the server did not do what was asked: repadmin writes it where LDAP to the domain controller failed",
            "the machine that ran repadmin: can it reach port 389 of that domain controller, and is that its address",
        ),
        8995 => (
            "an error of the directory in a request of LDAP: seen where the password of a group managed service account is not \
             given out; no error of RPC, of the endpoint mapper or of replication",
            "the account: which computers may retrieve its password, and which one asked",
        ),
        2713 => (
            "the join is done, and a restart of the computer finishes it: no failure",
            "nobody: restart the computer",
        ),
        64 | 121 | 1225 | 1231 | 1232 | 1234 | 10060 | 10061 => (
            "the network connection failed (Samba reports it so)",
            "the destination: the source's address and port 135; then the source: does it run",
        ),
        11001 | 11004 => ("a name could not be resolved", "the destination's DNS servers"),
        1908 => (
            "no domain controller was found that could give a ticket: none was located, no KDC answered, or the one that did \
             has an old password of this machine or another time",
            "the client's DNS servers and the KDC that it uses (nltest /dsgetdc /kdc); then its machine password and its clock",
        ),
        1311 => (
            "no domain controller was reached to log on with: none was located, or none answered",
            "the client's DNS servers and its way to the domain controllers (nltest /dsgetdc); then their Netlogon service",
        ),
        1355 => ("no domain controller was found", "the client's DNS servers"),
        _ => return None,
    };
    Some(About { meaning, ask })
}

/// The meaning of an error that Samba reports: it takes some numbers of Windows for its own purposes.
#[must_use]
pub const fn about_samba(code: i64) -> Option<About> {
    let (meaning, ask) = match code {
        2 => (
            "Samba did not find what it needed to call the source: mostly a name that could not be resolved, or an entry of the \
             source that is missing in its directory; no file",
            "the destination: does the source's GUID._msdcs name resolve there, and log.samba beside the time of the attempt",
        ),
        87 => (
            "Samba could not use what it was given or got for the call: mostly a name or a binding of the source that did not \
             work; no parameter of yours",
            "the destination: log.samba beside the time of the attempt, and the source's GUID._msdcs name",
        ),
        31 => (
            "Samba had an error that it does not name further",
            "the destination: log.samba beside the time of the attempt",
        ),
        -1_073_741_811 => (
            "the source refused the bind, or the name in it: often another machine than the source answers there",
            "the destination: which address does the source's name have, and whose is it",
        ),
        -1_073_741_715 => (
            "the logon failed: a password of this machine that the source does not know, or another machine than the source \
             answers",
            "both: their machine accounts and clocks; the destination: which address does the source's name have",
        ),
        -1_073_741_772 => (
            "a name was not found: of the source, or of the interface on it",
            "the destination: does the source's GUID._msdcs name resolve; the source: is the interface registered",
        ),
        -1_073_741_258 => (
            "the connection was refused: nothing listens on the port",
            "the source: does it run; the destination: is that the source's address",
        ),
        -1_073_741_643 | -1_073_741_251 | -1_073_741_252 => (
            "the source was not reached over the network",
            "the path between both: addresses, routes and firewalls",
        ),
        _ => return about(code),
    };
    Some(About { meaning, ask })
}

/// The three questions that decide on which side error 1753 arises, for one who knows nothing but the error.
pub(crate) const SIDES: &str = "three questions decide the side. First, of the client: which address does the server's \
                                name have there (DNS, hosts file), and is that the server? Second, of the server: does its \
                                service run, and does its endpoint mapper list the interface (epmesh-agent check SERVER, \
                                portqry -n SERVER -e 135)? Third, between both: does a firewall or a proxy answer on port \
                                135, or close the port that the list names?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_that_people_ask_about_has_words() {
        for code in [
            5,
            58,
            1256,
            1311,
            1355,
            1396,
            1398,
            1722,
            1726,
            1727,
            1753,
            1818,
            1908,
            2713,
            8341,
            8418,
            8420,
            8446,
            8451,
            8452,
            8453,
            8456,
            8457,
            8524,
            8589,
            8606,
            8614,
            8995,
            -2_146_893_022,
        ] {
            assert!(about(code).is_some(), "{code}");
        }
        assert!(about(2).is_none() && about_samba(2).is_some() && about_samba(87).is_some());
    }
}
