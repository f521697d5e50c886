//! What will break a link that works: settings that count from the next restart, a registration that
//! comes and goes, ports that run out. What cannot break it is a note, and no verdict.

use std::time::Duration;

use epmesh_facts::{Platform, PortUse, ServiceRole, StartType, Timestamp, Transport};

use super::{Cause, Confidence, Side, case::Case, finding::Finding, server};

/// Losses within so long a time count together.
const WINDOW: Duration = Duration::from_secs(2 * 3600);

/// Fewer losses than these are restarts.
const LOSSES: usize = 3;

/// The word for it in a culprit.
pub(super) const FLAPPING: &str = "flapping";

/// The first of them.
pub(super) fn latent(case: &Case<'_>) -> Option<Finding> {
    flapping(case)
        .or_else(|| server::breaks_at_restart(case))
        .or_else(|| disabled(case))
        .or_else(|| refused(case))
        .or_else(|| exhausted(case))
        .map(Finding::latent)
}

/// How often a registration was lost.
pub(super) struct Losses {
    count: usize,
    /// So many of them with the process.
    deaths: usize,
}

impl Losses {
    /// Those after which it came back, of the two hours before `end` and in this life of the host.
    fn until(case: &Case<'_>, end: Timestamp) -> Self {
        let mut losses = Self { count: 0, deaths: 0 };
        let mut known = case.registrations().filter(|known| known.last.until(end) <= WINDOW);
        let Some(mut before) = known.next() else { return losses };
        for next in known {
            // A process that is not known is not taken for another one.
            let died = matches!((before.process, next.process), (Some(a), Some(b)) if a != b);
            if died || before.lost.is_some() {
                losses.count += 1;
                losses.deaths += usize::from(died);
            }
            before = next;
        }
        losses
    }

    /// Whether they are too many to be restarts.
    const fn is_flapping(&self) -> bool {
        self.count >= LOSSES
    }

    /// What to add to a registration that is gone since `end`, with its process or without, where it
    /// came and went before: starting the service once more will not do. Counted up to its end, so that
    /// it does not change while nothing does.
    pub(super) fn word(case: &Case<'_>, end: Timestamp, died: bool) -> String {
        let Self { count, deaths } = Self::until(case, end);
        let all = Self { count: count + 1, deaths: deaths + usize::from(died) };
        if all.is_flapping() { format!("; {FLAPPING}: {all}") } else { String::new() }
    }
}

impl std::fmt::Display for Losses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { count, deaths } = self;
        write!(f, "lost {count} times within two hours, {deaths} of them with its process")
    }
}

/// Registered now, and lost again and again in this life of the host.
fn flapping(case: &Case<'_>) -> Option<Finding> {
    let losses = Losses::until(case, case.now);
    if !losses.is_flapping() {
        return None;
    }
    let (cause, kind) = if losses.deaths * 2 > losses.count {
        (Cause::ServiceDied, "service")
    } else {
        (Cause::EndpointsUnregistered, "registration")
    };
    let service = case.service().map_or("the service", |service| service.name.as_str());
    Some(
        Finding::failing(cause, Side::Source, 1753)
            .culprit(
                kind,
                format!("{service} on {}", case.source()),
                format!("{FLAPPING}: registered now, {losses}"),
            )
            .sure(Confidence::Likely),
    )
}

/// A service that RPC cannot do without, told not to start again; on either side.
fn disabled(case: &Case<'_>) -> Option<Finding> {
    let ends = [
        (case.source(), Side::Source, case.source_platform(), case.source_services),
        (
            case.destination(),
            Side::Destination,
            case.destination_platform(),
            case.destination_services,
        ),
    ];
    for (host, side, platform, services) in ends {
        let list = services.and_then(|services| services.fact.list.value());
        let vital = list.into_iter().flatten().find(|service| {
            matches!(service.start.value(), Some(StartType::Disabled))
                && (service.roles.contains(&ServiceRole::EndpointMapper)
                    || service.name.eq_ignore_ascii_case("RpcSs"))
        });
        if let Some(service) = vital.filter(|_| platform == Some(Platform::Windows)) {
            return Some(
                Finding::failing(Cause::RpcServiceMisconfigured, side, 1722)
                    .culprit(
                        "service",
                        format!("{} on {host}", service.name),
                        "disabled; the default is automatic: it will not come back after a restart",
                    )
                    .sure(Confidence::Likely),
            );
        }
    }
    None
}

/// A policy that counts from the next restart on.
fn refused(case: &Case<'_>) -> Option<Finding> {
    let policy = case.source_rpc?.restrict_remote_clients.value()?;
    (*policy == 2).then(|| {
        Finding::failing(Cause::EpmAccessDenied, Side::Source, 5)
            .culprit(
                "registry-value",
                format!(
                    r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Rpc, RestrictRemoteClients on {}",
                    case.source()
                ),
                "it is 2: after a restart every unauthenticated caller is refused",
            )
            .sure(Confidence::Likely)
    })
}

fn exhausted(case: &Case<'_>) -> Option<Finding> {
    let ends = [
        (case.source(), Side::Source, case.source_port_use),
        (case.destination(), Side::Destination, case.destination_port_use),
    ];
    for (host, side, ports) in ends {
        if let Some((first, last)) = ports.and_then(full) {
            return Some(
                Finding::failing(Cause::PortExhaustion, side, 1722)
                    .culprit(
                        "port-range",
                        format!("dynamic TCP ports {first}-{last} of {host}"),
                        "more than 95 % in use",
                    )
                    .sure(Confidence::Likely),
            );
        }
    }
    None
}

/// The TCP range that has hardly a port left; percentages are rounded up to five.
pub(super) fn full(ports: &PortUse) -> Option<(u16, u16)> {
    let rows = ports.ranges.value()?;
    let full =
        rows.iter().find(|row| row.range.transport == Transport::Tcp && row.used_percent >= 100)?;
    Some((full.range.first, full.range.last))
}
