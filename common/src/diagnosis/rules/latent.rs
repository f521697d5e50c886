//! Rules for a link that works and that something will break: settings that count from the next
//! restart, a registration that comes and goes, ports that run out. What cannot break it is a note,
//! and no verdict.

use epmesh_facts::{Platform, ServiceRole, StartType};

use super::{
    super::{
        case::{Case, full},
        cause::{Cause, Confidence, Side},
        culprit::{Culprit, RegistrationHolder, RegistrationTrouble, ServiceTrouble},
    },
    finding::Finding,
    server,
};

/// The first finding of something that will break the link.
pub(super) fn latent(case: &Case<'_>) -> Option<Finding> {
    flapping(case)
        .or_else(|| server::stuck(case))
        .or_else(|| server::breaks_at_restart(case))
        .or_else(|| disabled(case))
        .or_else(|| refused(case))
        .or_else(|| exhausted(case))
        .map(Finding::latent)
}

/// The interface is registered now, and was lost again and again in this life of the host.
fn flapping(case: &Case<'_>) -> Option<Finding> {
    let losses = case.comes_and_goes()?;
    let (dc, service) = (case.source().clone(), case.service().map(|it| it.name.clone()));
    let (cause, culprit) = if losses.deaths * 2 > losses.count {
        let trouble = ServiceTrouble::ComesAndGoes(losses);
        (Cause::ServiceDied, Culprit::Service { service, dc, trouble })
    } else {
        let holder = RegistrationHolder::Service { service, dc };
        let trouble = RegistrationTrouble::ComesAndGoes(losses);
        (Cause::EndpointsUnregistered, Culprit::Registration { holder, trouble })
    };
    let finding = Finding::failing(cause, Side::Source, 1753);
    Some(finding.blames(culprit).sure(Confidence::Likely))
}

/// A service that RPC cannot do without is told not to start again, on either side.
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
            let culprit = Culprit::Service {
                service: Some(service.name.clone()),
                dc: host.clone(),
                trouble: ServiceTrouble::WillNotStart,
            };
            let finding = Finding::failing(Cause::RpcServiceMisconfigured, side, 1722);
            return Some(finding.blames(culprit).sure(Confidence::Likely));
        }
    }
    None
}

/// A policy refuses callers without credentials from the next restart on.
fn refused(case: &Case<'_>) -> Option<Finding> {
    let policy = case.source_rpc?.restrict_remote_clients.value()?;
    (*policy == 2 && case.destination_asks_with_credentials() != Some(true)).then(|| {
        Finding::failing(Cause::EpmAccessDenied, Side::Source, 5)
            .blames(Culprit::RemoteClientsPolicy { dc: case.source().clone() })
            .sure(Confidence::Likely)
    })
}

/// The dynamic ports of either side are nearly used up.
fn exhausted(case: &Case<'_>) -> Option<Finding> {
    let ends = [
        (case.source(), Side::Source, case.source_port_use),
        (case.destination(), Side::Destination, case.destination_port_use),
    ];
    for (host, side, ports) in ends {
        if let Some((first, last)) = ports.and_then(full) {
            let dc = host.clone();
            // The source's service finds no port to register at its next start; the destination's calls find none
            // to connect from.
            let error = if side == Side::Source { 1753 } else { 1722 };
            return Some(
                Finding::failing(Cause::PortExhaustion, side, error)
                    .blames(Culprit::DynamicPorts { dc, first, last, failed: None })
                    .sure(Confidence::Likely),
            );
        }
    }
    None
}
