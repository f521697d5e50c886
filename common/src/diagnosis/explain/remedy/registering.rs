//! Steps that bring the source's own records back: the service that registers them, and the
//! commands.

use epmesh_facts::{InterfaceDns, Platform, Reading, ServiceState, StartType};

use super::{context::RemedyContext, service::enable};

pub(super) fn register_host(g: &RemedyContext<'_>) -> String {
    g.at_source("ipconfig /registerdns", "samba_dnsupdate")
}

pub(super) fn register_alias(g: &RemedyContext<'_>) -> String {
    g.at_source("nltest /dsregdns", "samba_dnsupdate --all-names")
}

/// The step for Netlogon of the source where it does not run: it registers the alias and the other records of a domain
/// controller, and refreshes them once a day, or scavenging takes them.
pub(super) fn start_netlogon(g: &RemedyContext<'_>) -> Option<String> {
    let source = g.source;
    let list = g.case.source_services?.fact.list.value()?;
    let netlogon = list.iter().find(|one| one.name.eq_ignore_ascii_case("Netlogon"))?;
    if netlogon.state != ServiceState::Stopped {
        return None;
    }
    let enable = match netlogon.start.value() {
        Some(StartType::Disabled) => enable("Netlogon"),
        _ => String::new(),
    };
    Some(format!(
        "Netlogon on {source} does not run: it registers and refreshes the records of a domain controller, and \
         scavenging takes those that nobody refreshes; start it on {source}: {enable}net start Netlogon"
    ))
}

/// The step for the adapters of the source where none registers its addresses in DNS: nothing then writes its address
/// records, whatever it is told. Netlogon does for the alias alone.
pub(super) fn switch_registration_on(g: &RemedyContext<'_>) -> Option<String> {
    let source = g.source;
    let adapters = g.case.source_adapters()?;
    let is_off = |one: &&InterfaceDns| one.registers == Reading::Value(false);
    if adapters.is_empty() || !adapters.iter().all(is_off) {
        return None;
    }
    let names: Vec<String> = adapters.iter().map(|one| one.interface.clone()).collect();
    let how = names.iter().map(|name| {
        format!("Set-DnsClient -InterfaceAlias \"{name}\" -RegisterThisConnectionsAddress $true")
    });
    Some(format!(
        "no adapter of {source} registers its addresses in DNS ({}), so that nothing writes its address records: on \
         {source}, switch it on for the adapter that the others reach it by, in PowerShell: {}",
        names.join(", "),
        how.collect::<Vec<_>>().join("; ")
    ))
}

/// The steps that bring back all records of the source.
pub(super) fn register_all(g: &RemedyContext<'_>) -> Vec<String> {
    let source = g.source;
    let stopped = start_netlogon(g);
    let mut steps: Vec<String> = stopped.clone().into_iter().collect();
    steps.extend(switch_registration_on(g));
    let how = g.at_source(
        "ipconfig /registerdns for the host's own addresses, then nltest /dsregdns for what Netlogon registers, the \
         alias among it",
        "samba_dnsupdate --all-names",
    );
    steps.push(format!("on {source}, register its records: {how}"));
    if stopped.is_none() && g.source_platform() != Some(Platform::Samba) {
        steps.push(format!(
            "if the records do not come within some minutes, see Netlogon 5774 in the System log of {source}, and \
             restart Netlogon, which interrupts logons there: {}",
            g.at_source(
                "net stop Netlogon, net start Netlogon",
                "samba_dnsupdate --verbose --all-names, which says why they do not come, in place of a restart"
            )
        ));
    }
    steps
}
