//! What to do about a service that does not run, or does not register.

use super::{
    super::{Cause, Side, State, latent::FLAPPING},
    remedy::Ground,
};
use crate::facts::{Platform, StartType};

pub(super) fn steps(g: &Ground<'_>) -> Vec<String> {
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
            format!(
                "when the repair is done, start {source} in normal mode, which ends the repair \
                 session: bcdedit /deletevalue safeboot (Windows 2003: /safeboot out of boot.ini), then \
                 shutdown /r"
            ),
            format!("on {source}, see that it runs after that: sc query {service}"),
        ],
        Cause::StartingUp => {
            vec![format!("wait until {source} has started: {}, {}", g.name, g.value)]
        }
        Cause::EndpointsUnregistered => vec![
            format!(
                "on {source} the process still runs and its registration is gone{}: see in its log what \
                 took it out of the endpoint map at that time ({})",
                again(g),
                g.value
            ),
            format!("{}, so that it registers again", restart(g)),
            started(g),
        ],
        Cause::RegistrationFailed => {
            vec![format!("on {source}, {}", compare(g)), restart(g), started(g)]
        }
        Cause::ProtocolSequenceMissing => vec![
            format!(
                "on {source}, see why {service} has no endpoint on ncacn_ip_tcp: {}",
                g.at_source(
                    "reg query HKLM\\SOFTWARE\\Microsoft\\Rpc /s, and Bind in \
                     HKLM\\SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage",
                    "testparm -sv, the lines on rpc and interfaces"
                )
            ),
            restart(g),
            started(g),
        ],
        _ => misconfigured(g),
    }
}

/// Of what has come back before, only to go again: starting it is not the end of it.
fn again(g: &Ground<'_>) -> &'static str {
    if g.value.contains(FLAPPING) { " again and again" } else { "" }
}

/// The service that serves the interface.
fn service<'a>(g: &'a Ground<'_>) -> &'a str {
    g.case.service().map_or("the service", |service| service.name.as_str())
}

fn look_up(g: &Ground<'_>) -> String {
    g.at_source(
        "its start type (sc qc), the System log (Service Control Manager 7000 to 7034) and the \
         Directory Service log",
        "systemctl status samba-ad-dc, journalctl -u samba-ad-dc, /var/log/samba",
    )
}

fn compare(g: &Ground<'_>) -> String {
    g.at_source(
        "compare with a healthy domain controller: reg query HKLM\\SOFTWARE\\Microsoft\\Rpc /s; netsh \
         int ipv4 show dynamicport tcp; netsh rpc filter show filter; and look for Netlogon 5809 and \
         5820 in the System log",
        "see the log of samba, and in smb.conf `server services`, `dcerpc endpoint servers` and `rpc \
         server dynamic port range` (testparm -sv)",
    )
}

/// Its own map, asked on the spot: it must list the interface on TCP.
fn started(g: &Ground<'_>) -> String {
    let name = super::interface_name(g.case.interface());
    format!("see that it lists {name} on ncacn_ip_tcp: {}", g.ask_mapper())
}

fn start(g: &Ground<'_>) -> String {
    let service = service(g);
    let disabled = g
        .case
        .service()
        .is_some_and(|service| matches!(service.start.value(), Some(StartType::Disabled)));
    let enable =
        if disabled { format!("sc config {service} start= auto, then ") } else { String::new() };
    let others = if service.eq_ignore_ascii_case("NTDS") {
        "; then those that stopped with it: Kdc, IsmServ, DFSR, DNS"
    } else {
        ""
    };
    g.at_source(
        &format!(
            "{enable}net start {service}{others}; where it is part of lsass, restart the host, which \
             interrupts its clients"
        ),
        "its task in `server services` of smb.conf, then systemctl restart samba-ad-dc, which \
         interrupts its clients",
    )
}

/// Restarting a service cuts off who is connected, and a part of lsass is restarted with its host.
pub(super) fn restart(g: &Ground<'_>) -> String {
    let (source, service) = (g.source, service(g));
    match g.case.source_platform() {
        Some(Platform::Windows) => format!(
            "restart {service} on {source} (net stop {service} also stops what depends on it; net \
             start each of them again), or the whole host where it is part of lsass: this interrupts \
             its clients"
        ),
        Some(Platform::Samba) => {
            format!("on {source}: systemctl restart samba-ad-dc (this interrupts its clients)")
        }
        Some(Platform::Simulated) | None => format!(
            "restart {service} on {source}; on Windows, where it is part of lsass, the whole host \
             (this interrupts its clients)"
        ),
    }
}

/// An RPC service off its default, on either side.
fn misconfigured(g: &Ground<'_>) -> Vec<String> {
    let host = if g.finding.side == Side::Destination { g.dest } else { g.source };
    let service = g.name.split(' ').next().unwrap_or("RpcSs");
    let account = match service.to_ascii_lowercase().as_str() {
        "dcomlaunch" => "LocalSystem",
        _ => "NT AUTHORITY\\NetworkService",
    };
    vec![
        format!("set it back to the default of its release: {}: {}", g.name, g.value),
        format!(
            "on {host}: sc config {service} start= auto obj= \"{account}\"; where that is refused, \
             reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\{service} /v Start /t REG_DWORD /d 2, \
             and ObjectName likewise; find the policy or script that changed it"
        ),
        format!("restart {host}, which starts it and interrupts its clients"),
    ]
}
