//! The look at a domain: its domain controllers as DNS names them, and each of them for all that a join
//! needs.

use std::net::IpAddr;

use epmesh_agent_host::os::clock::{Clock as _, SystemClock};
use epmesh_common::{
    facts::{DnsName, Reading, Resolver},
    rpc::{InterfaceId, names},
};
use tokio::task::JoinSet;

use super::{
    findings::{Controller, Findings},
    log::Log,
    ports,
    srv::{self, SrvLookup},
};
use crate::{
    check::{
        args::{Arguments, Wanted},
        one_host::check,
        own_host::own_name,
    },
    probe,
};

/// The interfaces that a join calls, in its order.
///
/// - `lsarpc`: what the domain is called and its SID (`LsaQueryInformationPolicy`).
/// - `samr`: makes the computer's account and sets its password (`NetUserAdd` in the log).
/// - `netlogon`: finds out about the domain controller, and later makes the secure channel.
/// - `drsuapi`: finds the account in the directory (`DsBind`, `DsCrackNames`), for its DNS name and
///   service principal names: "Unable to bind to DS" in the log, where error 1753 shows.
const INTERFACES: [&str; 4] = ["lsarpc", "samr", "netlogon", "drsuapi"];

/// The most domain controllers that are looked at: a join uses one, and a handful shows what is
/// wrong.
const MAX_CONTROLLERS: usize = 8;
/// How many at a time.
const AT_ONCE: usize = 4;
/// The most DNS servers that are asked.
const MAX_SERVERS: usize = 8;

/// Looks at `domain`. `log` is what the log of a join that failed says.
pub(super) async fn look(
    arguments: &Arguments,
    domain: &DnsName,
    log: Option<Log>,
    settings: probe::Config,
    resolver: Resolver,
) -> Findings {
    let mut notes = Vec::new();
    let servers: Vec<IpAddr> = match &resolver.servers {
        Reading::Value(servers) => {
            if servers.len() > MAX_SERVERS {
                notes.push(format!(
                    "only the first {MAX_SERVERS} of the {} DNS servers of this host were asked",
                    servers.len()
                ));
            }
            servers.iter().copied().take(MAX_SERVERS).collect()
        }
        Reading::Unreadable(why) => {
            notes.push(format!("this host's DNS servers could not be read (--dns): {why}"));
            Vec::new()
        }
        Reading::Absent | Reading::NotApplicable => {
            notes.push("this host has no DNS server (--dns)".to_owned());
            Vec::new()
        }
    };
    let lookups = srv::ask(&servers, domain, &settings).await;
    if let [first, rest @ ..] = lookups.as_slice()
        && rest.iter().any(|other| other.targets() != first.targets())
    {
        notes
            .push("the DNS servers of this host do not agree on the domain controllers".to_owned());
    }
    for lookup in lookups.iter().filter(|lookup| lookup.denies()) {
        notes.push(format!(
            "DNS server {} knows no domain controller of {domain}: a computer that asks it cannot \
             join",
            lookup.server
        ));
    }
    let mut wanted: Vec<DnsName> = Vec::new();
    let of_log = log.as_ref().and_then(Log::controller);
    let named = srv::in_order(&lookups);
    for name in of_log.iter().chain(&named) {
        if !wanted.contains(name) {
            wanted.push(name.clone());
        }
    }
    if wanted.len() > MAX_CONTROLLERS {
        let all = wanted.len();
        notes.push(format!(
            "{all} domain controllers are named; the first {MAX_CONTROLLERS} were looked at"
        ));
        wanted.truncate(MAX_CONTROLLERS);
    }
    let controllers = controllers(arguments, wanted, &lookups, &settings, &resolver).await;
    Findings { domain: domain.clone(), log, lookups, controllers, notes }
}

async fn controllers(
    arguments: &Arguments,
    wanted: Vec<DnsName>,
    lookups: &[SrvLookup],
    settings: &probe::Config,
    resolver: &Resolver,
) -> Vec<Controller> {
    let mut found = Vec::new();
    for some in wanted.chunks(AT_ONCE) {
        let mut looking = JoinSet::new();
        for (place, name) in some.iter().cloned().enumerate() {
            let arguments = Arguments {
                host: Wanted::Name(name.clone()),
                interface: interfaces(arguments),
                ..arguments.clone()
            };
            let (settings, resolver) = (settings.clone(), resolver.clone());
            let named_by = lookups.iter().filter(|one| one.names(&name)).map(|one| one.server);
            let named_by: Vec<IpAddr> = named_by.collect();
            looking.spawn(async move {
                let (here, now) = (own_name(), SystemClock.now());
                let report = check(&arguments, settings, &resolver, &here, now).await;
                let ports = ports::of(&report.observation);
                (place, Controller { name, named_by, report, ports })
            });
        }
        let mut some = looking.join_all().await;
        some.sort_by_key(|(place, _)| *place);
        found.extend(some.into_iter().map(|(_, controller)| controller));
    }
    found
}

/// The interfaces of a join, or those that were asked for.
fn interfaces(arguments: &Arguments) -> Vec<InterfaceId> {
    if arguments.interface.is_empty() {
        return INTERFACES.iter().filter_map(|name| names::find(name)).collect();
    }
    arguments.interface.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interfaces_of_a_join_are_known() {
        assert!(INTERFACES.iter().all(|name| names::find(name).is_some()));
    }
}
