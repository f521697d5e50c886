//! Remedies for a service that hangs or is paused: look at it, keep a picture of it, and only then end it.

use epmesh_facts::{Platform, ServiceState};

use super::{
    super::super::culprit::{Culprit, ServiceTrouble},
    context::RemedyContext,
};

/// Services without a process of their own that could be ended: they are in lsass, or RPC itself.
const NOT_BY_THEMSELVES: [&str; 9] = [
    "NTDS",
    "SamSs",
    "lsass",
    "Netlogon",
    "Kdc",
    "RpcSs",
    "RpcEptMapper",
    "DcomLaunch",
    "LanmanServer",
];

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let Some(Culprit::Service { service, trouble, .. }) = g.culprit else { return Vec::new() };
    let service = service.as_deref();
    if let ServiceTrouble::Lasts { state: ServiceState::Paused, .. } = trouble {
        return paused(g, service.unwrap_or("SERVICE"));
    }
    let mut steps = vec![state(g, service)];
    if let ServiceTrouble::Lasts { state: ServiceState::Starting, .. } = trouble {
        steps.push(waits_for(g));
    }
    steps.push(picture(g, service));
    steps.push(end(g, service));
    steps
}

/// The steps on a port that takes connections and does not answer a bind, where the process answers elsewhere.
pub(super) fn silent_port(g: &RemedyContext<'_>) -> Vec<String> {
    let service = g.case.service().map(|service| service.name.as_str());
    vec![
        format!(
            "{} takes the connection and does not answer, although its process answers other questions: on \
             {}, see whether its threads for RPC are stuck, or security software on the host holds the \
             calls back: {}",
            service.unwrap_or("the service"),
            g.source,
            look(g, service)
        ),
        picture(g, service),
    ]
}

/// The step that shows what the service does, and whether it goes on.
fn state(g: &RemedyContext<'_>, service: Option<&str>) -> String {
    format!("{}: {}; on {}, see what it does: {}", g.name, g.value, g.source, look(g, service))
}

fn look(g: &RemedyContext<'_>, service: Option<&str>) -> String {
    let named = service.unwrap_or("NTDS");
    g.at_source(
        &format!(
            "sc.exe queryex {named}, twice within a minute (the state, the process and, while it is on its \
             way to another state, a CHECKPOINT that rises as long as it goes on); in PowerShell \
             Get-Process -Id PID, the process that this named, for its processor time and threads"
        ),
        "systemctl status samba-ad-dc, ps -eLo pid,stat,wchan:32,comm (D is a wait for a disk or a file \
         system), the log of samba",
    )
}

/// The step that shows for what a directory waits that does not come up.
fn waits_for(g: &RemedyContext<'_>) -> String {
    let how = g.at_source(
        "the Directory Service log (a database that is being recovered: ESENT events), the DNS Server log \
         (4013: DNS waits for the directory, and the directory for DNS: let it ask another domain \
         controller for names, KB 2001093), %systemroot%\\debug\\netlogon.log",
        "journalctl -u samba-ad-dc",
    );
    format!(
        "on {}, see what it waits for, and leave it to itself while it goes on: {how}",
        g.source
    )
}

/// The step that keeps what will be lost with the process.
fn picture(g: &RemedyContext<'_>, service: Option<&str>) -> String {
    let source = g.source;
    let is_rpc = service.is_some_and(|name| name.to_ascii_lowercase().starts_with("rpc"));
    let process = if is_rpc { "its svchost" } else { "the process" };
    let how = g.at_source(
        &format!(
            "procdump -ma PID (Sysinternals; PID in this command is that of {process}), or Task Manager, Details, Create dump file; \
             where the host refuses that, a memory dump of the whole host; a dump of lsass holds keys and \
             password hashes, so keep it where only administrators read"
        ),
        "gcore PID (gdb; PID in this command is that of the process), or cat /proc/PID/stack",
    );
    format!("before anything is ended, keep what shows why it hangs: on {source}, {how}")
}

/// The step that ends it. What is part of lsass or of RPC ends with its host.
fn end(g: &RemedyContext<'_>, service: Option<&str>) -> String {
    let source = g.source;
    let by_itself = service
        .filter(|name| !NOT_BY_THEMSELVES.iter().any(|other| other.eq_ignore_ascii_case(name)));
    let windows = by_itself.map_or_else(
        || {
            "shutdown /r /t 0, which interrupts its clients; a host that does not go down by itself within \
             some minutes is reset on its console"
                .to_owned()
        },
        |service| {
            format!(
                "taskkill /f /pid PID, the process that sc.exe queryex {service} names, which ends it at \
                 once and interrupts its clients; then net start {service}"
            )
        },
    );
    let how = g.at_source(&windows, "systemctl restart samba-ad-dc (this interrupts its clients)");
    format!("only then end it on {source}: {how}")
}

/// A paused service goes on when it is told to; Netlogon may be paused by the directory itself.
fn paused(g: &RemedyContext<'_>, service: &str) -> Vec<String> {
    let source = g.source;
    let mut steps = Vec::new();
    let is_netlogon = service.eq_ignore_ascii_case("Netlogon");
    if is_netlogon && g.source_platform() == Some(Platform::Windows) {
        steps.push(format!(
            "{}: {}; on {source}, see whether the directory paused it: events 2095, 1113 and 1115 in the \
             Directory Service log, and reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters \
             /v \"Dsa Not Writable\"",
            g.name, g.value
        ));
        steps.push(format!(
            "if either is there, {source} was restored in an unsupported way (a USN rollback, KB 875495), \
             and replication from and to it is refused (8456, 8457): do not resume Netlogon and do not \
             enable replication again, which spreads what is wrong; demote {source} by force and promote it \
             again, or restore its system state; changes that only {source} has are lost"
        ));
        steps.push(format!("if neither is, resume it on {source}: net continue {service}"));
        return steps;
    }
    steps.push(format!("{}: {}; on {source}, find out who paused it and why", g.name, g.value));
    steps.push(format!("then resume it on {source}: net continue {service}"));
    steps
}
