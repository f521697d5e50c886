//! The source does not serve the interface, by the word of its endpoint mapper or by its own.

use std::net::IpAddr;

use epmesh_facts::{Service, ServiceRole, ServiceState};

use super::{
    super::{
        super::{
            case::{Case, Owner},
            cause::{Cause, Confidence, Side},
            culprit::{Culprit, RegistrationHolder, RegistrationTrouble},
        },
        finding::Finding,
        missing::Missing,
    },
    altered::other_mapper,
    filtered::{denied, denied_to_one},
    registration::lost,
};

/// The destination has not looked: what the source says of itself has to do.
pub(in super::super) fn alone(case: &Case<'_>) -> Finding {
    if let Some(lost) = lost_since(case) {
        return lost.sure(Confidence::Likely);
    }
    let source_spoke = case.source_host.is_some() || case.source_map.is_some();
    Finding::unknown(Missing::FreshLook { source_spoke })
}

/// The source itself says that it does not serve the interface, whatever any witness saw.
pub(in crate::diagnosis) fn does_not_serve(case: &Case<'_>) -> Option<Finding> {
    let stopped = case.service().is_some_and(|service| service.state == ServiceState::Stopped);
    let gone = || case.registered_ports().is_some_and(|ports| ports.is_empty());
    (stopped || gone()).then(|| lost(case, 1753))
}

/// The source itself says, later than the destination's look, that it does not serve the interface.
pub(in super::super) fn lost_since(case: &Case<'_>) -> Option<Finding> {
    let looked = case.look.map(|look| look.at);
    let later = |at| looked.is_none_or(|looked| at > looked);
    let stopped = case.source_services.is_some_and(|services| later(services.at))
        && case.service().is_some_and(|service| service.state == ServiceState::Stopped);
    if stopped {
        // The endpoint mapper goes on answering where it is another service, and says so.
        let runs = |service: &Service| service.state == ServiceState::Running;
        let services = case.source_services.map(|services| &services.fact);
        let mapper = services.and_then(|all| all.with_role(ServiceRole::EndpointMapper));
        let error = if mapper.is_some_and(runs) { 1753 } else { 1722 };
        return Some(lost(case, error).sure(Confidence::Likely));
    }
    let gone = case.source_map.is_some_and(|map| later(map.at))
        && case.registered_ports().is_some_and(|ports| ports.is_empty());
    gone.then(|| lost(case, 1753).sure(Confidence::Likely))
}

/// The right server's endpoint mapper says "not registered".
pub(in super::super) fn not_registered(case: &Case<'_>, address: IpAddr) -> Finding {
    if let Some(finding) = other_mapper(case, address) {
        return finding;
    }
    match case.registered_ports() {
        Some(ports) if !ports.is_empty() => return denied(case, address),
        Some(_) => return lost(case, 1753),
        None => {}
    }
    // What others are told over the same time is there, unless the source itself says otherwise.
    let runs = case.service().is_none_or(|service| service.state == ServiceState::Running);
    if let Some(finding) = denied_to_one(case, address).filter(|_| runs) {
        return finding;
    }
    match case.service() {
        Some(_) => {
            let finding = lost(case, 1753);
            let sure = finding.confidence.min(Confidence::Likely);
            finding.sure(sure)
        }
        None => {
            let is_source = case.owner(address) == Owner::Source;
            let sure = if is_source { Confidence::Likely } else { Confidence::Possible };
            Finding::failing(Cause::Unknown, Side::Source, 1753)
                .blames(Culprit::Registration {
                    holder: RegistrationHolder::At { dc: case.source().clone(), address },
                    trouble: RegistrationTrouble::NotRegistered,
                })
                .sure(sure)
                .missing(Missing::SourceFacts)
        }
    }
}
