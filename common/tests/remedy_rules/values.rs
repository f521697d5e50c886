//! No example stands in a command that can be pasted: each of its words is one of the program's own, a value that
//! stands as a whole in the evidence, or a name in capitals of which the same step says what it stands for.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    cases::holds,
    commands::{Command, commands},
    facts::Facts,
};

/// The words of the programs themselves, and values that mean one thing on every host: the defaults of Windows, the
/// accounts of its services, names of files to write to.
const OWN: &[&str] = &[
    // dnscmd, nslookup, samba-tool, ldb
    "A",
    "AAAA",
    "CNAME",
    "SRV",
    "dns",
    "query",
    "delete",
    "add",
    "ALL",
    "-U",
    "Administrator",
    "drs",
    "replicate",
    "showrepl",
    "domain",
    "demote",
    "dsacl",
    "get",
    "fsmo",
    "show",
    "-H",
    "-b",
    "-s",
    "base",
    "objectGUID",
    "whenCreated",
    "userAccountControl",
    "--recursive",
    "zoneoptions",
    "--aging=1",
    // Aging on; a week, the interval of the console.
    "1",
    "168",
    "--all-names",
    "--verbose",
    // netsh
    "int",
    "ipv4",
    "ipv6",
    "set",
    "dynamicport",
    "tcp",
    "start=49152",
    "num=16384",
    "wins",
    "server",
    "name",
    "EndChar=00",
    "advfirewall",
    "currentprofile",
    "allprofiles",
    "firewall",
    "rule",
    "export",
    "C:\\firewall-before.wfw",
    "dir=in",
    "action=allow",
    "protocol=TCP",
    "profile=domain",
    "group=\"Active Directory Domain Services\"",
    "new",
    "enable=yes",
    "rpc",
    "filter",
    ">",
    "rpc-filters.txt",
    "consec",
    "name=all",
    "interface",
    "portproxy",
    "all",
    "-f",
    // reg
    "reg",
    "/v",
    "/t",
    "/d",
    "/f",
    "/s",
    "REG_SZ",
    "REG_DWORD",
    "linkage.reg",
    "rpc.reg",
    "rpc-internet.reg",
    "tcpip.reg",
    "parameters.reg",
    "rpc-policy.reg",
    // services, processes, sockets
    "config",
    "start=",
    "auto",
    "obj=",
    "password=",
    "",
    "NT AUTHORITY\\NetworkService",
    "LocalSystem",
    "qc",
    "queryex",
    "start",
    "stop",
    "restart",
    "status",
    "continue",
    "helpmsg",
    "samba-ad-dc",
    "kdc",
    "-ano",
    "-anob",
    "-ma",
    "TIME_WAIT",
    "-tlnp",
    "-tanp",
    "-tan",
    "state",
    "time-wait",
    "-vz",
    "/f",
    "/pid",
    "/svc",
    "/fi",
    "-eLo",
    "net.ipv4.ip_local_port_range",
    // the rest
    "resetpwd",
    "-type=A",
    "-type=AAAA",
    "-type=CNAME",
    "-n",
    "-p",
    "-e",
    "-Port",
    "-br",
    "address",
    "-x",
    "-l",
    "-li",
    "0x3e7",
    "purge",
    "-X",
    "-L",
    "-M",
    "do",
    "-c",
    "1472",
    "3",
    "tracking",
    "makestep",
    "qe",
    "System",
    "diagnose",
    "--now",
    "--interface",
    "-R",
    "-RR",
    "-sv",
    "-Id",
    "-ForceRemoval",
    "-InterfaceAlias",
    "-RegisterThisConnectionsAddress",
    "$true",
    "-ServerAddresses",
    "StaticRPC",
    "DumpMachineCfg",
    "ncobj:domain",
    "gp.html",
    "--parameter-name=\"server role\"",
    "0",
    "safeboot",
    "/q:*[System[Provider[@Name='Service Control Manager']]]",
];

/// Values of the registry that the articles name, each with what may be written into it.
const REGISTRY: &[(&str, &[&str])] = &[
    ("Start", &["2"]),
    ("ObjectName", &["NT AUTHORITY\\NetworkService", "LocalSystem"]),
    ("EnableAuthEpResolution", &["1"]),
    ("UseInternetPorts", &["Y"]),
    ("ncacn_ip_tcp", &["rpcrt4.dll"]),
    ("ncacn_np", &["rpcrt4.dll"]),
    ("ncacn_http", &["rpcrt4.dll"]),
    ("ncacn_ip_udp", &["rpcrt4.dll"]),
    // Which one it is to be, only the administrator knows.
    ("TCP/IP Port", &["PORT"]),
    ("DCTcpipPort", &["PORT"]),
    ("RPC TCP/IP Port Assignment", &["PORT"]),
];

/// The keys of the registry that the articles name.
const KEYS: &[&str] = &[
    r"HKLM\SOFTWARE\Microsoft\Rpc",
    r"HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols",
    r"HKLM\SOFTWARE\Microsoft\Rpc\Internet",
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc",
    r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa",
    r"HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters",
    r"HKLM\SYSTEM\CurrentControlSet\Services\NTFRS\Parameters",
    r"HKLM\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters",
    r"HKLM\SYSTEM\CurrentControlSet\Services\Rpc\Linkage",
    r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters",
];

/// The services that every domain controller has, whether or not its agent told them.
const SERVICES: &[&str] = &[
    "NTDS",
    "Netlogon",
    "kdc",
    "RpcSs",
    "RpcEptMapper",
    "DcomLaunch",
    "RpcLocator",
    "DFSR",
    "LanmanServer",
];

/// Names that stand for what the administrator puts there.
const STANDS_FOR: &[&str] = &[
    "PORT",
    "HUB",
    "PDC",
    "PID",
    "NAME",
    "ADDRESS",
    "ADDRESSES",
    "FILE",
    "KEY",
    "GUID",
    "ROOT",
    "SITE",
    "SERVICE",
    "DOMAIN",
    "ACCOUNT",
];

/// Whether the step says what a name in capitals stands for.
fn is_explained(step: &str, name: &str) -> bool {
    let said = [
        format!("{name} in this command"),
        format!("{name} and ADDRESSES in this command"),
        format!("({name} is "),
        format!(" {name} is "),
        format!("{name}, the process that "),
    ];
    STANDS_FOR.contains(&name) && said.iter().any(|said| step.contains(said))
}

/// What is wrong with a key of the registry, a service or a value of it; `None` where nothing is.
fn registry(command: &Command<'_>, facts: &Facts) -> Option<String> {
    let key = command.word(1);
    let of_service = key.strip_prefix(r"HKLM\SYSTEM\CurrentControlSet\Services\");
    let is_service =
        of_service.is_some_and(|name| SERVICES.contains(&name) || facts.has_text(name));
    let missed = facts.misses.iter().find(|[at, ..]| at == key);
    if !(KEYS.contains(&key) || is_service || missed.is_some()) {
        return Some(format!("key {key}"));
    }
    let (Some(name), Some(data)) = (command.after("/v"), command.after("/d")) else { return None };
    let meant = REGISTRY.iter().any(|(known, values)| *known == name && values.contains(&data));
    let spelt =
        facts.misses.iter().any(|[at, meant, value]| at == key && meant == name && value == data);
    (!meant && !spelt).then(|| format!("{name} = {data}"))
}

/// The words of a command that come from nowhere.
fn unknown(command: &Command<'_>, step: &str, facts: &Facts) -> Vec<String> {
    if command.program == "reg" {
        return registry(command, facts).into_iter().collect();
    }
    let mut wrong = Vec::new();
    for (at, word) in command.words.iter().enumerate() {
        let before = if at == 0 { "" } else { command.word(at - 1) };
        let value = value(command.program, word);
        let Some(value) = value else { continue };
        let is_known = is_explained(step, value)
            || fits(command, step, before, value, facts)
            || OWN.contains(&value)
            || SERVICES.contains(&value);
        if !is_known {
            wrong.push(value.to_owned());
        }
    }
    wrong
}

/// What of a word may be a value: all of it, or what follows the name of an option; `None` for an option alone.
fn value<'a>(program: &str, word: &'a str) -> Option<&'a str> {
    if OWN.contains(&word) {
        return None;
    }
    let bare = |text: &'a str| text.trim_matches(['"', '\'']);
    if let Some(option) = word.strip_prefix('/') {
        let (name, value) = option.split_once(':')?;
        let is_own = ["atts", "c", "rd", "f", "q", "samples", "passwordd", "test"].contains(&name);
        return (!is_own).then(|| bare(value)).filter(|value| !value.starts_with('*'));
    }
    if let Some((name, value)) = word.split_once('=')
        && !["CN", "DC", "OU"].contains(&name)
        && !word.starts_with(['(', '<', '\''])
    {
        return Some(bare(value));
    }
    if program == "findstr" {
        return Some(word.trim_start_matches(':'));
    }
    word.strip_prefix("ldap://").or(Some(word)).map(bare).filter(|word| !word.starts_with("--"))
}

/// Whether a value stands in the evidence where such a value stands.
fn fits(command: &Command<'_>, step: &str, before: &str, value: &str, facts: &Facts) -> bool {
    if let Some(is_known) = facts.has_address(value).or_else(|| facts.has_guid(value)) {
        return is_known;
    }
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return match command.program {
            "taskkill" => facts.has_pid(value),
            "net" => before == "helpmsg" && facts.has_result(value),
            _ => facts.has_port(value),
        };
    }
    let inner =
        |start: &str, end: &str| value.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    if let Some(port) =
        value.strip_prefix("sport = ").or_else(|| value.strip_prefix("RPC static port "))
    {
        return facts.has_port(port);
    }
    if let Some(guid) = inner("<GUID=", ">") {
        return facts.has_guid(guid) == Some(true) || is_explained(step, guid);
    }
    if let Some(account) = inner("(sAMAccountName=", "$)") {
        return facts.has_text(account);
    }
    if let Some(pid) = value.strip_prefix("PID eq ") {
        return facts.has_pid(pid);
    }
    if let Some(domain) = value.strip_prefix("administrator@") {
        return facts.has_text(domain) || is_explained(step, domain);
    }
    if ["DC=", "CN="].iter().any(|part| value.contains(part)) {
        return facts.has_dn(value, |part| is_explained(step, part));
    }
    // The copy of a file is called by the file.
    facts.has_text(value.strip_suffix(".old").unwrap_or(value))
}

#[test]
fn every_value_in_a_command_stands_in_the_evidence() {
    let mut programs = BTreeSet::new();
    let mut checked = BTreeSet::new();
    holds(1_000, |case, met| {
        // What is said word for word was held against the evidence before.
        if !checked.insert(case.verdict.remedy.clone()) {
            return Vec::new();
        }
        let facts = Facts::of(case);
        let mut wrong = Vec::new();
        for step in &case.verdict.remedy {
            for command in commands(step) {
                *met += 1;
                programs.insert(command.program.to_owned());
                for word in unknown(&command, step, &facts) {
                    wrong.push(format!("{word:?} in {}", command.line()));
                }
            }
            for data in step.split("data=").skip(1) {
                let data = data.split([';', ' ']).next().unwrap_or_default();
                let guid =
                    data.parse().is_ok_and(|guid: Uuid| case.evidence.link.interface.uuid == guid);
                if !(guid || facts.has_address(data) == Some(true) || is_explained(step, data)) {
                    wrong.push(format!("{data:?} in a rule of a filter: {step}"));
                }
            }
            // Which ports are free, nobody but the administrator knows.
            if step.contains("REG_MULTI_SZ") {
                wrong.push(step.clone());
            }
        }
        wrong
    });
    assert!(programs.len() >= 30, "{programs:?}");
}

#[test]
fn a_short_number_that_stands_elsewhere_is_no_port() {
    let case = &crate::judged::JUDGED[0];
    let facts = Facts::of(case);
    assert!(facts.has_port("135") && !facts.has_port("1") && !facts.has_port("5000"));
    let step = "Test-NetConnection dc2.contoso.com -Port 5000";
    let found = commands(step);
    assert_eq!(unknown(&found[0], step, &facts), ["5000"]);
    let step = "reg add HKLM\\SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters /v \"TCP/IP Port\" /t REG_DWORD /d 50000";
    assert_eq!(unknown(&commands(step)[0], step, &facts), ["TCP/IP Port = 50000"]);
}
