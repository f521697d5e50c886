//! DNS servers that are not known to be the forest's: nothing is changed there.

use epmesh_facts::DnsName;

use super::{
    super::super::{
        case::Case,
        culprit::{DnsRecord, NameServer},
    },
    commands::command,
};

/// Whether a server is the forest's: a domain controller says that the address is its own, or it is the destination.
pub(super) const fn is_ours(server: &NameServer) -> bool {
    server.host.is_some()
}

/// The servers of a record that are not known to be the forest's, in a row; `None` where there are none.
fn foreign(record: &DnsRecord) -> Option<String> {
    let all = record.servers.iter().filter(|server| !is_ours(server));
    let all: Vec<String> = all.map(|server| server.address.to_string()).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Whether any of a record's servers is the forest's.
pub(super) fn any_ours(record: &DnsRecord) -> bool {
    record.servers.iter().any(is_ours)
}

/// The steps for a record on servers that are not known to be the forest's: an Internet provider's zone is right for
/// the Internet, and the destination should not ask it.
pub(super) fn leave(case: &Case<'_>, record: &DnsRecord) -> Vec<String> {
    let Some(servers) = foreign(record) else { return Vec::new() };
    let DnsRecord { name, record: kind, .. } = record;
    let what = match record.data() {
        Some(data) => format!("correct {kind} {name} {data} there"),
        None => format!("see why {kind} {name} is not there"),
    };
    let mut steps = take_out(case, &servers);
    steps.push(format!(
        "only where {servers} serves the zones of this forest after all, as a secondary server say, have those who \
         keep it {what}"
    ));
    steps
}

/// The steps that take servers off the destination's list.
pub(super) fn take_out(case: &Case<'_>, servers: &str) -> Vec<String> {
    let dest: &DnsName = case.destination();
    let how = command(
        case.destination_platform(),
        "in PowerShell, Get-DnsClientServerAddress shows the list of each adapter (write it down first), and \
         Set-DnsClientServerAddress -InterfaceAlias NAME -ServerAddresses ADDRESSES sets it, NAME and ADDRESSES in \
         this command",
        "the nameserver lines in /etc/resolv.conf, or what writes them (copy the file first)",
    );
    vec![
        format!(
            "no domain controller known here has {servers}: change nothing there, an Internet provider's or a DMZ's \
             records are right for others"
        ),
        format!(
            "on {dest}, take {servers} out of the list of DNS servers and leave only the forest's own in it: {how}"
        ),
    ]
}
