//! The service of the source hangs: it is on its way from one state to another for too long, it is paused, or
//! it takes connections and never answers.

use std::{net::IpAddr, time::Duration};

use epmesh_facts::{
    Failure, IdentityMethod, Platform, Service, ServiceRole, ServiceState, Timestamp,
};

use super::{
    super::{
        super::{
            case::{Case, Reach, windows_code},
            cause::{Cause, Confidence, Side},
            culprit::{Culprit, MapperStage, PortAt, ServiceTrouble},
        },
        finding::Finding,
    },
    pattern::pattern,
};

/// For so long a service is given time to stop, to pause or to go on: a directory that is busy takes a minute
/// or two.
const ON_ITS_WAY: Duration = Duration::from_secs(180);

/// The coordinator hears of a host that was booted only so long after it began.
const UNSEEN: Duration = Duration::from_secs(120);

/// The time since when a service is known to be in the state in which it is.
#[derive(Clone, Copy)]
pub(super) struct Since {
    pub(super) at: Timestamp,
    /// Whether it was seen to come into it then; else it may be in it for longer.
    came_then: bool,
}

/// Since when the coordinator has heard that the service is in its state, where it kept count.
fn told(case: &Case<'_>, service: &Service) -> Option<Since> {
    let lasting = &case.evidence.source.lasting;
    let held = lasting.iter().find(|held| {
        held.state == service.state && held.service.eq_ignore_ascii_case(&service.name)
    })?;
    Some(Since { at: held.since, came_then: held.came_then })
}

/// Since when the service is known to be starting. A service that was not registered in this life of its
/// process has been starting since then, unless it was seen to begin later, or nobody watched all the while.
pub(super) fn starting_since(case: &Case<'_>, service: &Service) -> Option<Timestamp> {
    let told = told(case, service);
    if let Some(Since { at, came_then: true }) = told {
        return Some(at);
    }
    let began = service.process.value().map(|process| process.started);
    let began = began.or_else(|| case.source_boot().map(|boot| boot.at));
    let began = began.map(|at| case.on_our_clock(at));
    let is_of_all = |began: &Timestamp| {
        // It ran in between, and was stopped and started again, nobody knows when.
        let ran = case.registrations().any(|known| known.last >= *began);
        // The coordinator came later and does not know what it was before.
        let unseen = told.is_some()
            && case.evidence.watched_since.is_none_or(|watched| watched > began.plus(UNSEEN));
        !ran && !unseen
    };
    began.filter(is_of_all).or(told.map(|told| told.at))
}

/// Whether a service that is starting, of which nobody saw the beginning, has lost its registration so long ago
/// that it hangs, unless it was stopped in between and has just been started again.
pub(super) fn is_long_gone(case: &Case<'_>, service: &Service, within: Duration) -> bool {
    let gone = case.registrations().map(|known| known.last).max();
    told(case, service).is_none() && gone.is_some_and(|gone| gone.until(case.now) >= within)
}

/// The finding on a service that is starting, nobody knows since when, long after its registration was lost.
pub(super) fn may_hang(case: &Case<'_>, service: &Service, error: i64) -> Finding {
    let trouble = ServiceTrouble::Lasts { state: service.state, since: None };
    finding(case, service, trouble, error).sure(Confidence::Possible)
}

/// Since when the service is known to be stopping: with that, what it had registered is gone.
fn stopping_since(case: &Case<'_>, service: &Service) -> Option<Timestamp> {
    let told = told(case, service);
    if let Some(Since { at, came_then: true }) = told {
        return Some(at);
    }
    let gone = case.registrations().max_by_key(|known| known.last);
    let gone = gone.map(|known| known.lost.unwrap_or(known.last));
    let denied = case.looked_over().filter(|_| gone.is_none()).map(|(since, _)| since);
    let since = told.map(|told| told.at);
    [gone, denied, since].into_iter().flatten().min()
}

/// The finding on a service that is stopping, or on its way into or out of a pause, and does not serve: it hangs
/// once that takes too long.
pub(super) fn on_its_way(
    case: &Case<'_>,
    service: &Service,
    error: i64,
    most: Confidence,
) -> Option<Finding> {
    let since = match service.state {
        ServiceState::Stopping => stopping_since(case, service),
        ServiceState::Pausing | ServiceState::Resuming => told(case, service).map(|told| told.at),
        ServiceState::Paused => {
            let trouble = ServiceTrouble::Lasts {
                state: service.state,
                since: told(case, service).map(|told| told.at),
            };
            return Some(finding(case, service, trouble, error).sure(most));
        }
        ServiceState::Running | ServiceState::Starting | ServiceState::Stopped => return None,
    };
    let late = since.is_some_and(|since| since.until(case.now) >= ON_ITS_WAY);
    let trouble = ServiceTrouble::Lasts { state: service.state, since };
    let finding = finding(case, service, trouble, error).sure(most);
    // Not for long yet: it is about to end, and its registration is gone.
    Some(if late { finding } else { Finding { cause: Cause::ServiceDied, ..finding } })
}

/// The finding on a service that has been starting since then, which is too long.
pub(super) fn starts_too_long(
    case: &Case<'_>,
    service: &Service,
    since: Timestamp,
    error: i64,
) -> Finding {
    let trouble = ServiceTrouble::Lasts { state: service.state, since: Some(since) };
    finding(case, service, trouble, error).sure(Confidence::Likely)
}

/// The finding on a source that still works, and will not for long: the service that serves the interface is
/// paused or stuck on its way, or Netlogon is paused, as the directory has it after a rollback of its update
/// sequence numbers.
pub(in super::super) fn stuck(case: &Case<'_>) -> Option<Finding> {
    let services = &case.source_services?.fact;
    let is_at_rest =
        |service: &Service| matches!(service.state, ServiceState::Running | ServiceState::Stopped);
    if services.list.value()?.iter().all(is_at_rest) {
        return None;
    }
    let is_stuck = |service: &&Service| match service.state {
        ServiceState::Paused => true,
        ServiceState::Stopping | ServiceState::Pausing | ServiceState::Resuming => {
            told(case, service).is_some_and(|told| told.at.until(case.now) >= ON_ITS_WAY)
        }
        ServiceState::Running | ServiceState::Starting | ServiceState::Stopped => false,
    };
    let netlogon = || {
        let netlogon = services.with_role(ServiceRole::Netlogon)?;
        let is_windows = case.source_platform() == Some(Platform::Windows);
        let is_paused = netlogon.state == ServiceState::Paused;
        let counts = is_windows && case.is_replication() && is_paused;
        (counts && !is_pulled(case, netlogon)).then_some(netlogon)
    };
    let service = case.service().filter(is_stuck).or_else(netlogon)?;
    let since = told(case, service).map(|told| told.at);
    let trouble = ServiceTrouble::Lasts { state: service.state, since };
    let error = if case.service() == Some(service) { 1753 } else { 8456 };
    Some(finding(case, service, trouble, error).sure(Confidence::Likely))
}

/// Whether the destination has replicated from the source since the service was paused: what paused it then
/// does not keep the source from sending changes.
fn is_pulled(case: &Case<'_>, paused: &Service) -> bool {
    let since = told(case, paused).map_or(case.now.minus(ON_ITS_WAY), |told| told.at);
    let mut attempts = case.attempts().filter(|attempt| attempt.error == 0);
    attempts.any(|attempt| attempt.success.is_some_and(|success| success >= since))
}

fn finding(case: &Case<'_>, service: &Service, trouble: ServiceTrouble, error: i64) -> Finding {
    let (service, dc) = (Some(service.name.clone()), case.source().clone());
    Finding::failing(Cause::ServiceHangs, Side::Source, error).blames(Culprit::Service {
        service,
        dc,
        trouble,
    })
}

/// The finding on a port that takes connections and from which no answer comes, for nobody. Where another witness
/// is served there, something on the way keeps the answers; where the process that should answer does so
/// elsewhere, it does not hang.
pub(super) fn never_answers(
    case: &Case<'_>,
    address: IpAddr,
    port: u16,
    failure: &Failure,
    is_mapper: bool,
) -> Option<Finding> {
    if *failure != Failure::TimedOut {
        return None;
    }
    let silent = |reach: &Reach<'_>| match reach {
        Reach::Mapper(MapperStage::Bind, Failure::TimedOut) => is_mapper,
        Reach::PortBind(_, Failure::TimedOut) => !is_mapper,
        _ => false,
    };
    let served = |reach: &Reach<'_>| match reach {
        Reach::Reached(_) => true,
        Reach::NotRegistered(_) | Reach::PortUnreached(..) | Reach::PortBind(..) => is_mapper,
        // What answers the bind does not hang.
        Reach::Mapper(stage, _) => is_mapper && *stage == MapperStage::Map,
        Reach::Unreached(_) | Reach::NotSeen => false,
    };
    let pattern = pattern(case, address, silent, served);
    // A process that hangs answers at none of the host's addresses.
    if pattern.is_served() || pattern.is_served_elsewhere() {
        return None;
    }
    let services = case.source_services.map(|services| &services.fact);
    let mapper = || services.and_then(|all| all.with_role(ServiceRole::EndpointMapper));
    let service = if is_mapper { mapper() } else { case.service() };
    // The directory answers LDAP from the same process as RPC.
    let is_directory = || match case.service() {
        Some(service) => service.roles.contains(&ServiceRole::Ldap),
        None => case.is_replication(),
    };
    let ldap = ldap(case, address);
    if !is_mapper && is_directory() && ldap == Some(true) {
        return None;
    }
    // A device between two sites may take the connections of all that come through it in the source's place,
    // and so may one in front of a single witness.
    let near = pattern.has_neighbour(case);
    let also = pattern.failing();
    let sure = if also.is_some() && near { Confidence::Likely } else { Confidence::Possible };
    let at = PortAt { address, port, dc: case.source().clone() };
    let ldap_is_silent = ldap == Some(false);
    let trouble = ServiceTrouble::NeverAnswers { at, ldap_is_silent, also };
    let culprit = Culprit::Service {
        service: service.map(|service| service.name.clone()),
        dc: case.source().clone(),
        trouble,
    };
    Some(
        Finding::failing(Cause::ServiceHangs, Side::Source, windows_code(failure))
            .blames(culprit)
            .sure(sure),
    )
}

/// Whether an LDAP question of the destination was answered at an address, where it was asked and either an
/// answer or nothing came.
fn ldap(case: &Case<'_>, address: IpAddr) -> Option<bool> {
    let asked =
        case.probe(address)?.identity.iter().filter(|probe| {
            matches!(probe.method, IdentityMethod::RootDse | IdentityMethod::LdapPing)
        });
    let mut silent = None;
    for probe in asked {
        match &probe.outcome {
            Ok(_) => return Some(true),
            Err(Failure::TimedOut | Failure::Unfinished) => silent = Some(false),
            Err(_) => {}
        }
    }
    silent
}
