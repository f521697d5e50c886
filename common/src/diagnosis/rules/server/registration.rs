//! The source does not serve the interface: never started, not registered, died, or unregistered.

use std::time::Duration;

use epmesh_facts::{BootMode, Platform, Service, ServiceRole, ServiceState, StartType, Timestamp};
use epmesh_rpc::{InterfaceId, ProtocolSequence};

use super::{
    super::{
        super::{
            case::Case,
            cause::{Cause, Confidence, Side, State},
            culprit::{
                Culprit, RegistrationHolder, RegistrationTrouble, Running, ServiceEnd,
                ServiceTrouble,
            },
        },
        finding::Finding,
        missing::Missing,
    },
    hangs::{is_long_gone, may_hang, on_its_way, starting_since, starts_too_long},
    reason::{certain_reason, reason},
};

/// For so long after its start a service is given time to register.
const STARTING: Duration = Duration::from_secs(20);

/// For so long after its boot a Windows host is given time to start a service that starts by itself:
/// services start one after the other, and the directory waits for DNS.
pub(in super::super) const BOOTING: Duration = Duration::from_secs(300);

/// For so long after its boot a Windows host is given time to register what runs: lsass starts within
/// seconds, and the directory in it serves only when RPC and the network do.
const SERVING: Duration = Duration::from_secs(120);

/// A registration that came and went in so short a time after the boot is not missed: an agent is
/// itself started with the host.
const UNSEEN: Duration = Duration::from_secs(120);

/// `ERROR_SERVICE_NEVER_STARTED`: the service manager's own word that there was no attempt since the
/// boot.
const NEVER_STARTED: u32 = 1077;

/// What the service manager keeps of a service that it could not start: it took too long
/// (`ERROR_SERVICE_REQUEST_TIMEOUT`), is disabled, depends on one that failed or is not there, or its account
/// was not let in or is not that of its process. These tell of an attempt, and of no run.
const NOT_STARTED: [u32; 6] = [1053, 1058, 1068, 1069, 1075, 1079];

/// How a link fails whose source does not serve the interface.
#[derive(Clone, Copy)]
struct Link {
    /// The error that the destination reports.
    error: i64,
    /// The most that can be said: whether both sides of this step were seen.
    most: Confidence,
}

impl Link {
    const fn failing(self, cause: Cause) -> Finding {
        Finding::failing(cause, Side::Source, self.error)
    }
}

/// The way in which the source has lost the interface, for a link that fails with `error`.
pub(super) fn lost(case: &Case<'_>, error: i64) -> Finding {
    // The source's word on its services and the destination's look are both sides of this step.
    let both = case.look.is_some() && case.source_services.is_some();
    let most = if both { Confidence::Proven } else { Confidence::Likely };
    let link = Link { error, most };
    if let Some(finding) = restore_mode(case, link) {
        return finding;
    }
    let Some(service) = case.service() else {
        return link
            .failing(Cause::Unknown)
            .blames(Culprit::Registration {
                holder: RegistrationHolder::Dc(case.source().clone()),
                trouble: RegistrationTrouble::NotInOwnMap,
            })
            .sure(Confidence::Likely)
            .missing(Missing::ServiceState);
    };
    match service.state {
        ServiceState::Stopped => stopped(case, service, link),
        ServiceState::Starting => late_or_starting(case, service, link),
        ServiceState::Stopping
        | ServiceState::Pausing
        | ServiceState::Paused
        | ServiceState::Resuming => {
            on_its_way(case, service, error, most).unwrap_or_else(|| running(case, service, link))
        }
        ServiceState::Running => running(case, service, link),
    }
}

/// The service with what is wrong with it.
fn blamed(case: &Case<'_>, service: &Service, trouble: ServiceTrouble) -> Culprit {
    let (service, dc) = (Some(service.name.clone()), case.source().clone());
    Culprit::Service { service, dc, trouble }
}

/// The registration of the service with how it stands.
fn registration(case: &Case<'_>, service: &Service, trouble: RegistrationTrouble) -> Culprit {
    let (service, dc) = (Some(service.name.clone()), case.source().clone());
    Culprit::Registration { holder: RegistrationHolder::Service { service, dc }, trouble }
}

/// The source was started without its directory. The setting alone is not enough: scripts leave it behind.
fn restore_mode(case: &Case<'_>, link: Link) -> Option<Finding> {
    let mode = *case.source_host?.fact.boot_mode.value()?;
    let directory = case.source_services?.fact.with_role(ServiceRole::Directory);
    let runs = directory.is_some_and(|service| service.state == ServiceState::Running);
    (mode != BootMode::Normal && !runs).then(|| {
        link.failing(Cause::DirectoryServicesRestoreMode)
            .blames(Culprit::BootMode { dc: case.source().clone(), mode })
            .sure(link.most)
    })
}

fn stopped(case: &Case<'_>, service: &Service, link: Link) -> Finding {
    let is_disabled = matches!(service.start.value(), Some(StartType::Disabled));
    let code = service.exit_code.value().copied();
    if let Some(until) = case.registrations().map(|known| known.last).max() {
        let (end, flapping) = (ended(code), case.lost_again(until, true));
        let trouble = ServiceTrouble::Died { is_disabled, until, end, flapping };
        return link
            .failing(Cause::ServiceDied)
            .blames(blamed(case, service, trouble))
            .sure(link.most);
    }
    let Some(boot) = case.source_boot().map(|boot| case.on_our_clock(boot.at)) else {
        let trouble = ServiceTrouble::NotRunning { is_disabled, end: None };
        return link
            .failing(Cause::Unknown)
            .blames(blamed(case, service, trouble))
            .missing(Missing::BootTime);
    };
    let windows = case.source_platform() == Some(Platform::Windows);
    let is_early = boot.until(case.now) < STARTING || is_booting(case, BOOTING);
    if service.start.value() == Some(&StartType::Automatic) && is_early {
        return starting(case, service, ServiceTrouble::NotYetStarted { boot }, link.most);
    }
    let end = ended(code).filter(|_| windows);
    // The service manager knows of a run that nobody else saw.
    if matches!(end, Some(ServiceEnd::Exit(_))) {
        return link
            .failing(Cause::ServiceDied)
            .blames(blamed(case, service, ServiceTrouble::NotRunning { is_disabled, end }))
            .sure(Confidence::Likely);
    }
    let sure = code == Some(NEVER_STARTED) || watched(case, boot);
    link.failing(Cause::ServiceNotStarted)
        .blames(blamed(case, service, ServiceTrouble::NeverStarted { is_disabled, boot, end }))
        .sure(if sure { link.most } else { Confidence::Likely })
}

/// The end of a service that does not run, or of the last attempt to start it, by its exit code.
pub(in super::super) fn ended(code: Option<u32>) -> Option<ServiceEnd> {
    let code = code.filter(|code| ![0, NEVER_STARTED].contains(code))?;
    let is_attempt = NOT_STARTED.contains(&code);
    Some(if is_attempt { ServiceEnd::NotStarted(code) } else { ServiceEnd::Exit(code) })
}

fn running(case: &Case<'_>, service: &Service, link: Link) -> Finding {
    let blames = |finding: Finding, trouble| finding.blames(registration(case, service, trouble));
    let Some(process) = case.process() else {
        let finding = link.failing(Cause::Unknown).missing(Missing::ServiceProcess);
        return blames(finding, RegistrationTrouble::ProcessNotKnown);
    };
    let since = case.on_our_clock(process.started);
    let runs = Running::new(process, since);
    let known = case.evidence.registrations.iter();
    let before = known
        .filter(|known| known.process == Some(process) && known.interface.offers(case.interface()))
        .map(|known| known.last)
        .max();
    if before.is_none() {
        if since.until(case.now) < STARTING || is_booting(case, SERVING) {
            return starting(case, service, ServiceTrouble::JustStarted(runs), link.most);
        }
        if let Some(finding) = reason(case, service, link.error, link.most) {
            return finding;
        }
    }
    // Its own map may still have the interface, and be kept from telling.
    if case.registered_ports().is_none() {
        let finding = link.failing(Cause::Unknown).missing(Missing::OwnMap);
        let finding = finding.sure(Confidence::Likely);
        return blames(finding, RegistrationTrouble::MapNotSeen(runs));
    }
    let sequences = other_sequences(case);
    if !sequences.is_empty() {
        let finding = link.failing(Cause::ProtocolSequenceMissing).sure(link.most);
        let trouble = RegistrationTrouble::OtherSequences { sequences, tcp_until: before };
        return blames(finding, trouble);
    }
    if let Some(until) = before {
        let flapping = case.lost_again(until, false);
        let finding = link.failing(Cause::EndpointsUnregistered).sure(link.most);
        return blames(finding, RegistrationTrouble::Lost { running: runs, until, flapping });
    }
    let sure = if watched(case, since) { link.most } else { Confidence::Likely };
    let finding = link.failing(Cause::RegistrationFailed).sure(sure);
    let other_version = other_version(case);
    blames(finding, RegistrationTrouble::Never { running: runs, other_version })
}

/// Whether the source is a Windows host that booted no longer ago than this.
fn is_booting(case: &Case<'_>, within: Duration) -> bool {
    let booted = case.source_boot().map(|boot| case.on_our_clock(boot.at));
    case.source_platform() == Some(Platform::Windows)
        && booted.is_some_and(|booted| booted.until(case.now) < within)
}

/// The protocol sequences other than TCP on which the source's own map has the interface.
fn other_sequences(case: &Case<'_>) -> Vec<ProtocolSequence> {
    let mut found: Vec<ProtocolSequence> = Vec::new();
    for row in case.own_map().into_iter().flatten() {
        let sequence = &row.binding.sequence;
        if row.interface.offers(case.interface())
            && *sequence != ProtocolSequence::NcacnIpTcp
            && !found.contains(sequence)
        {
            found.push(sequence.clone());
        }
    }
    found
}

/// Another version of the interface that the source's own map has, and the one that is wanted: to a caller
/// these are two interfaces.
fn other_version(case: &Case<'_>) -> Option<(InterfaceId, InterfaceId)> {
    let wanted = case.interface();
    let mut rows = case.own_map().into_iter().flatten().map(|row| row.interface);
    let other = rows.find(|held| held.uuid == wanted.uuid && !held.offers(wanted));
    other.map(|other| (other, wanted))
}

/// Whether a registration since then would have been seen.
fn watched(case: &Case<'_>, since: Timestamp) -> bool {
    case.evidence.watched_since.is_some_and(|watched| watched <= since.plus(UNSEEN))
}

/// The finding on a service that listens on nothing because it is on its way from one state to another; none where
/// it runs or is stopped.
pub(super) fn not_up(case: &Case<'_>, service: &Service, error: i64) -> Option<Finding> {
    let link = Link { error, most: Confidence::Likely };
    match service.state {
        ServiceState::Starting => Some(late_or_starting(case, service, link)),
        _ => on_its_way(case, service, error, Confidence::Likely),
    }
}

/// A service that says that it is starting hangs, once it takes too long. Where a setting stands in its way with
/// which nothing registers, that is the cause.
fn late_or_starting(case: &Case<'_>, service: &Service, link: Link) -> Finding {
    if let Some(since) = starting_since(case, service)
        && since.until(case.now) >= BOOTING
    {
        return certain_reason(case, service, link.error, link.most)
            .unwrap_or_else(|| starts_too_long(case, service, since, link.error));
    }
    if is_long_gone(case, service, BOOTING) {
        return may_hang(case, service, link.error);
    }
    starting(case, service, ServiceTrouble::Starting, link.most)
}

/// No fault yet: nothing is reported as failing.
fn starting(
    case: &Case<'_>,
    service: &Service,
    trouble: ServiceTrouble,
    most: Confidence,
) -> Finding {
    let mut finding = Finding::failing(Cause::StartingUp, Side::Source, 0)
        .blames(blamed(case, service, trouble))
        .missing(Missing::LookAfterStart)
        .sure(most.min(Confidence::Likely));
    finding.state = State::Unknown;
    finding
}
