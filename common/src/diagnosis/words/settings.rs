//! What to do about settings with which a service cannot register.

use super::{super::Cause, remedy::Ground, service::restart};

const INTERNET: &str = r"HKLM\SOFTWARE\Microsoft\Rpc\Internet";

pub(super) fn steps(g: &Ground<'_>) -> Vec<String> {
    let (source, name, value) = (g.source, g.name, g.value);
    let whole =
        format!("restart {source}, which interrupts its clients: the runtime reads it then");
    match g.finding.cause {
        Cause::ClientProtocolsMissing => vec![
            format!(
                "on {source}: reg add HKLM\\SOFTWARE\\Microsoft\\Rpc\\ClientProtocols /v ncacn_ip_tcp \
                 /t REG_SZ /d rpcrt4.dll, and the same for ncacn_np, ncacn_http and ncacn_ip_udp where \
                 they are missing ({value})"
            ),
            whole,
            "find the script or policy that removed it, or it will be gone again".to_owned(),
        ],
        Cause::RpcInternetPortsInvalid => vec![
            format!(
                "on {source}, see it: reg query {INTERNET}; {value}; one bad entry makes all of it \
                 invalid (KB 154596)"
            ),
            "correct the entry in regedit: each line of Ports is one port or two with a dash and no \
             blanks, as 5000-5200"
                .to_owned(),
            whole,
        ],
        Cause::RpcBindLinkageInvalid => vec![
            format!(
                "on {source}, keep a copy: reg export \
                 HKLM\\SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage linkage.reg"
            ),
            "delete the empty value, so that RPC binds to all interfaces: reg delete \
             HKLM\\SYSTEM\\CurrentControlSet\\Services\\Rpc\\Linkage /v Bind"
                .to_owned(),
            whole,
        ],
        Cause::PortRangeExhausted | Cause::PortRangeConstrained => range(g, whole),
        Cause::StaticPortConflict => vec![
            format!("{name}: {value}; on {source}, see what holds it: netstat -ano"),
            format!(
                "give {name} a port of its own (KB 224196: \"TCP/IP Port\" in ...\\NTDS\\Parameters, \
                 DCTcpipPort in ...\\Netlogon\\Parameters; DFSR: dfsrdiag StaticRPC), and open that \
                 one in the firewalls; or stop what holds it"
            ),
            restart(g),
        ],
        _ => vec![format!(
            "Microsoft's articles disagree: KB 2089874 has the port inside the dynamic range, KB \
             154596 outside; see that firewalls let it through and nothing else takes it: {name}"
        )],
    }
}

fn range(g: &Ground<'_>, whole: String) -> Vec<String> {
    let (source, name, value) = (g.source, g.name, g.value);
    let mut steps = vec![format!("{name}: {value}; on {source}, see it: {}", {
        if g.kind == "registry-value" {
            format!("reg query {INTERNET}")
        } else {
            "netsh int ipv4 show dynamicport tcp; netsh int ipv6 show dynamicport tcp; netstat -anob"
                .to_owned()
        }
    })];
    if g.kind == "registry-value" {
        steps.push(format!(
            "list at least 100 free ports in Ports of {INTERNET} (5000-5200, say), or delete the key \
             for the default range after a copy of it (reg export); open them in the firewalls"
        ));
        steps.push(whole);
        return steps;
    }
    if g.finding.cause == Cause::PortRangeExhausted {
        steps.push(format!("end or mend the program on {source} that holds the ports"));
    }
    steps.push(
        "the default is netsh int ipv4 set dynamicport tcp start=49152 num=16384, and the same with \
         ipv6; it counts at once, firewalls have to let the ports through"
            .to_owned(),
    );
    steps.push(restart(g));
    steps
}
