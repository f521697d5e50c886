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
        8524 => (
            "the source's name could not be resolved",
            "the destination's DNS servers: the GUID._msdcs record of the source",
        ),
        -2_146_893_022 | 1396 => (
            "another machine than the source answered, or its password is not what the KDC holds",
            "the destination: which address does the source's name have, and whose is it",
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
        8606 | 8614 => (
            "too long without replication: lingering objects",
            "both: do not force it before the objects are examined",
        ),
        8341 | 58 => (
            "repadmin could not ask the domain controller",
            "the machine that ran repadmin: can it reach that domain controller",
        ),
        64 | 121 | 1225 | 1231 | 1232 | 1234 | 10060 | 10061 => (
            "the network connection failed (Samba reports it so)",
            "the destination: the source's address and port 135; then the source: does it run",
        ),
        11001 | 11004 => ("a name could not be resolved", "the destination's DNS servers"),
        1908 | 1355 => ("no domain controller was found", "the client's DNS servers"),
        _ => return None,
    };
    Some(About { meaning, ask })
}
