//! Questions to ask first where the source itself says nothing: since when, whether it is on, how it was
//! started, whether it still is a domain controller.

use epmesh_facts::{AddressProbe, IdentityMethod, Platform, Timestamp};

use super::{
    super::super::{
        case::{Owner, Reach, reach},
        cause::{Cause, Side, State},
        culprit::{Culprit, PortTrouble, Witnesses},
        evidence::Evidence,
    },
    commands::command,
    context::RemedyContext,
    service::{compare, restart},
};

/// The questions that come before the steps of the cause; none where the source speaks, or where the cause has
/// nothing to do with how the source is.
pub(super) fn steps(g: &RemedyContext<'_>) -> Vec<String> {
    if speaks(g) {
        return Vec::new();
    }
    let is_failing = g.finding.state == State::Failing;
    match (g.finding.cause, g.finding.side) {
        (Cause::EpmUnreachable, _) if may_be_off(g) => vec![is_it_on(g)],
        (Cause::Unknown, Side::Source) if !is_served_elsewhere(g) => match answers_ldap(g) {
            true => vec![with_directory(g)],
            false => vec![without_directory(g), gone(g)],
        },
        // No name leads to it, and nobody gets an answer from it.
        (_, Side::NameResolution) if is_failing && !is_seen(g) => vec![gone(g)],
        _ => Vec::new(),
    }
}

/// The question that comes after the steps of the cause: a host that is off may be off for good.
pub(super) fn last_step(g: &RemedyContext<'_>) -> Option<String> {
    let is_off = g.finding.cause == Cause::EpmUnreachable && !speaks(g) && may_be_off(g);
    is_off.then(|| gone(g))
}

/// Whether nobody gets through and nothing else of the source answers.
fn may_be_off(g: &RemedyContext<'_>) -> bool {
    !(is_cut_for_one(g) || is_on(g))
}

/// Whether others get through to a port that is closed for the destination.
fn is_cut_for_one(g: &RemedyContext<'_>) -> bool {
    let Some(Culprit::Port { trouble, .. }) = g.culprit else { return true };
    matches!(trouble, PortTrouble::Unreached(_, Witnesses::Reach { .. }))
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

/// Whether the source answers the destination over LDAP.
fn answers_ldap(g: &RemedyContext<'_>) -> bool {
    let probes = g.case.look.into_iter().flat_map(|look| &look.seen.addresses);
    let of_source = probes.filter(|probe| g.case.owner(probe.address) == Owner::Source);
    let mut answers = of_source.flat_map(|probe| &probe.identity);
    answers.any(|answer| {
        let by_ldap = matches!(answer.method, IdentityMethod::RootDse | IdentityMethod::LdapPing);
        by_ldap && answer.outcome.is_ok()
    })
}

/// Whether another witness gets to the interface.
fn is_served_elsewhere(g: &RemedyContext<'_>) -> bool {
    let probes = g.case.others.iter().flat_map(|other| &other.seen.addresses);
    let of_source =
        |probe: &&AddressProbe| !matches!(g.case.answerer(probe), Some(Owner::Other(_)));
    let mut reaches = probes.filter(of_source).map(|probe| reach(Some(probe), g.case.interface()));
    reaches.any(|reach| matches!(reach, Reach::Reached(_)))
}

/// Whether anybody got an answer from a host that says that it is the source.
fn is_seen(g: &RemedyContext<'_>) -> bool {
    let looks = g.case.look.into_iter().chain(g.case.others.iter().copied());
    let mut probes = looks.flat_map(|look| &look.seen.addresses);
    probes.any(|probe| g.case.answerer(probe) == Some(Owner::Source))
}

fn is_it_on(g: &RemedyContext<'_>) -> String {
    let (dest, source) = (g.dest, g.source);
    let ping = if g.destination_platform() == Some(Platform::Samba) { "ping -c 3" } else { "ping" };
    format!(
        "{}, and {dest} gets no answer from it: first see on its console, or on the host of its virtual \
         machine, whether {source} is switched on and runs; from {dest}: {ping} {source}; a host that is \
         off or has crashed looks like a path that is cut",
        since(g)
    )
}

/// The step for a host whose directory runs and is not registered.
fn with_directory(g: &RemedyContext<'_>) -> String {
    format!(
        "{}; its directory answers LDAP, and so it runs without being registered: on {}, {}; then {}",
        since(g),
        g.source,
        compare(g),
        restart(g)
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
        g.destination_platform(),
        &format!(
            "in Active Directory Sites and Services, delete the server {server} under its site, which \
             cleans up the rest (before Windows Server 2008: ntdsutil, metadata cleanup)"
        ),
        &format!("samba-tool domain demote --remove-other-dead-server={server}"),
    );
    format!(
        "if {source} no longer exists or is no domain controller any more, no step at {source} helps: make \
         sure that it is gone for good, and that it holds no operations master role (netdom query fsmo, \
         samba-tool fsmo show), and only then clean up its metadata, which takes the account of the computer along and cannot be \
         undone: {clean}"
    )
}
