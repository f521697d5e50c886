//! The destination itself does not replicate: its directory does not run, or its RPC runtime has no TCP.

use std::time::Duration;

use epmesh_facts::{
    BootMode, Platform, Reading, Service, ServiceRole, ServiceState, StartType, Timestamp,
};

use super::{
    super::{
        case::Case,
        cause::{Cause, Confidence, Side, State},
        culprit::{Consequence, Culprit, Obstacle, RefusedReplication, ServiceTrouble},
        replication_error::{Bearing, Kind},
    },
    finding::Finding,
    missing::Missing,
    server,
};

/// `RPC_S_PROTSEQ_NOT_SUPPORTED`: "protocol sequence not supported on this host" (RpcNetworkIsProtseqValid).
const NO_PROTOCOL_SEQUENCE: i64 = 1703;

/// The services by whose roles a destination replicates: Windows has one for both, Samba a task that pulls.
const PULLING: [ServiceRole; 2] = [ServiceRole::Directory, ServiceRole::Replication];

/// The destination's own directory does not run, by its own word: nothing replicates to it from any
/// source, and nothing reports an error.
pub(in super::super) fn not_serving(case: &Case<'_>) -> Option<Finding> {
    if !case.is_replication() {
        return None;
    }
    if let Some(mode) = restore_mode(case) {
        let culprit = Culprit::BootMode { dc: case.destination().clone(), mode };
        return Some(failing().blames(culprit));
    }
    let still = |service: &&Service| service.state != ServiceState::Running;
    // Of most hosts nothing more is to be asked.
    let list = case.destination_services?.fact.list.value()?;
    let pulls = |service: &Service| PULLING.iter().any(|role| service.roles.contains(role));
    if !list.iter().any(|service| still(&service) && pulls(service)) {
        return None;
    }
    let roles = PULLING.into_iter();
    let service = roles.filter_map(|role| case.destination_service(role)).find(still)?;
    let booted = case.destination_boot().map(|boot| case.on_our_clock_there(boot.at));
    let for_long = |since: Option<Timestamp>, grace: Duration| {
        since.is_none_or(|since| since.until(case.now) >= grace)
    };
    let windows = case.destination_platform() == Some(Platform::Windows);
    let starts_itself = service.start.value() == Some(&StartType::Automatic);
    let trouble = match service.state {
        ServiceState::Starting => {
            let began = service.process.value().map(|it| case.on_our_clock_there(it.started));
            let since = began.or(booted);
            if !for_long(since, server::BOOTING) {
                return Some(starting(blamed(case, service, ServiceTrouble::Starting)));
            }
            ServiceTrouble::Lasts { state: service.state, since }
        }
        ServiceState::Stopped => {
            let early = booted.filter(|_| windows && starts_itself);
            if let Some(boot) = early.filter(|boot| !for_long(Some(*boot), server::BOOTING)) {
                return Some(starting(blamed(
                    case,
                    service,
                    ServiceTrouble::NotYetStarted { boot },
                )));
            }
            let is_disabled = service.start.value() == Some(&StartType::Disabled);
            let end = server::ended(service.exit_code.value().copied()).filter(|_| windows);
            ServiceTrouble::NotRunning { is_disabled, end }
        }
        state => ServiceTrouble::Lasts { state, since: None },
    };
    Some(failing().blames(blamed(case, service, trouble)))
}

fn failing() -> Finding {
    Finding::failing(Cause::DestinationNotServing, Side::Destination, 0).sure(Confidence::Likely)
}

fn blamed(case: &Case<'_>, service: &Service, trouble: ServiceTrouble) -> Culprit {
    let (service, dc) = (Some(service.name.clone()), case.destination().clone());
    Culprit::Service { service, dc, trouble }
}

/// No fault yet.
fn starting(culprit: Culprit) -> Finding {
    let finding = Finding::failing(Cause::StartingUp, Side::Destination, 0).blames(culprit);
    let mut finding = finding.missing(Missing::DestinationStarted).sure(Confidence::Likely);
    finding.state = State::Unknown;
    finding
}

/// The service that is the destination's directory. Before Windows Server 2008 that is a part of lsass, which runs
/// in every mode.
fn directory_service<'a>(case: &Case<'a>) -> Option<&'a Service> {
    let service = case.destination_service(ServiceRole::Directory);
    service.filter(|service| !service.name.eq_ignore_ascii_case("SamSs"))
}

/// The mode in which the destination was started without its directory. The setting alone is not enough:
/// scripts leave it behind. Where its services were not told, its directory has to be silent.
fn restore_mode(case: &Case<'_>) -> Option<BootMode> {
    let mode = *case.destination_host()?.boot_mode.value()?;
    if mode == BootMode::Normal {
        return None;
    }
    let runs = match directory_service(case) {
        Some(service) => service.state == ServiceState::Running,
        None => case
            .destination_directory()
            .is_none_or(|copy| !matches!(copy.settings, Reading::Unreadable(_))),
    };
    (!runs).then_some(mode)
}

/// The finding where it is not known whether the destination's directory runs: it was started in a mode without
/// it, and its services were not told.
pub(super) fn may_not_serve(case: &Case<'_>, found: Finding) -> Finding {
    let mode = case.destination_host().and_then(|host| host.boot_mode.value());
    if found.state != State::Healthy
        || mode.is_none_or(|mode| *mode == BootMode::Normal)
        || !case.is_replication()
        || directory_service(case).is_some()
    {
        return found;
    }
    let sure = found.confidence.min(Confidence::Likely);
    found.sure(sure).missing(Missing::DestinationDirectory)
}

/// The destination's RPC runtime has no TCP. It fails where Windows' own result fits that, or where its own
/// directory came up without TCP as a server; else it will, since the setting may count from the next restart
/// alone.
pub(super) fn without_tcp(case: &Case<'_>, found: Finding) -> Finding {
    if case.destination_platform() != Some(Platform::Windows) {
        return found;
    }
    let Some(trouble) = case.destination_rpc().and_then(server::protocols_trouble) else {
        return found;
    };
    let refused = match found.culprit.as_deref() {
        Some(Culprit::Replication(RefusedReplication { error, .. })) => Some(*error),
        _ => None,
    };
    let finding = |error| Finding::failing(Cause::ClientProtocolsMissing, Side::Destination, error);
    let blames = |consequence| Culprit::Obstacle {
        obstacle: Obstacle::ClientProtocols(trouble),
        dc: case.destination().clone(),
        consequence,
    };
    let is_way = |error| Kind::of(error, Some(Platform::Windows)).bearing() == Bearing::Way;
    match refused {
        Some(error) if error == NO_PROTOCOL_SEQUENCE || is_way(error) => {
            finding(error).blames(blames(Consequence::OwnCallsFail(error))).sure(found.confidence)
        }
        None if found.state == State::Healthy && case.destination_came_up_without_tcp() => {
            finding(NO_PROTOCOL_SEQUENCE)
                .blames(blames(Consequence::OwnCallsFail(NO_PROTOCOL_SEQUENCE)))
                .sure(Confidence::Likely)
        }
        None if found.state == State::Healthy => finding(NO_PROTOCOL_SEQUENCE)
            .blames(blames(Consequence::OwnCallsWillFail(NO_PROTOCOL_SEQUENCE)))
            .sure(Confidence::Likely)
            .latent(),
        _ => found,
    }
}
