//! `check --join DOMAIN`: whether a computer could join the domain from here, as far as the network
//! tells. It looks for the domain controllers as a joining computer does, and at each of them for
//! everything that a join needs. Nobody is logged on, and nothing is changed.

use std::{net::IpAddr, path::PathBuf};

use clap::Args;
use epmesh_common::{
    facts::{DnsName, Reading, Resolver},
    rpc::{InterfaceId, names},
};
use serde::Serialize;
use tokio::task::JoinSet;

use self::{log::Log, ports::Port, srv::SrvLookup};
use super::{Arguments, Exit, Output, Report, Wanted, check, own_name, own_resolver};
use crate::{
    clock::{Clock as _, SystemClock},
    config::Config,
    probe,
};

mod log;
mod ports;
mod render;
mod srv;

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

/// Look at one host from here, or at a domain as a computer that joins it does.
#[derive(Clone, Debug, Args)]
pub struct Command {
    /// What is looked at, and how.
    #[command(flatten)]
    pub one: Arguments,
    /// Instead of one host: look at the domain controllers of this domain, and at each for all that
    /// joining the domain needs.
    #[arg(long, value_name = "DOMAIN", conflicts_with_all = ["host", "guid", "forest"])]
    pub join: Option<DnsName>,
    /// The NETSETUP.LOG of a join that failed: say what it says, and look at the domain controller
    /// that it names too.
    #[arg(long, value_name = "FILE", requires = "join", conflicts_with = "host")]
    pub netsetup_log: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Findings {
    domain: DnsName,
    /// What the log says, where one was given.
    log: Option<Log>,
    /// Each DNS server's answer.
    lookups: Vec<SrvLookup>,
    controllers: Vec<Controller>,
    notes: Vec<String>,
}

/// One domain controller.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Controller {
    name: DnsName,
    /// The DNS servers that name it; none where only the log does.
    named_by: Vec<IpAddr>,
    /// What was seen of it, and the verdict on each interface.
    report: Report,
    /// Its well-known ports.
    ports: Vec<Port>,
}

impl Controller {
    fn exit(&self) -> Exit {
        if self.ports.iter().any(Port::is_missed) {
            return Exit::Failing;
        }
        self.report.exit()
    }
}

impl Findings {
    fn exit(&self) -> Exit {
        let exits: Vec<Exit> = self.controllers.iter().map(Controller::exit).collect();
        let named = self.lookups.iter().any(SrvLookup::is_naming);
        // A computer that asks the server that knows of none cannot join, whatever others say.
        if exits.contains(&Exit::Failing) || self.lookups.iter().any(SrvLookup::denies) {
            Exit::Failing
        } else if !named || exits.contains(&Exit::Unknown) {
            // Where no server answered, whether there are domain controllers is not known.
            Exit::Unknown
        } else {
            Exit::Healthy
        }
    }
}

/// Does what `command` says and prints it. `platform` is the platform chosen on the command line.
///
/// # Errors
/// When the log cannot be read, or is none of a join.
pub async fn run(
    command: &Command,
    config: &Config,
    platform: Option<&str>,
) -> anyhow::Result<Exit> {
    let Some(domain) = &command.join else {
        return super::run(&command.one, config, platform).await;
    };
    let log = command.netsetup_log.as_deref().map(log::read).transpose()?;
    let mut resolver = own_resolver(config, platform).await;
    if !command.one.dns.is_empty() {
        resolver.servers = Reading::Value(command.one.dns.clone());
    }
    let settings = probe::Config { look: command.one.timeout, ..probe::Config::from(config) };
    let found = look(&command.one, domain, log, settings, resolver).await;
    match command.one.output {
        Output::Table => print!("{}", render::table(&found, &command.one)),
        Output::Json => println!("{}", serde_json::to_string_pretty(&found)?),
    }
    Ok(found.exit())
}

async fn look(
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

/// Those of a join, or those that were asked for.
fn interfaces(arguments: &Arguments) -> Vec<InterfaceId> {
    if arguments.interface.is_empty() {
        return INTERFACES.iter().filter_map(|name| names::find(name)).collect();
    }
    arguments.interface.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(answers: Vec<srv::SrvAnswer>) -> Findings {
        let lookup = |answer| SrvLookup {
            server: [10, 0, 0, 1].into(),
            name: "_ldap._tcp.dc._msdcs.lab.test".to_owned(),
            answer,
        };
        Findings {
            domain: "lab.test".parse().expect("a name"),
            log: None,
            lookups: answers.into_iter().map(lookup).collect(),
            controllers: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn no_answer_is_not_no_domain_controller() {
        use srv::SrvAnswer::{Failed, NoData, NoSuchName};
        let silent = || Failed("no answer in time".to_owned());
        assert_eq!(found(vec![silent(), silent()]).exit(), Exit::Unknown);
        assert_eq!(found(vec![]).exit(), Exit::Unknown);
        assert_eq!(found(vec![silent(), NoSuchName]).exit(), Exit::Failing);
        assert_eq!(found(vec![NoData]).exit(), Exit::Failing);
    }

    #[test]
    fn the_interfaces_of_a_join_are_known() {
        assert!(INTERFACES.iter().all(|name| names::find(name).is_some()));
    }
}
