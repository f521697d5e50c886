//! No command changes anything on a server that is not known to be the forest's.

use std::{collections::BTreeSet, net::IpAddr};

use epmesh_common::diagnosis::Evidence;

use crate::{
    cases::holds,
    commands::{Command, commands, text},
};

/// The verbs that only show something, of programs that are told on which server.
const SHOWS: &[(&str, &[&str])] = &[
    ("dnscmd", &["/enumrecords", "/enumzones", "/info", "/zoneinfo", "/zoneprint", "/statistics"]),
    ("samba-tool dns", &["query", "zonelist", "zoneinfo", "serverinfo"]),
    ("netsh wins server", &["show"]),
    ("reg", &["query", "export", "save"]),
    ("sc.exe", &["query", "queryex", "qc", "qdescription", "qfailure", "sdshow"]),
    (
        "repadmin",
        &[
            "/showrepl",
            "/showreps",
            "/showattr",
            "/showobjmeta",
            "/showconn",
            "/replsum",
            "/replsummary",
            "/queue",
            "/bind",
            "/failcache",
            "/istg",
            "/showutdvec",
        ],
    ),
    ("samba-tool drs", &["showrepl", "bind", "options"]),
    ("nltest", &["/dsgetdc", "/sc_query", "/dclist", "/dsgetsite"]),
    ("netdom", &["query", "verify"]),
    ("dfsrdiag", &["dumpmachinecfg", "pollad", "backlog"]),
];

/// The server that a command is sent to and what it does there; `None` where it runs on the host on which it is typed.
fn sent<'a>(command: &Command<'a>) -> Option<(&'a str, &'static str, &'a str)> {
    let verb = |at| command.word(at);
    let remote = |word: &'a str| {
        word.strip_prefix("\\\\").map(|path| path.split('\\').next().unwrap_or(path))
    };
    let option = |start: &str| {
        let found = command.words.iter().find(|word| word.to_ascii_lowercase().starts_with(start));
        found.and_then(|word| word.get(start.len()..))
    };
    let of_option = |starts: &[&str]| starts.iter().find_map(|start| option(start));
    let url = command.words.iter().find_map(|word| word.strip_prefix("ldap://"));
    match command.program {
        "dnscmd" => Some((verb(0), "dnscmd", verb(1))),
        "samba-tool" if verb(0) == "dns" => Some((verb(2), "samba-tool dns", verb(1))),
        "samba-tool" if verb(0) == "drs" => Some((verb(2), "samba-tool drs", verb(1))),
        "netsh" if verb(0) == "wins" => Some((verb(2), "netsh wins server", verb(3))),
        "netsh" if verb(0) == "-r" => Some((verb(1), "netsh", verb(2))),
        "repadmin" => Some((verb(1), "repadmin", verb(0))),
        "reg" => {
            let server = command.words.iter().find_map(|word| remote(word))?;
            Some((server, "reg", verb(0)))
        }
        "sc.exe" => remote(verb(0)).map(|server| (server, "sc.exe", verb(1))),
        "nltest" => option("/server:").map(|server| (server, "nltest", verb(1))),
        "netdom" => of_option(&["/server:", "/s:"]).map(|server| (server, "netdom", verb(0))),
        "dfsrdiag" => of_option(&["/member:", "/mem:"]).map(|server| (server, "dfsrdiag", verb(0))),
        "ldbdel" | "ldbmodify" => url.map(|server| (server, "ldb", "changes")),
        "shutdown" | "taskkill" => {
            let server = command.after("/m").or_else(|| command.after("/s"))?;
            Some((remote(server).unwrap_or(server), "shutdown", "stops"))
        }
        cmdlet
            if cmdlet.contains('-')
                && !cmdlet.starts_with("Get-")
                && !cmdlet.starts_with("Test-") =>
        {
            let server = ["-ComputerName", "-CimSession", "-Server"]
                .iter()
                .find_map(|name| command.after(name))?;
            Some((server, "PowerShell", "changes"))
        }
        _ => None,
    }
}

/// Whether what a program is told to do there only shows something.
fn only_shows(command: &Command<'_>, program: &str, verb: &str) -> bool {
    let row = SHOWS.iter().find(|(name, _)| *name == program);
    let verb = verb.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let shows = row.is_some_and(|(_, verbs)| verbs.contains(&verb.as_str()));
    // Without a sign before an option it shows them; with /advisory_mode it deletes nothing.
    let options =
        verb == "/options" && !command.words.iter().any(|word| word.starts_with(['+', '-']));
    shows || options || command.has("/advisory_mode")
}

/// Every domain controller that the evidence names, by name and by the first label of it.
fn names(evidence: &Evidence) -> BTreeSet<String> {
    let link = &evidence.link;
    let ends = [&link.destination, &link.source].into_iter();
    let witnesses = evidence.observations.iter().map(|look| &look.witness);
    let all = ends.chain(witnesses).chain(evidence.owners.values());
    all.flat_map(|name| [name.to_string(), name.host().to_owned()]).collect()
}

/// Whether a server is a domain controller's: by its name, or by an address that one says is its own.
fn is_ours(evidence: &Evidence, server: &str) -> bool {
    let hosts = [&evidence.destination.host, &evidence.source.host].into_iter().flatten();
    let mut own = hosts.filter_map(|host| host.fact.addresses.value()).flatten();
    match server.parse::<IpAddr>() {
        Ok(address) => {
            address.is_loopback()
                || evidence.owners.contains_key(&address)
                || own.any(|own| own.address == address)
        }
        Err(_) => names(evidence).contains(&server.to_ascii_lowercase()),
    }
}

/// A name in capitals that the same text explains stands for a domain controller that the administrator picks.
fn is_picked(text: &str, server: &str) -> bool {
    ["HUB", "PDC"].contains(&server) && text.contains(&format!("{server} in this command"))
}

#[test]
fn no_changing_command_goes_to_a_server_that_no_domain_controller_has() {
    let mut foreign = 0;
    let mut programs = BTreeSet::new();
    holds(300, |case, met| {
        let record = case.verdict.culprit.as_ref().and_then(|blamed| blamed.culprit()?.record());
        let servers = record.into_iter().flat_map(|record| &record.servers);
        foreign +=
            servers.filter(|server| !is_ours(&case.evidence, &server.address.to_string())).count();
        let text = text(case);
        let mut wrong = Vec::new();
        for command in commands(&text) {
            let Some((server, program, verb)) = sent(&command) else { continue };
            if only_shows(&command, program, verb) {
                continue;
            }
            *met += 1;
            programs.insert(program);
            if !is_ours(&case.evidence, server) && !is_picked(&text, server) {
                wrong.push(command.line());
            }
        }
        wrong
    });
    assert!(foreign >= 3, "a record is wrong on a server of others in {foreign} scenarios only");
    for program in
        ["dnscmd", "samba-tool dns", "samba-tool drs", "netsh wins server", "repadmin", "ldb"]
    {
        assert!(programs.contains(program), "{program}: {programs:?}");
    }
}

#[test]
fn what_changes_something_elsewhere_is_told_from_what_shows_it() {
    for (line, server) in [
        ("netsh wins server 10.0.1.5 delete name Name=DC2 EndChar=00", Some("10.0.1.5")),
        ("netsh wins server 10.0.1.5 show name Name=DC2 EndChar=00", None),
        (
            "Remove-DnsServerResourceRecord -ComputerName 10.0.1.5 -ZoneName a.b -Name dc2 -RRType A",
            Some("10.0.1.5"),
        ),
        ("Get-DnsServerResourceRecord -ComputerName 10.0.1.5 -ZoneName a.b", None),
        ("reg add \\\\app1\\HKLM\\SOFTWARE\\Microsoft\\Rpc /v a /d b", Some("app1")),
        ("reg query \\\\app1\\HKLM\\SOFTWARE\\Microsoft\\Rpc", None),
        ("sc.exe \\\\app1 config NTDS start= auto", Some("app1")),
        ("sc.exe \\\\app1 qc NTDS", None),
        ("repadmin /options app1 -DISABLE_INBOUND_REPL", Some("app1")),
        ("repadmin /options app1", None),
        ("repadmin /removelingeringobjects app1 GUID \"DC=a\"", Some("app1")),
        ("repadmin /removelingeringobjects app1 GUID \"DC=a\" /advisory_mode", None),
    ] {
        let found = commands(line);
        let [command] = &found[..] else { panic!("{line}: {found:?}") };
        let sent = sent(command).filter(|(_, program, verb)| !only_shows(command, program, verb));
        assert_eq!(sent.map(|(server, ..)| server), server, "{line}");
    }
}
