//! Remedies where the way is open and the destination's own replication over it fails: by its error, with
//! the tools of its platform.

use epmesh_facts::{DnsName, Platform, ServiceRole, ServiceState};

use super::{
    super::super::{
        case::OldPassword,
        cause::Side,
        culprit::{Culprit, RefusedReplication},
        replication_error::Kind,
    },
    commands::command,
    context::RemedyContext,
};

pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    let Some(Culprit::Replication(refused)) = g.culprit else { return Vec::new() };
    let platform = g.destination_platform();
    let kind = Kind::of(refused.error, platform);
    let (name, value) = (&g.name, &g.value);
    let show = command(
        platform,
        &format!("repadmin /showrepl {}", g.dest),
        &format!("samba-tool drs showrepl {}", g.dest),
    );
    let mut steps = vec![format!("{name}: {value}; see whether it still stands: {show}")];
    steps.extend(by_kind(g, kind, refused));
    steps.push(again(g, refused));
    steps
}

/// The attempt that shows whether it is mended.
fn again(g: &RemedyContext<'_>, refused: &RefusedReplication) -> String {
    let (dest, source, context) = (g.dest, g.source, &refused.context);
    let pull = command(
        g.destination_platform(),
        &format!("repadmin /replicate {dest} {source} \"{context}\""),
        &format!("samba-tool drs replicate {dest} {source} \"{context}\""),
    );
    format!("let {dest} try again, which changes nothing else: {pull}")
}

fn by_kind(g: &RemedyContext<'_>, kind: Kind, refused: &RefusedReplication) -> Vec<String> {
    match kind {
        Kind::Rights => rights(g, &refused.context),
        Kind::SourceDisabled | Kind::SinkDisabled => disabled(g, kind),
        Kind::Clock => clock(g),
        Kind::Principal => {
            let mut steps: Vec<String> = old_password(g).into_iter().collect();
            steps.extend(password(g, refused));
            steps
        }
        Kind::Denied => denied(g),
        Kind::Logon => logon(g),
        Kind::Protocol => protocol(g),
        Kind::Broken => broken(g),
        Kind::Name | Kind::Unreached => reached(g),
        Kind::Lingering => lingering(g, &refused.context),
        Kind::TooLong => too_long(g),
        Kind::Schema => vec![format!(
            "after a change of the schema this passes by itself; where it stays, let {0} pull the schema \
             first, and look in its Directory Service log for events 1203 and 1791 (KB 2734946)",
            g.dest
        )],
        Kind::Database => vec![format!(
            "on {0}, look in the Directory Service log for events of NTDS ISAM and for 1084, in the System log \
             for the disk, and at the free space of the volume of ntds.dit (KB 2645996); back up the directory \
             before any repair of its database",
            g.dest
        )],
        Kind::NoReplica => vec![format!(
            "while the topology changes this passes by itself; have {0} work it out anew: repadmin /kcc {0} \
             (KB 2023704)",
            g.dest
        )],
        Kind::Passing | Kind::Other => vec![format!(
            "look in the Directory Service log of {0} and of {1}, at the time of that attempt, for the event \
             that has the error: net helpmsg {2} tells its text",
            g.dest, g.source, refused.error
        )],
    }
}

/// 8453: KB 2022387.
fn rights(g: &RemedyContext<'_>, context: &str) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let account = format!("{}$", dest.host());
    let list = command(
        g.source_platform(),
        &format!("dsacls \"{context}\""),
        &format!("samba-tool dsacl get --objectdn=\"{context}\""),
    );
    vec![
        format!(
            "compare who may replicate {context}: {list} must list Replicating Directory Changes, Replication \
             Synchronization and Manage Replication Topology for ENTERPRISE DOMAIN CONTROLLERS, Replicating \
             Directory Changes All for Domain Controllers, and, for a read-only one, its groups"
        ),
        format!(
            "see that the account of {dest} is a domain controller's on {source} too, with 0x2000 \
             SERVER_TRUST_ACCOUNT in its userAccountControl (KB 2022387): {}",
            command(
                g.source_platform(),
                &format!(
                    "repadmin /showattr {source} ncobj:domain: /subtree /filter:\"(sAMAccountName={account})\" \
                     /atts:userAccountControl"
                ),
                &format!(
                    "ldbsearch -H ldap://{source} -U Administrator \"(sAMAccountName={account})\" \
                     userAccountControl"
                ),
            )
        ),
    ]
}

/// 8456 and 8457: KB 2023007; that a directory was put back comes first.
fn disabled(g: &RemedyContext<'_>, kind: Kind) -> Vec<String> {
    let host = if kind == Kind::SourceDisabled { g.source } else { g.dest };
    let services = g.case.source_services.filter(|_| host == g.source);
    let netlogon = services.and_then(|all| all.fact.with_role(ServiceRole::Netlogon));
    let paused = netlogon.filter(|netlogon| netlogon.state == ServiceState::Paused);
    let paused = paused.map_or("", |_| "; Netlogon is paused there, as after a USN rollback");
    vec![
        format!(
            "first find out why, and do not just enable it again{paused}: on {host}, repadmin /options {host} shows the \
             options, and the Directory Service log who set them: event 2095 tells of a USN rollback (restored \
             from a snapshot or an image), after which Windows quarantines the directory, pauses Netlogon and \
             disables replication (1113, 1115)"
        ),
        format!(
            "after a USN rollback, {host} has to be demoted by force and promoted again, or restored from a \
             system state backup (KB 875495): changes that only {host} has are lost; its quarantine is \
             \"Dsa Not Writable\" under HKLM\\SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters, which is \
             not to be deleted"
        ),
        format!(
            "only where an administrator disabled it for maintenance, and that is over, have the same \
             administrator take the option back with repadmin /options (KB 2023007)"
        ),
    ]
}

/// The domain of the source, else that of the destination.
fn domain<'a>(g: &RemedyContext<'a>) -> Option<&'a DnsName> {
    let evidence = g.case.evidence;
    let hosts = [&evidence.source.host, &evidence.destination.host];
    hosts.into_iter().flatten().find_map(|held| held.fact.domain.value())
}

/// The domain in a command, and what its name stands for where it is not known.
fn domain_words(g: &RemedyContext<'_>) -> (String, &'static str) {
    domain(g).map_or_else(
        || ("DOMAIN".to_owned(), " (DOMAIN in this command: the DNS name of the domain)"),
        |domain| (domain.to_string(), ""),
    )
}

/// 1398: the one that is off, by the coordinator's clock.
fn clock(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let evidence = g.case.evidence;
    let off = |ahead: i64| {
        let seconds = ahead.unsigned_abs() / 1000;
        match ahead {
            0.. => format!("{seconds} s ahead"),
            _ => format!("{seconds} s behind"),
        }
    };
    let (there, here) = (evidence.source.clock_ahead_ms, evidence.destination.clock_ahead_ms);
    let (host, platform) = match g.finding.side {
        Side::Destination => (dest, g.destination_platform()),
        _ => (source, g.source_platform()),
    };
    let look = command(
        platform,
        "w32tm /query /status, w32tm /query /source",
        "chronyc tracking, or ntpq -p",
    );
    let set = command(platform, "w32tm /resync /rediscover", "chronyc makestep");
    vec![
        format!(
            "compare the clocks: by the coordinator's, that of {source} is {}, that of {dest} {} (Kerberos \
             allows five minutes); by hand: w32tm /stripchart /computer:{source} /samples:3 /dataonly",
            off(there),
            off(here)
        ),
        format!(
            "on {host}, see whom it takes its time from: {look}; a virtual machine takes none from its host \
             (switch its time synchronization off), and the PDC emulator alone takes it from outside"
        ),
        format!(
            "then set it by its source: {set}; a large jump back makes tickets and log entries lie in the \
             future for a while"
        ),
    ]
}

/// The copy of the directory with the older password, where both ends told when it was set.
fn old_password(g: &RemedyContext<'_>) -> Option<String> {
    let OldPassword { older, newer } = g.case.old_password()?;
    let (old, new) = (older.at.value()?, newer.at.value()?);
    let (host, other, source) = (older.copy.witness, newer.copy.witness, g.source);
    let so = if host == source {
        "as after a restore from a snapshot or an image: then it uses an old password itself"
    } else {
        "so that the tickets it gives are made with the old one until that change has come to it"
    };
    Some(format!(
        "{host} has an old password of {source}: by its directory it was set at {old}, by that of {other} at {new}, {so}"
    ))
}

/// -2146893022: KB 2090913. The look has seen who answers.
fn password(g: &RemedyContext<'_>, refused: &RefusedReplication) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    if g.destination_platform() == Some(Platform::Samba) {
        return vec![format!(
            "the look found {source} itself, so that most likely {dest} holds an old password of its account: let \
             {dest} pull the domain from a domain controller that has the present one, HUB in this command: \
             samba-tool drs replicate {dest} HUB \"{}\"",
            refused.context
        )];
    }
    let netbios = source.host();
    let domain = domain(g);
    let (account, account_is) = match domain {
        Some(domain) => {
            let labels = domain.as_str().split('.').map(|label| format!(",DC={label}"));
            let name = format!("CN={netbios},OU=Domain Controllers{}", labels.collect::<String>());
            (name, "")
        }
        None => ("ACCOUNT".to_owned(), ", ACCOUNT in this command (its distinguished name)"),
    };
    let (domain, domain_is) = domain_words(g);
    vec![
        format!(
            "the look found {source} itself, so that most likely a KDC and {source} hold different passwords of \
             its account, after a restore or a long time without replication (KB 2090913); compare the version \
             of pwdLastSet and unicodePwd: repadmin /showobjmeta {dest} \"{account}\", and the same on \
             {source}{account_is}"
        ),
        format!(
            "look for one SPN on two accounts: setspn -X, and setspn -L {netbios} (KB 2090913)"
        ),
        format!(
            "have {dest} take its tickets from another KDC: on {dest} stop the service Kerberos Key \
             Distribution Center, which interrupts logons there (net stop kdc), klist purge -li 0x3e7, let it \
             replicate, net start kdc"
        ),
        format!(
            "if that is not enough, set the machine password of {source} anew, on {source} with its own KDC \
             stopped: netdom resetpwd /server:PDC /userd:administrator@{domain} /passwordd:*{domain_is}, PDC in this command \
             (the domain controller that netdom query fsmo calls PDC), then restart {source}, which interrupts its clients (KB 325850)"
        ),
    ]
}

/// 5: KB 3073945.
fn denied(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let (domain, domain_is) = domain_words(g);
    vec![
        format!(
            "on {source}, look at the policies that refuse: reg query \"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows \
             NT\\Rpc\" /v RestrictRemoteClients (2 refuses every caller without credentials), reg query \
             HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa /v CrashOnAuditFail (2 lets administrators in alone), \
             and the user right \"Access this computer from the network\", which Enterprise Domain Controllers \
             need (KB 3073945)"
        ),
        format!(
            "compare the clocks and SMB signing of {dest} and {source}, and the secure channel: nltest \
             /sc_query:{domain} on {dest}{domain_is}"
        ),
    ]
}

fn logon(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let (domain, domain_is) = domain_words(g);
    vec![
        format!(
            "see that {dest} finds a KDC and gets a ticket: nltest /dsgetdc:{domain} /kdc /force{domain_is}; klist -li \
             0x3e7; the Kerberos Key Distribution Center has to run on {dest} and on {source}: sc.exe query kdc"
        ),
        format!("open TCP and UDP 88 between {dest} and the domain controllers that it may ask"),
    ]
}

/// 1703.
fn protocol(g: &RemedyContext<'_>) -> Vec<String> {
    vec![format!(
        "on {0}, look at the protocol sequences of its own RPC runtime: reg query \
         HKLM\\SOFTWARE\\Microsoft\\Rpc\\ClientProtocols must have ncacn_ip_tcp with rpcrt4.dll (KB 2089874); a \
         change counts from the next restart",
        g.dest
    )]
}

/// The connection ended during the call.
fn broken(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    vec![
        format!(
            "see whether large packets get from {source} to {dest}: ping -f -l 1472 {source} on {dest}, with \
             smaller numbers until it answers; an MTU that is smaller on the way has to be told (ICMP type 3 \
             code 4) or set"
        ),
        format!(
            "ask who keeps the firewalls between them for idle time-outs and inspection of RPC: replication of \
             much takes minutes; a slow line needs a longer \"RPC Replication Timeout (mins)\" under \
             HKLM\\SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters on {dest}"
        ),
    ]
}

/// Windows did not get where the look does.
fn reached(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let ask = g.ask_mapper();
    let names = command(
        g.destination_platform(),
        "ipconfig /displaydns, nltest /dsgetdc, and dcdiag /test:replications",
        "getent hosts, samba-tool drs showrepl",
    );
    vec![
        format!(
            "the look of epmesh-agent gets from {dest} to {source}, the directory's process does not: look for \
             what tells programs apart on {dest}: endpoint protection, outbound firewall rules for lsass.exe, \
             IPsec policies"
        ),
        format!("on {dest}, see where its own resolver leads: {names}; and ask by hand: {ask}"),
    ]
}

/// 8606: KB 2028495.
fn lingering(g: &RemedyContext<'_>, context: &str) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    let guid = g.case.evidence.destination.host.as_ref().and_then(|h| h.fact.dsa_guid.value());
    let (guid, guid_is) = guid.map_or_else(
        || {
            (
                "GUID".to_owned(),
                " (GUID in this command: that of the NTDS Settings of the destination)",
            )
        },
        |guid| (guid.to_string(), ""),
    );
    vec![
        format!(
            "look for lingering objects without a change: repadmin /removelingeringobjects {source} {guid} \
             \"{context}\" /advisory_mode{guid_is}, then events 1946 in the Directory Service log of {source}"
        ),
        format!(
            "only after reading that list, the same without /advisory_mode, which deletes them on {source} and \
             cannot be undone; {dest} has to hold the naming context writable and whole (KB 2028495)"
        ),
    ]
}

/// 8614: KB 2020053.
fn too_long(g: &RemedyContext<'_>) -> Vec<String> {
    let (dest, source) = (g.dest, g.source);
    vec![
        format!(
            "find out how long {dest} and {source} were apart, and that no clock was wrong: repadmin /showrepl \
             {dest}, w32tm /monitor"
        ),
        format!(
            "where one of them was away for longer than the tombstone lifetime, demote it by force and promote \
             it again; else remove lingering objects first, and only then allow it once (KB 2020053)"
        ),
    ]
}
