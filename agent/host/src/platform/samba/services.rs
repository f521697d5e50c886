//! The services of a Samba domain controller: its tasks are processes, known by their titles.

use std::collections::BTreeMap;

use epmesh_facts::{
    Blank, MissingRight, Reading, Reason, ReasonKind, Service, ServiceRole, ServiceState,
    StartType, Timestamp,
};

use super::{
    proc::{Running, user_name},
    smb_conf::SmbConf,
};

/// The tasks that matter to a domain controller's RPC, each with the name that smb.conf gives it,
/// the other names under which versions of Samba title it, and its roles.
const TASKS: [(&str, &[&str], &[ServiceRole]); 5] = [
    (
        "rpc",
        &["rpc_server", "dcesrv"],
        &[ServiceRole::EndpointMapper, ServiceRole::DirectoryRpc, ServiceRole::Netlogon],
    ),
    ("ldap", &["ldap_server", "ldapsrv"], &[ServiceRole::Ldap]),
    ("kdc", &["kdc_server"], &[ServiceRole::Kdc]),
    ("dns", &["dns_server", "dnssrv"], &[ServiceRole::Dns]),
    ("drepl", &["dreplsrv"], &[ServiceRole::Replication]),
];

/// The readings from which the list of services is made.
#[derive(Debug)]
pub struct ServiceSources<'a> {
    /// The processes of root, those of Samba at least.
    pub processes: &'a [Running],
    /// Whether all of them could be seen, so that one that is not there does not run.
    pub all: bool,
    /// The configuration; `None` when it could not be read.
    pub conf: Option<&'a SmbConf>,
    /// How the service manager starts Samba.
    pub start: Reading<StartType>,
    /// When the kernel started; `None` when it could not be read.
    pub boot: Option<Timestamp>,
    /// The text of passwd(5), or why there is none.
    pub passwd: Result<&'a str, &'a str>,
}

/// The services, by name.
///
/// A service that does not run is listed only where it is meant to, or is told not to: `Stopped`
/// is never said of something that could not have been seen.
#[must_use]
pub fn list(sources: &ServiceSources<'_>) -> Reading<Vec<Service>> {
    let root = root_process(sources.processes);
    let helper = sources.processes.iter().find(|running| is_dcerpcd(running));
    if root.is_none() && helper.is_none() && !sources.all {
        return Reading::unseen(Reason::of_kind(
            ReasonKind::MissingRight(MissingRight::Root),
            "no samba process to be seen, and without root not all processes can be",
        ));
    }
    let mut services = Vec::new();
    let is_dc = sources.conf.and_then(SmbConf::is_domain_controller);
    if root.is_some() || is_dc == Some(true) {
        services.push(service("samba", &[ServiceRole::Directory], root, sources, &sources.start));
        tasks(sources, root, &mut services);
    }
    if helper.is_some() || (root.is_none() && is_dc == Some(false)) {
        // On a file server this process alone serves the endpoint mapper.
        let roles: &[ServiceRole] =
            if root.is_none() { &[ServiceRole::EndpointMapper] } else { &[] };
        services.push(service("samba-dcerpcd", roles, helper, sources, &Reading::NotApplicable));
    }
    services.sort_by(|a, b| a.name.cmp(&b.name));
    Reading::Value(services)
}

fn tasks(sources: &ServiceSources<'_>, root: Option<&Running>, services: &mut Vec<Service>) {
    let titled: BTreeMap<&str, &Running> = sources
        .processes
        .iter()
        .filter(|running| !running.title.contains("worker"))
        .filter_map(|running| Some((task(&running.title)?, running)))
        .rev()
        .collect();
    // A Samba that cannot title its processes shows no task at all: then none can be told.
    if root.is_some() && titled.is_empty() && !root.is_some_and(|root| is_titled(&root.title)) {
        return;
    }
    for (name, aliases, roles) in TASKS {
        let running = std::iter::once(name)
            .chain(aliases.iter().copied())
            .find_map(|alias| titled.get(alias).copied());
        let start = match sources.conf.and_then(|conf| conf.starts(name)) {
            Some(true) => sources.start.clone(),
            Some(false) => Reading::Value(StartType::Disabled),
            None => Reading::Unreadable("`server services` of smb.conf could not be read".into()),
        };
        if running.is_some() || sources.all {
            services.push(service(&format!("samba task[{name}]"), roles, running, sources, &start));
        }
    }
}

fn service(
    name: &str,
    roles: &[ServiceRole],
    running: Option<&Running>,
    sources: &ServiceSources<'_>,
    start: &Reading<StartType>,
) -> Service {
    let process = match (running, sources.boot) {
        (Some(running), Some(boot)) => Reading::Value(running.process(boot)),
        (Some(_), None) => Reading::Unreadable("the kernel's start time could not be read".into()),
        (None, _) => Reading::Absent,
    };
    Service {
        roles: roles.to_vec(),
        state: if running.is_some() { ServiceState::Running } else { ServiceState::Stopped },
        start: start.clone(),
        process,
        account: account(running, sources.passwd),
        // The exit code of a task is told to its parent alone, and that of the unit to systemd;
        // tasks need no services, they are parts of one.
        ..Service::blank(name, ServiceState::Stopped, &Blank::NotApplicable)
    }
}

/// The account of a process, by name where it has one; nothing runs under an account that does not
/// run.
fn account(running: Option<&Running>, passwd: Result<&str, &str>) -> Reading<String> {
    let Some(running) = running else { return Reading::Absent };
    match (running.uid, passwd) {
        (None, _) => Reading::unseen(format!("/proc/{}/status has no Uid", running.pid)),
        (Some(_), Err(why)) => Reading::unseen(why),
        (Some(uid), Ok(passwd)) => {
            let name = user_name(passwd, uid).map(str::to_owned);
            Reading::Value(name.unwrap_or_else(|| uid.to_string()))
        }
    }
}

/// The first `samba` process: by its title, or where it has none by having no samba above it.
fn root_process(processes: &[Running]) -> Option<&Running> {
    processes.iter().find(|running| is_titled(&running.title)).or_else(|| {
        let is_samba = |running: &&Running| {
            running
                .title
                .split(' ')
                .next()
                .is_some_and(|program| program == "samba" || program.ends_with("/samba"))
        };
        let all: Vec<&Running> = processes.iter().filter(is_samba).collect();
        all.iter().find(|one| !all.iter().any(|other| other.pid == one.parent)).copied()
    })
}

fn is_titled(title: &str) -> bool {
    title.starts_with("samba: root process")
}

fn is_dcerpcd(running: &Running) -> bool {
    running
        .title
        .split(' ')
        .next()
        .is_some_and(|program| program == "samba-dcerpcd" || program.ends_with("/samba-dcerpcd"))
}

/// The name out of `samba: task[name] …`.
fn task(title: &str) -> Option<&str> {
    title.strip_prefix("samba: task[")?.split_once(']').map(|(name, _)| name)
}

/// Whether a process with this title is one of Samba's: all that the services and the owners of sockets
/// are told from.
#[must_use]
pub fn is_sambas(title: &str) -> bool {
    let program = title.split([' ', ':']).next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or(program);
    ["samba", "smbd", "nmbd", "winbindd", "rpcd_"].iter().any(|known| name.starts_with(known))
        || name == "named"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(pid: u32, parent: u32, title: &str) -> Running {
        Running {
            pid,
            parent,
            comm: String::new(),
            title: title.to_owned(),
            start_ticks: u64::from(pid) * 100,
            uid: Some(0),
        }
    }

    /// Titles as Samba 4.17 of Debian 12 shows them.
    fn dc() -> Vec<Running> {
        vec![
            running(1, 0, "bash"),
            running(24, 1, "samba: root process"),
            running(30, 24, "samba: tfork waiter process(32)"),
            running(32, 30, "samba: task[rpc] pre-fork master"),
            running(33, 31, "/usr/sbin/smbd -D --option=server role check:inhibit=yes"),
            running(37, 35, "samba: task[rpc] pre-forked worker(0)"),
            running(41, 40, "samba: task[ldap] pre-fork master"),
            running(48, 45, "samba: task[ldap] pre-forked worker(0)"),
            running(49, 46, "samba: task[kdc] pre-fork master"),
            running(53, 51, "samba: task[drepl] pre-fork master"),
            running(66, 65, "samba: task[dns] pre-fork master"),
        ]
    }

    fn sources<'a>(processes: &'a [Running], conf: &'a SmbConf, all: bool) -> ServiceSources<'a> {
        ServiceSources {
            processes,
            all,
            conf: Some(conf),
            start: Reading::NotApplicable,
            boot: Some(Timestamp::from_millis(0)),
            passwd: Ok("root:x:0:0::/root:/bin/sh\n"),
        }
    }

    fn conf(more: &str) -> SmbConf {
        SmbConf::parse(&format!(
            "[global]\nserver role = active directory domain controller\n{more}"
        ))
    }

    fn states(reading: Reading<Vec<Service>>) -> Vec<(String, ServiceState, Option<u32>)> {
        let Reading::Value(list) = reading else { panic!("no list: {reading:?}") };
        list.into_iter()
            .map(|s| (s.name, s.state, s.process.value().map(|process| process.pid)))
            .collect()
    }

    #[test]
    fn a_domain_controller() {
        let (processes, conf) = (dc(), conf(""));
        let found = list(&sources(&processes, &conf, true));
        let rpc = found.value().and_then(|all| all.iter().find(|s| s.name == "samba task[rpc]"));
        assert_eq!(rpc.map(|s| s.roles.len()), Some(3));
        let running = ServiceState::Running;
        assert_eq!(
            states(found),
            [
                ("samba".into(), running, Some(24)),
                ("samba task[dns]".into(), running, Some(66)),
                ("samba task[drepl]".into(), running, Some(53)),
                ("samba task[kdc]".into(), running, Some(49)),
                ("samba task[ldap]".into(), running, Some(41)),
                ("samba task[rpc]".into(), running, Some(32)),
            ]
        );
    }

    #[test]
    fn a_task_that_is_switched_off_is_stopped_and_disabled() {
        let mut processes = dc();
        processes.retain(|running| !running.title.contains("[rpc]"));
        let conf = conf("server services = -rpc");
        let found = list(&sources(&processes, &conf, true));
        let list = found.value().expect("a list");
        let rpc = list.iter().find(|s| s.name == "samba task[rpc]").expect("it is listed");
        assert_eq!(rpc.state, ServiceState::Stopped);
        assert_eq!(rpc.account, Reading::Absent);
        assert!(list.iter().any(|s| s.account == Reading::Value("root".to_owned())));
        assert_eq!(rpc.start, Reading::Value(StartType::Disabled));
    }

    #[test]
    fn stopped_is_only_said_of_what_would_have_been_seen() {
        let conf = conf("");
        let nothing = [running(1, 0, "bash")];
        assert!(matches!(list(&sources(&nothing, &conf, false)), Reading::Unreadable(_)));
        let found = states(list(&sources(&nothing, &conf, true)));
        assert_eq!(found.len(), 6);
        assert!(
            found.iter().all(|(_, state, pid)| *state == ServiceState::Stopped && pid.is_none())
        );
    }

    #[test]
    fn processes_without_titles_tell_no_tasks() {
        let conf = conf("");
        let processes = [
            running(5, 1, "/usr/sbin/samba --foreground"),
            running(6, 5, "/usr/sbin/samba --foreground"),
        ];
        let found = states(list(&sources(&processes, &conf, true)));
        assert_eq!(found, [("samba".into(), ServiceState::Running, Some(5))]);
    }

    #[test]
    fn a_file_server_serves_the_endpoint_mapper_alone() {
        let conf = SmbConf::parse("[global]\nserver role = standalone server\n");
        let processes = [running(9, 1, "/usr/libexec/samba/samba-dcerpcd --libexec-rpcds -F")];
        let found = list(&sources(&processes, &conf, true));
        let services = found.value().expect("a list");
        assert_eq!(services.len(), 1);
        assert_eq!(services[0].roles, [ServiceRole::EndpointMapper]);
        let stopped = states(list(&sources(&[], &conf, true)));
        assert_eq!(stopped, [("samba-dcerpcd".into(), ServiceState::Stopped, None)]);
    }
}
