//! Nothing is restarted where nothing needs it: what works now goes on working, what stands on the way or in a name is
//! not mended at the host, and a setting that is read at the next start needs none.

use epmesh_common::{
    diagnosis::{Cause, Culprit, Side, State},
    facts::Answer,
};

use crate::{
    cases::holds,
    commands::{Command, commands},
    judged::Judged,
};

/// What a step ends or starts anew: the commands, and a host or service of which it says "restart".
fn restarts(case: &Judged, step: &str) -> Vec<String> {
    let ends = |command: &Command<'_>| match command.program {
        "shutdown" | "taskkill" => true,
        "net" => ["stop", "pause"].contains(&command.word(0)),
        "systemctl" => ["stop", "restart"].contains(&command.word(0)),
        cmdlet => cmdlet.starts_with("Restart-") || cmdlet.starts_with("Stop-"),
    };
    let mut found: Vec<String> =
        commands(step).iter().filter(|one| ends(one)).map(Command::line).collect();
    let link = &case.evidence.link;
    let (source, destination) = (link.source.to_string(), link.destination.to_string());
    for (at, said) in step.match_indices("restart ") {
        let before = step.get(..at).unwrap_or_default();
        let rest = step.get(at + said.len()..).unwrap_or_default();
        let what = rest.split([' ', ',', ';']).next().unwrap_or_default();
        let is_told = !before.ends_with("systemctl ")
            && !before.ends_with("next ")
            && !before.ends_with("a ");
        if is_told
            && (["NTDS", "Netlogon", "the", "it"].contains(&what)
                || what == source
                || what == destination)
        {
            found.push(format!("restart {what}"));
        }
    }
    found
}

/// Whether the registry of the source has a static port, or nearly has one, that is not in force: it is read when the
/// service starts.
fn has_static_port(case: &Judged) -> bool {
    let Some(held) = &case.evidence.source.rpc_settings else { return false };
    let is_set = held.fact.static_ports.iter().any(|row| row.port.value().is_some());
    is_set || held.fact.near_misses.value().is_some_and(|misses| !misses.is_empty())
}

/// Whether no DNS server has anything of the source: what registers it is what has to run anew if nothing else helps.
fn records_are_gone(case: &Judged) -> bool {
    let own = case
        .evidence
        .observations
        .iter()
        .rfind(|look| look.witness == case.evidence.link.destination);
    let mut said = own.into_iter().flat_map(|look| &look.seen.lookups);
    case.verdict.error.code == 8524
        && said.any(|lookup| matches!(lookup.answer, Answer::NoSuchName | Answer::NoData))
}

/// Whether a restart ends the trouble of this verdict, by its cause and by what was seen.
fn needs_restart(case: &Judged) -> bool {
    let verdict = &case.verdict;
    let culprit = verdict.culprit.as_ref().and_then(|blamed| blamed.culprit());
    let is_failing = verdict.state == State::Failing;
    match verdict.cause {
        // It does not run, or not in the mode in which it serves.
        Cause::ServiceNotStarted
        | Cause::ServiceDied
        | Cause::DirectoryServicesRestoreMode
        | Cause::DestinationNotServing
        // Only a new process registers again, or answers again.
        | Cause::EndpointsUnregistered
        | Cause::RegistrationFailed
        | Cause::ProtocolSequenceMissing
        | Cause::ServiceHangs
        // The setting is read when the host or the service starts, and it did harm then.
        | Cause::ClientProtocolsMissing
        | Cause::RpcInternetPortsInvalid
        | Cause::RpcBindLinkageInvalid
        | Cause::PortRangeExhausted
        | Cause::PortRangeConstrained
        | Cause::StaticPortConflict
        | Cause::RpcServiceMisconfigured
        | Cause::EpmAccessDenied => is_failing,
        // The map is the source's own, and wrong.
        Cause::StaleEndpoint => is_failing && verdict.side == Side::Source,
        // The filter kept it from registering, and it does not try again.
        Cause::RpcFiltered => is_failing && matches!(culprit, Some(Culprit::Obstacle { .. })),
        Cause::DynamicPortBlocked => is_failing && has_static_port(case),
        // KB 2090913 and KB 2183411 stop the KDC that gives out tickets with an old password.
        Cause::ReplicationRefused => [-2_146_893_022, 1396].contains(&verdict.error.code),
        Cause::Unknown => verdict.side == Side::Source,
        _ => false,
    }
}

#[test]
fn nothing_is_restarted_that_nothing_needs() {
    let mut latent = 0;
    let mut elsewhere = 0;
    holds(2_000, |case, met| {
        let verdict = &case.verdict;
        let is_elsewhere = !matches!(verdict.side, Side::Source);
        latent += usize::from(verdict.state == State::Latent);
        elsewhere += usize::from(verdict.state == State::Failing && is_elsewhere);
        *met += verdict.remedy.len();
        if needs_restart(case) {
            return Vec::new();
        }
        let mut wrong = Vec::new();
        for step in &verdict.remedy {
            // The service that registers records, and only where they do not come otherwise.
            let is_netlogon =
                step.starts_with("if the records do not come") && records_are_gone(case);
            for what in restarts(case, step) {
                if !(is_netlogon && what.to_lowercase().ends_with(" netlogon")) {
                    wrong.push(format!("{} ({}): {what}: {step}", verdict.cause, verdict.state));
                }
            }
        }
        wrong
    });
    assert!(latent >= 100 && elsewhere >= 500, "{latent} {elsewhere}");
}

/// What is wrong at the destination is mended there, and what is wrong at the source there.
#[test]
fn nothing_is_restarted_at_the_other_end() {
    holds(20, |case, met| {
        if case.verdict.side != Side::Destination {
            return Vec::new();
        }
        *met += 1;
        let source = format!("restart {}", case.evidence.link.source);
        let steps = case.verdict.remedy.iter();
        steps.filter(|step| step.contains(&source)).cloned().collect()
    });
}
