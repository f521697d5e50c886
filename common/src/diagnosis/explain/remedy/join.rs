//! Remedies where a port or a DNS server stops a join; where an interface does, its verdict says it.

use std::net::IpAddr;

use epmesh_facts::Failure;

use super::super::super::{closed_port::ClosedPort, verdict::Verdict};

/// DNS servers of which each is asked by itself.
const ASKED: usize = 3;

/// A port of the domain controller does not answer the joining computer.
pub(in crate::diagnosis) fn port(link: &Verdict, closed: &ClosedPort) -> Vec<String> {
    let Verdict { destination: client, source: dc, .. } = link;
    let port = closed.port;
    let service = match port {
        389 => "NTDS",
        445 => "LanmanServer",
        _ => "Kdc",
    };
    let mut steps = vec![format!(
        "on {client}, try it: in PowerShell, Test-NetConnection {dc} -Port {port} (elsewhere: nc -vz {dc} \
         {port})"
    )];
    if closed.failure == Failure::Refused {
        steps.push(format!(
            "on {dc}, see who listens: netstat -ano -p tcp | findstr :{port}, and sc.exe query {service}, \
             which serves it (Samba: ss -ltnp 'sport = :{port}'); where somebody does, a firewall rejects it"
        ));
    }
    steps.push(format!(
        "let TCP {port} through from {client} to {dc}, in the firewalls on the way and in that of {dc}: \
         netsh advfirewall show currentprofile (Samba: nft list ruleset)"
    ));
    steps.push(check(link));
    steps
}

/// DNS servers that the joining computer asks know no domain controller of the domain.
pub(in crate::diagnosis) fn denied(link: &Verdict, denying: &[IpAddr]) -> Vec<String> {
    let dc = &link.source;
    let domain = domain(link);
    let record = format!("_ldap._tcp.dc._msdcs.{domain}");
    let asked = denying.iter().take(ASKED);
    let asked: Vec<String> =
        asked.map(|server| format!("nslookup -type=SRV {record} {server}")).collect();
    vec![
        format!("on {}, ask again: {}", link.destination, asked.join("; ")),
        format!(
            "where such a server is none of {domain}'s, have the client ask those that are (ipconfig /all shows the \
             list of each adapter, write it down first; in PowerShell, Set-DnsClientServerAddress -InterfaceAlias \
             NAME -ServerAddresses ADDRESSES sets it, NAME and ADDRESSES in this command), or have the server forward \
             {domain} to them"
        ),
        format!(
            "where it is one of the domain's, the records are missing there: on {dc}, register them, \
             nltest /dsregdns (Windows), samba_dnsupdate --use-samba-tool (Samba)"
        ),
        check(link),
    ]
}

fn check(link: &Verdict) -> String {
    let domain = domain(link);
    format!(
        "then check on {}: epmesh-agent check --join {domain}, and join again",
        link.destination
    )
}

/// The domain of the domain controller, as its name has it.
fn domain(link: &Verdict) -> String {
    link.source.parent().map_or_else(|| "DOMAIN".to_owned(), |domain| domain.to_string())
}
