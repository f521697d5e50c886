//! Remedies for a service that does not run, or does not register.

use epmesh_facts::{DnsName, Platform, Service, StartType};
use epmesh_rpc::names;
use epmesh_windows::{Release, defaults_of};

use super::{
    super::super::{
        cause::{Cause, Side, State},
        culprit::{Culprit, Obstacle, ServiceTrouble},
        rules::RPC_SERVICES,
    },
    context::RemedyContext,
};

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let source = g.source;
    let service = service(g);
    match g.finding.cause {
        Cause::ServiceNotStarted => vec![
            format!("on {source}, see why {service} was not started: {}", look_up(g)),
            format!("start it on {source}: {}", start(g)),
            started(g),
        ],
        // It comes and goes: what runs now need not be started.
        Cause::ServiceDied if g.finding.state == State::Latent => vec![
            format!("on {source}, see why {service} ends again and again: {}", look_up(g)),
            started(g),
        ],
        Cause::EndpointsUnregistered if g.finding.state == State::Latent => vec![
            format!(
                "on {source}, see in the log of {service} what takes its registration away again and \
                 again: {}",
                g.value
            ),
            started(g),
        ],
        Cause::ServiceDied => vec![
            format!("on {source}, see why {service} ended{}: {}", again(g), look_up(g)),
            format!("start it again on {source}: {}", start(g)),
            started(g),
        ],
        Cause::DirectoryServicesRestoreMode => vec![
            normal_mode(source),
            started(g),
        ],
        Cause::StartingUp => {
            vec![format!("wait until {source} has started: {}, {}", g.name, g.value)]
        }
        Cause::EndpointsUnregistered => vec![
            format!(
                "on {source} the process still runs, and its registration is gone{}: look in its log for \
                 what removed it from the endpoint map at that time ({})",
                again(g),
                g.value
            ),
            format!("so that it registers again: {}", restart(g)),
            started(g),
        ],
        Cause::RegistrationFailed => {
            vec![format!("on {source}, {}", compare(g)), restart(g), started(g)]
        }
        Cause::ProtocolSequenceMissing => vec![
            format!(
                "on {source}, see why {service} has no endpoint on ncacn_ip_tcp: {}",
                g.at_source(
                    "reg query HKLM\\SOFTWARE\\Microsoft\\Rpc /s (ClientProtocols must have ncacn_ip_tcp \
                     with rpcrt4.dll), reg query \
                     HKLM\\SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage (Bind must not be empty)",
                    "testparm -sv, the lines on rpc and interfaces"
                )
            ),
            restart(g),
            started(g),
        ],
        _ => misconfigured(g),
    }
}

/// Words for a service or registration that came back before, only to go again.
/// The step that ends the restore mode of a host.
pub(super) fn normal_mode(host: &DnsName) -> String {
    format!(
        "when the repair is done, start {host} in normal mode, which ends the repair session: bcdedit \
         /deletevalue safeboot (Windows 2003: remove /safeboot from boot.ini), then shutdown /r /t 0"
    )
}

fn again(g: &RemedyContext<'_>) -> &'static str {
    if g.culprit.is_some_and(Culprit::is_flapping) { " again and again" } else { "" }
}

/// The service that serves the interface: by the source's own word, else the one that does so on every Windows.
fn service<'a>(g: &'a RemedyContext<'_>) -> &'a str {
    let usual = || match names::label(g.case.interface()).as_ref() {
        "netlogon" => "Netlogon",
        "dfsr" => "DFSR",
        "frsrpc" => "NTFRS",
        "dnsserver" => "DNS",
        "samr" | "lsarpc" => "SamSs",
        _ if g.source_is_early() => "SamSs",
        _ => "NTDS",
    };
    g.case.service().map_or_else(usual, |service| service.name.as_str())
}

fn look_up(g: &RemedyContext<'_>) -> String {
    let service = service(g);
    let log = match service.to_ascii_lowercase().as_str() {
        "dfsr" => "the DFS Replication log",
        "ntfrs" => "the File Replication Service log",
        "dns" => "the DNS Server log",
        "netlogon" => "%systemroot%\\debug\\netlogon.log",
        _ => "the Directory Service log",
    };
    // wevtutil came with Windows Server 2008.
    let system = if g.source_is_early() {
        "the System log (Service Control Manager 7000 to 7034)"
    } else {
        "wevtutil qe System /c:20 /rd:true /f:text \"/q:*[System[Provider[@Name='Service Control \
         Manager']]]\""
    };
    g.at_source(
        &format!("its start type (sc.exe qc {service}), {system} and {log}"),
        "systemctl status samba-ad-dc, journalctl -u samba-ad-dc, /var/log/samba",
    )
}

pub(super) fn compare(g: &RemedyContext<'_>) -> String {
    let newer = if g.source_is_early() {
        ""
    } else {
        "; netsh int ipv4 show dynamicport tcp; netsh rpc filter show filter"
    };
    let unread =
        if g.case.source_rpc.is_some() { "" } else { ", as its agent has not told these settings" };
    g.at_source(
        &format!(
            "compare with a healthy domain controller{unread}: reg query HKLM\\SOFTWARE\\Microsoft\\Rpc /s \
             (ClientProtocols has to have ncacn_ip_tcp with rpcrt4.dll; Internet need not be there), reg query \
             HKLM\\SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage (Bind must not be empty){newer}; and \
             look for Netlogon 5809 and 5820 in the System log"
        ),
        "see the log of samba, and in smb.conf `server services`, `dcerpc endpoint servers` and `rpc \
         server dynamic port range` (testparm -sv)",
    )
}

/// The check that the source's endpoint map lists the interface on TCP.
fn started(g: &RemedyContext<'_>) -> String {
    let name = names::label(g.case.interface());
    format!("check that {} lists {name} on ncacn_ip_tcp: {}", g.source, g.ask_mapper())
}

/// Whether it cannot be stopped and started: it is the security subsystem itself, which also is the
/// directory before Windows Server 2008.
fn is_lsass(service: &str) -> bool {
    ["samss", "lsass"].iter().any(|name| service.eq_ignore_ascii_case(name))
}

/// The commands that let a service start again that is disabled; how it was set is kept first.
pub(super) fn enable(service: &str) -> String {
    format!("keep what sc.exe qc {service} shows, then sc.exe config {service} start= auto, then ")
}

fn start(g: &RemedyContext<'_>) -> String {
    let service = service(g);
    let disabled = g
        .case
        .service()
        .is_some_and(|service| matches!(service.start.value(), Some(StartType::Disabled)));
    let enable = if disabled { enable(service) } else { String::new() };
    let others = if service.eq_ignore_ascii_case("NTDS") {
        "; then the services that stopped with it: Kdc, IsmServ, DFSR, DNS"
    } else {
        ""
    };
    let windows = if is_lsass(service) {
        format!(
            "{enable}shutdown /r /t 0, which interrupts its clients: the service starts only with the host"
        )
    } else {
        format!("{enable}net start {service}{others}")
    };
    g.at_source(
        &windows,
        "see that its task is in `server services` of smb.conf, then systemctl restart samba-ad-dc, which \
         interrupts its clients",
    )
}

/// The step that restarts a service. It interrupts the service's clients; a part of lsass restarts only with
/// its host.
pub(super) fn restart(g: &RemedyContext<'_>) -> String {
    let (source, service) = (g.source, service(g));
    match g.source_platform() {
        Some(Platform::Windows) if is_lsass(service) || g.case.service().is_none() => format!(
            "restart {source}, which interrupts its clients: shutdown /r /t 0 ({service} cannot be \
             restarted by itself)"
        ),
        Some(Platform::Windows) => {
            let directory = if service.eq_ignore_ascii_case("NTDS") {
                "; nobody is served by this domain controller meanwhile"
            } else {
                ""
            };
            format!(
                "restart {service} on {source}, which interrupts its clients{directory}: net stop \
                 {service} (which names what depends on it and stops that too), net start {service}, then \
                 start each of those again"
            )
        }
        Some(Platform::Samba) => {
            format!("on {source}: systemctl restart samba-ad-dc (this interrupts its clients)")
        }
        Some(Platform::Simulated) | None => format!(
            "restart {service} on {source}, or on Windows, where it is part of lsass, the whole host \
             (this interrupts its clients)"
        ),
    }
}

/// The account that a service has by default, on the release of its host where that is known.
fn default_account(g: &RemedyContext<'_>, service: &str) -> &'static str {
    let evidence = g.case.evidence;
    let facts =
        if g.finding.side == Side::Destination { &evidence.destination } else { &evidence.source };
    let release = facts.host.as_ref().and_then(|host| Release::of(host.fact.version.value()?));
    let known = release.and_then(|release| {
        defaults_of(release).find(|row| row.service.eq_ignore_ascii_case(service))?.account
    });
    let usual = if service.eq_ignore_ascii_case("DcomLaunch") {
        "LocalSystem"
    } else {
        "NT AUTHORITY\\NetworkService"
    };
    known.unwrap_or(usual)
}

/// An RPC service off its default, on either side; with it those that are disabled beside it, or the host
/// comes back without them.
fn misconfigured(g: &RemedyContext<'_>) -> Vec<String> {
    let at_destination = g.finding.side == Side::Destination;
    let host = if at_destination { g.dest } else { g.source };
    let held = if at_destination { g.case.destination_services } else { g.case.source_services };
    let service = match g.culprit {
        Some(
            Culprit::Service { service: Some(service), .. }
            | Culprit::MapperService { service, .. }
            | Culprit::Obstacle { obstacle: Obstacle::RpcService { service, .. }, .. },
        ) => service.as_str(),
        _ => "RpcSs",
    };
    // Where it is disabled, the account is left as it is.
    let is_only_start = matches!(
        g.culprit,
        Some(
            Culprit::Service { trouble: ServiceTrouble::WillNotStart, .. }
                | Culprit::MapperService { is_disabled: true, .. }
        )
    );
    let list = held.and_then(|services| services.fact.list.value()).into_iter().flatten();
    let is_disabled = |other: &&Service| {
        matches!(other.start.value(), Some(StartType::Disabled))
            && !other.name.eq_ignore_ascii_case(service)
            && RPC_SERVICES.iter().any(|name| other.name.eq_ignore_ascii_case(name))
    };
    let also = list.filter(is_disabled).map(|other| other.name.as_str());
    let mut steps = vec![format!(
        "set the service back to the default of its release: {}: {}",
        g.name, g.value
    )];
    for service in std::iter::once(service).chain(also) {
        let key = format!("HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service}");
        let mut set = format!("sc.exe config {service} start= auto");
        let mut by_hand = format!("reg add {key} /v Start /t REG_DWORD /d 2 /f");
        let mut why = "";
        if !is_only_start {
            let account = default_account(g, service);
            set += &format!(" obj= \"{account}\" password= \"\"");
            by_hand += &format!(", reg add {key} /v ObjectName /t REG_SZ /d \"{account}\" /f");
            why = ", because nothing starts with a wrong account in it";
        }
        steps.push(format!(
            "on {host}, save the key first{why}: reg export {key} {service}.reg; then at a command prompt: {set}; if \
             that is refused: {by_hand}; find the policy or script that changed it"
        ));
    }
    steps.push(if g.finding.state == State::Latent {
        format!("nothing has to be restarted: what is set counts from the next start of {host}")
    } else {
        format!("restart {host}, which starts it and interrupts its clients: shutdown /r /t 0")
    });
    steps
}
