//! The source does not serve the interface: never started, not registered, died, or unregistered.

use std::time::Duration;

use epmesh_facts::{BootMode, Platform, Service, ServiceState, StartType, Timestamp};
use epmesh_rpc::ProtocolSequence;

use super::{
    super::{Cause, Confidence, Side, State, case::Case, finding::Finding, latent::Losses},
    reason::reason,
};

/// For so long after its start a service is given time to register.
const STARTING: Duration = Duration::from_secs(20);

/// For so long after its boot a Windows host is given time to start a service that starts by itself:
/// services start one after the other, and the directory waits for DNS.
const BOOTING: Duration = Duration::from_secs(300);

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

/// Which of the ways it is, for a link that fails with `error`.
pub(super) fn lost(case: &Case<'_>, error: i64) -> Finding {
    // The source's word on its services and the destination's look are both sides of this step.
    let both = case.look.is_some() && case.source_services.is_some();
    let most = if both { Confidence::Proven } else { Confidence::Likely };
    if let Some(finding) = restore_mode(case, error) {
        return finding.sure(most);
    }
    let Some(service) = case.service() else {
        return Finding::failing(Cause::Unknown, Side::Source, error)
            .culprit("registration", case.source().to_string(), "not in its own endpoint map")
            .sure(Confidence::Likely)
            .missing(format!(
                "the state, on {}, of the service that serves the interface",
                case.source()
            ));
    };
    let name = format!("{} on {}", service.name, case.source());
    match service.state {
        ServiceState::Stopped | ServiceState::Stopping => stopped(case, service, name, error, most),
        ServiceState::Starting => late_or_starting(case, service, name, error, most),
        ServiceState::Running => running(case, service, name, error, most),
    }
}

/// Booted without its directory. The setting alone is not enough: scripts leave it behind.
fn restore_mode(case: &Case<'_>, error: i64) -> Option<Finding> {
    let mode = match case.source_host?.fact.boot_mode.value()? {
        BootMode::Normal => return None,
        BootMode::Safe => "safe mode",
        BootMode::SafeWithNetwork => "safe mode with networking",
        BootMode::DirectoryRepair => "Directory Services Repair Mode",
    };
    let directory = case.source_services?.fact.with_role(epmesh_facts::ServiceRole::Directory);
    if directory.is_some_and(|service| service.state == ServiceState::Running) {
        return None;
    }
    Some(Finding::failing(Cause::DirectoryServicesRestoreMode, Side::Source, error).culprit(
        "boot-mode",
        case.source().to_string(),
        format!("started in {mode}; the directory service does not run"),
    ))
}

fn stopped(
    case: &Case<'_>,
    service: &Service,
    name: String,
    error: i64,
    most: Confidence,
) -> Finding {
    let disabled = matches!(service.start.value(), Some(StartType::Disabled));
    let how = if disabled { "not running, disabled" } else { "not running" };
    let code = service.exit_code.value().copied();
    if let Some(last) = case.registrations().map(|known| known.last).max() {
        let ended = ended(code).map_or(String::new(), |ended| format!("; {ended}"));
        let losses = Losses::word(case, last, true);
        return Finding::failing(Cause::ServiceDied, Side::Source, error)
            .culprit("service", name, format!("{how}; was registered until {last}{ended}{losses}"))
            .sure(most);
    }
    let Some(boot) = case.source_boot().map(|boot| case.on_our_clock(boot.at)) else {
        return Finding::failing(Cause::Unknown, Side::Source, error)
            .culprit("service", name, how)
            .missing(format!("the boot time of {}", case.source()));
    };
    let windows = case.source_platform() == Some(Platform::Windows);
    let is_early = boot.until(case.now) < STARTING || is_booting(case, BOOTING);
    if service.start.value() == Some(&StartType::Automatic) && is_early {
        return starting(case, name, format!("not running yet, booted at {boot}"), most);
    }
    let tried = code.is_some_and(|code| NOT_STARTED.contains(&code));
    let ended = ended(code).filter(|_| windows).map_or(String::new(), |ended| format!("; {ended}"));
    // The service manager knows of a run that nobody else saw.
    if !ended.is_empty() && !tried {
        return Finding::failing(Cause::ServiceDied, Side::Source, error)
            .culprit("service", name, format!("{how}{ended}"))
            .sure(Confidence::Likely);
    }
    let sure = code == Some(NEVER_STARTED) || watched(case, boot);
    Finding::failing(Cause::ServiceNotStarted, Side::Source, error)
        .culprit(
            "service",
            name,
            format!("{how}; never registered since the boot at {boot}{ended}"),
        )
        .sure(if sure { most } else { Confidence::Likely })
}

/// What the exit code of a service that does not run tells of its end, or of the last attempt to start it.
fn ended(code: Option<u32>) -> Option<String> {
    let code = code.filter(|code| ![0, NEVER_STARTED].contains(code))?;
    let what = if NOT_STARTED.contains(&code) {
        "could not be started: code"
    } else {
        "ended with exit code"
    };
    Some(format!("{what} {code}"))
}

fn running(
    case: &Case<'_>,
    service: &Service,
    name: String,
    error: i64,
    most: Confidence,
) -> Finding {
    let Some(process) = case.process() else {
        return Finding::failing(Cause::Unknown, Side::Source, error)
            .culprit("service", name, "running, not registered")
            .missing(format!("the process of the service on {}", case.source()));
    };
    let pid = process.pid;
    let started = case.on_our_clock(process.started);
    let known = case.evidence.registrations.iter();
    let before = known
        .filter(|known| known.process == Some(process) && known.interface.offers(case.interface()))
        .map(|known| known.last)
        .max();
    let sequences = other_sequences(case);
    if before.is_none() {
        if started.until(case.now) < STARTING || is_booting(case, SERVING) {
            return starting(case, name, format!("process {pid} runs since {started}"), most);
        }
        if let Some(finding) = reason(case, service, error, most) {
            return finding;
        }
    }
    // Its own map may still have the interface, and be kept from telling.
    if case.own_map().is_none() {
        return Finding::failing(Cause::Unknown, Side::Source, error)
            .culprit("registration", name, format!("process {pid} runs since {started}"))
            .sure(Confidence::Likely)
            .missing(format!(
                "the endpoint map of {} by its own word: it tells whether the service has not \
                 registered, or something hides that it has",
                case.source()
            ));
    }
    if let Some(sequences) = sequences {
        let tcp = before.map_or("not on ncacn_ip_tcp".to_owned(), |last| {
            format!("on ncacn_ip_tcp until {last}")
        });
        return Finding::failing(Cause::ProtocolSequenceMissing, Side::Source, error)
            .culprit("registration", name, format!("registered on {sequences} only, {tcp}"))
            .sure(most);
    }
    if let Some(last) = before {
        return Finding::failing(Cause::EndpointsUnregistered, Side::Source, error)
            .culprit(
                "registration",
                name,
                format!(
                    "process {pid} runs since {started}; was registered until {last}{}",
                    Losses::word(case, last, false)
                ),
            )
            .sure(most);
    }
    Finding::failing(Cause::RegistrationFailed, Side::Source, error)
        .culprit(
            "registration",
            name,
            format!(
                "process {pid} runs since {started}; never registered since{}",
                other_version(case)
            ),
        )
        .sure(if watched(case, started) { most } else { Confidence::Likely })
}

/// Whether the source is a Windows host that booted no longer ago than this.
fn is_booting(case: &Case<'_>, within: Duration) -> bool {
    let booted = case.source_boot().map(|boot| case.on_our_clock(boot.at));
    case.source_platform() == Some(Platform::Windows)
        && booted.is_some_and(|booted| booted.until(case.now) < within)
}

/// The protocol sequences, but for TCP, on which the source's own map has the interface.
fn other_sequences(case: &Case<'_>) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    let rows = case.own_map()?.iter().filter(|row| {
        row.interface.offers(case.interface())
            && row.binding.sequence != ProtocolSequence::NcacnIpTcp
    });
    for sequence in rows.map(|row| row.binding.sequence.to_string()) {
        if !found.contains(&sequence) {
            found.push(sequence);
        }
    }
    (!found.is_empty()).then(|| found.join(", "))
}

/// What to add where the source's own map has another version of the interface: to a caller that is
/// another interface.
fn other_version(case: &Case<'_>) -> String {
    let wanted = case.interface();
    let mut rows = case.own_map().into_iter().flatten().map(|row| row.interface);
    let other = rows.find(|held| held.uuid == wanted.uuid && !held.offers(wanted));
    other.map_or_else(String::new, |other| {
        format!(
            "; its map has version {}.{} of the interface, not {}.{}",
            other.major, other.minor, wanted.major, wanted.minor
        )
    })
}

/// Whether a registration since then would have been seen.
fn watched(case: &Case<'_>, since: Timestamp) -> bool {
    case.evidence.watched_since.is_some_and(|watched| watched <= since.plus(UNSEEN))
}

/// A service that says that it is starting is one whose start failed, once it takes too long.
fn late_or_starting(
    case: &Case<'_>,
    service: &Service,
    name: String,
    error: i64,
    most: Confidence,
) -> Finding {
    let since = case.process().map(|process| process.started);
    let since = since.or_else(|| case.source_boot().map(|boot| boot.at));
    let since = since.map(|at| case.on_our_clock(at));
    if since.is_some_and(|since| since.until(case.now) >= BOOTING) {
        return reason(case, service, error, most).unwrap_or_else(|| {
            Finding::failing(Cause::RegistrationFailed, Side::Source, error)
                .culprit("service", name, "start-pending, for too long")
                .sure(Confidence::Likely)
        });
    }
    starting(case, name, "starting".to_owned(), most)
}

/// No fault yet: nothing is reported as failing.
fn starting(case: &Case<'_>, name: String, how: String, most: Confidence) -> Finding {
    let mut finding = Finding::failing(Cause::StartingUp, Side::Source, 0)
        .culprit("service", name, how)
        .missing(format!("a look after {} has started", case.source()))
        .sure(most.min(Confidence::Likely));
    finding.state = State::Unknown;
    finding
}
