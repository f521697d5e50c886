//! What to ask first where the source itself says nothing: since when, whether it is on, how it was started,
//! whether it still is a domain controller.

use epmesh_facts::{Platform, Timestamp};

use super::{
    super::super::{
        case::{Owner, Reach},
        cause::{Cause, Side},
        culprit::{Culprit, PortTrouble, RecordTrouble, Witnesses},
        evidence::Evidence,
    },
    commands::command,
    context::RemedyContext,
};

/// The questions that come before the steps of the cause; none where the source speaks, or where the cause has
/// nothing to do with how the source is.
pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    if speaks(g) {
        return Vec::new();
    }
    match (g.finding.cause, g.culprit) {
        (Cause::EpmUnreachable, Some(Culprit::Port { trouble, .. })) => {
            let others = matches!(trouble, PortTrouble::Unreached(_, Witnesses::Reach { .. }));
            if others || is_on(g) { Vec::new() } else { vec![is_it_on(g), gone(g)] }
        }
        (Cause::Unknown, _) if g.finding.side == Side::Source => {
            vec![without_directory(g), gone(g)]
        }
        (Cause::NotError1753, Some(Culprit::NameWithoutAddress { .. })) => vec![gone(g)],
        (Cause::DnsCnameMissing, _) if !is_reached(g) => vec![gone(g)],
        (Cause::DnsCnameWrong, Some(Culprit::DnsRecord(record)))
            if matches!(record.trouble, RecordTrouble::TargetWithoutAddress(_))
                && !is_reached(g) =>
        {
            vec![gone(g)]
        }
        _ => Vec::new(),
    }
}

/// Whether anything that the source says of itself is fresh.
fn speaks(g: &RemedyContext<'_>) -> bool {
    let case = g.case;
    case.source_host.is_some()
        || case.source_services.is_some()
        || case.source_map.is_some()
        || case.source_ports.is_some()
}

/// Since when the source has said nothing, in words.
fn since(g: &RemedyContext<'_>) -> String {
    let facts = &g.case.evidence.source;
    let last = Evidence::OF_SOURCE.into_iter().filter_map(|kind| facts.at(kind));
    let last: Option<Timestamp> = last.max();
    last.map_or_else(
        || format!("{} itself says nothing: no agent there has reported", g.source),
        |last| format!("{} has said nothing of itself since {last}", g.source),
    )
}

/// Whether the destination gets an answer from the source at any of its addresses.
fn is_on(g: &RemedyContext<'_>) -> bool {
    let probes = g.case.look.into_iter().flat_map(|look| &look.seen.addresses);
    let mut probes = probes.filter(|probe| !matches!(g.case.owner(probe.address), Owner::Other(_)));
    probes.any(|probe| {
        probe.identity.iter().any(|answer| answer.outcome.is_ok())
            || probe.well_known.iter().any(|port| port.stage.outcome.is_ok())
    })
}

fn is_reached(g: &RemedyContext<'_>) -> bool {
    let probes = g.case.look.into_iter().flat_map(|look| look.seen.index().probes());
    let mut reaches = probes.map(|probed| g.case.reach(probed.address));
    reaches.any(|reach| matches!(reach, Reach::Reached(_)))
}

fn is_it_on(g: &RemedyContext<'_>) -> String {
    let (dest, source) = (g.dest, g.source);
    let ping =
        if g.case.destination_platform() == Some(Platform::Samba) { "ping -c 3" } else { "ping" };
    format!(
        "{}, and {dest} gets no answer from it: first see on its console, or on the host of its virtual \
         machine, whether {source} is switched on and runs; from {dest}: {ping} {source}; a host that is \
         off or has crashed looks like a path that is cut",
        since(g)
    )
}

/// The step for a host that answers, and has no directory: stopped, in the repair mode, or demoted.
fn without_directory(g: &RemedyContext<'_>) -> String {
    let how = g.at_source(
        "sc.exe query NTDS (1060: there is no such service, it is no domain controller), bcdedit /enum \
         (a line safeboot: it is in Directory Services Restore Mode, DSRM, in which no agent \
         starts either: when the repair is done, bcdedit /deletevalue safeboot, then shutdown /r /t 0, \
         starts it in normal mode and ends the repair session)",
        "systemctl status samba-ad-dc; testparm -s --parameter-name=\"server role\"",
    );
    format!("{}: on its console, see whether its directory was started at all: {how}", since(g))
}

/// The step for a source that may be gone for good.
fn gone(g: &RemedyContext<'_>) -> String {
    let source = g.source;
    let known = g.case.known_settings();
    let server = known.map_or_else(|| source.host().to_uppercase(), |known| known.server.clone());
    let clean = command(
        g.case.destination_platform(),
        &format!(
            "in Active Directory Sites and Services, delete the server {server} under its site, which \
             cleans up the rest (before Windows Server 2008: ntdsutil, metadata cleanup)"
        ),
        &format!("samba-tool domain demote --remove-other-dead-server={server}"),
    );
    format!(
        "if {source} no longer exists or is no domain controller any more, no step at {source} helps: make \
         sure that it is gone for good, and that it holds no operations master role (netdom query fsmo, \
         samba-tool fsmo show), and only then clean up its metadata, which cannot be undone: {clean}"
    )
}
