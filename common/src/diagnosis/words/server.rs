//! What to do about the source, the destination's own host, and the path between them.

use super::{
    super::{Cause, Side, case::Case, finding::Finding},
    remedy::command,
};
use crate::facts::Platform;

pub(super) fn steps(case: &Case<'_>, finding: &Finding) -> Vec<String> {
    let (dest, source) = (case.destination(), case.source());
    let culprit = finding.culprit.as_ref();
    let name = culprit.map_or("", |culprit| culprit.name.as_str());
    let value = culprit.map_or("", |culprit| culprit.value.as_str());
    let service = case.service().map_or("the service", |service| service.name.as_str());
    let start = start(case, service);
    match finding.cause {
        Cause::ServiceNotStarted => vec![
            format!(
                "on {source}, see why {name} was not started: start type, boot mode, event log"
            ),
            format!("start it on {source}: {start}"),
        ],
        Cause::DirectoryServicesRestoreMode => vec![
            format!(
                "when the repair is done, start {source} in normal mode: bcdedit /deletevalue \
                 safeboot, then restart the host (this ends the repair session)"
            ),
            format!("on {source}, see that {service} runs after that (services.msc)"),
        ],
        Cause::StartingUp => vec![format!("wait until {source} has started: {name}, {value}")],
        Cause::ServiceDied => vec![
            format!("on {source}, see in the event log or its log file why {name} ended"),
            format!("start it again on {source}: {start}"),
        ],
        Cause::EndpointsUnregistered => vec![
            format!(
                "on {source} the process still runs and its registration is gone: something took it \
                 out of the endpoint map"
            ),
            format!("{}, so that it registers again", restart(case, service)),
        ],
        Cause::RegistrationFailed => vec![
            format!(
                "on {source}, compare the RPC port range (Rpc\\Internet, netsh int ipv4 show \
                 dynamicport tcp), ClientProtocols and the service's own configuration with a \
                 healthy domain controller; look for Netlogon 5809 and 5820 in its System log"
            ),
            restart(case, service),
        ],
        Cause::ProtocolSequenceMissing => vec![
            format!(
                "on {source}, see why {service} has no endpoint on ncacn_ip_tcp: \
                 HKLM\\SOFTWARE\\Microsoft\\Rpc\\ClientProtocols, Rpc\\Internet, Rpc\\Linkage"
            ),
            restart(case, service),
        ],
        Cause::ClientProtocolsMissing => vec![
            format!(
                "on {source}: reg add HKLM\\SOFTWARE\\Microsoft\\Rpc\\ClientProtocols /v \
                 ncacn_ip_tcp /t REG_SZ /d rpcrt4.dll (the defaults are ncacn_http, ncacn_ip_tcp, \
                 ncacn_np, ncacn_ip_udp)"
            ),
            format!("restart {source}; find the script or policy that removed it"),
        ],
        Cause::RpcInternetPortsInvalid => vec![
            format!("on {source}, correct the entry: {name}: {value}"),
            format!("restart {source}: one bad entry makes all of it invalid (KB 154596)"),
        ],
        Cause::RpcBindLinkageInvalid => vec![
            format!(
                "on {source}, delete the empty value, so that RPC binds to all interfaces: reg \
                 delete HKLM\\SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage /v Bind"
            ),
            format!("restart {source}"),
        ],
        Cause::PortRangeExhausted | Cause::PortRangeConstrained => vec![
            format!(
                "on {source}, give RPC servers more ports, at least 100: Ports in \
                 HKLM\\SOFTWARE\\Microsoft\\Rpc\\Internet, or netsh int ipv4 set dynamicport tcp \
                 start=49152 num=16384: {name}: {value}"
            ),
            format!("restart {source}"),
        ],
        Cause::StaticPortConflict => vec![
            format!(
                "on {source}, give {name} a port of its own, or stop what holds it: {value} (netstat \
                 -ano)"
            ),
            restart(case, service),
        ],
        Cause::StaticPortOutsideRange | Cause::StaticPortInsideRange => vec![format!(
            "Microsoft's articles disagree: KB 2089874 has the port inside the dynamic range, KB \
             154596 outside; see that firewalls let it through and nothing else takes it: {name}"
        )],
        Cause::RpcServiceMisconfigured => vec![
            format!("set it back to the default of its release: {name}: {value}"),
            format!(
                "restart {}, which starts it",
                if finding.side == Side::Destination { dest } else { source }
            ),
        ],
        Cause::EpmUnreachable => vec![
            format!("from {dest}, {name} does not answer; this is 1722, not 1753"),
            match finding.side {
                Side::Source => {
                    format!("on {source}, see what listens on port 135, and its firewall")
                }
                _ => format!("see the firewalls and routes between {dest} and {source}: TCP 135"),
            },
        ],
        Cause::HostFirewall => vec![
            format!(
                "on {source}, allow what domain controllers need: netsh advfirewall firewall set \
                 rule group=\"Active Directory Domain Services\" new enable=yes; other security \
                 products have rules of their own"
            ),
            format!("see that {source} is in the domain profile, not in the public one"),
        ],
        Cause::DynamicPortBlocked => vec![format!(
            "open the dynamic RPC range (49152-65535 by default) towards {source}, or pin the \
             interface to one port and open that (KB 224196): {name}"
        )],
        Cause::RpcFiltered => vec![
            format!("on {source}, see its RPC filters: netsh rpc filter show filter: {name}"),
            "take the one out that hides the interface, which removes the protection it was made \
             for: netsh rpc filter delete filter filterkey=..."
                .to_owned(),
        ],
        Cause::EpmAccessDenied => vec![
            format!(
                "take {source} out of the policy \"Restrict Unauthenticated RPC clients\" \
                 (RestrictRemoteClients), or set it to a value other than 2; on the clients, \
                 EnableAuthEpResolution lets them authenticate"
            ),
            format!("restart {source}: the policy counts from a restart on"),
        ],
        Cause::StaleEndpoint => vec![
            format!("on {source}, see which process owns the port: {name} (netstat -ano)"),
            restart(case, service),
        ],
        Cause::PortExhaustion => {
            let host = if finding.side == Side::Destination { dest } else { source };
            vec![
                format!(
                    "on {host}, see which program holds the ports: netstat -anob: {name}: {value}"
                ),
                format!(
                    "end or mend that program; widening the range only buys time: netsh int ipv4 set \
                     dynamicport tcp start=49152 num=16384"
                ),
            ]
        }
        _ => vec![format!("this is error {}, not 1753: {name}: {value}", finding.error)],
    }
}

fn start(case: &Case<'_>, service: &str) -> String {
    let disabled = case.service().is_some_and(|service| {
        matches!(service.start.value(), Some(crate::facts::StartType::Disabled))
    });
    let enable =
        if disabled { format!("sc config {service} start= auto, then ") } else { String::new() };
    command(
        case.source_platform(),
        &format!("{enable}net start {service}; where it is part of lsass, restart the host"),
        "systemctl start samba-ad-dc, with its task in `server services` of smb.conf",
    )
}

/// Restarting a service cuts off who is connected, and a part of lsass is restarted with its host.
fn restart(case: &Case<'_>, service: &str) -> String {
    let source = case.source();
    match case.source_platform() {
        Some(Platform::Windows) => format!(
            "restart {service} on {source}, or the whole host where it is part of lsass (this \
             interrupts its clients)"
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
