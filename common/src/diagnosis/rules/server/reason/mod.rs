//! The reason why a service that runs did not register, where the settings of its host show it.

mod obstacles;
mod ports;

use epmesh_facts::Service;

pub(in super::super) use self::obstacles::protocols_trouble;
pub(in crate::diagnosis) use self::{obstacles::RPC_SERVICES, ports::dynamic_used_up};
use self::{
    obstacles::{Reason, account, filter, linkage, protocols},
    ports::{constrained, exhausted, range, static_port},
};
use super::super::{
    super::{
        case::Case,
        cause::{Confidence, Side},
        culprit::{Consequence, Culprit},
    },
    finding::Finding,
};

/// The reason that shows. It is proven only where registration cannot succeed with it and no other
/// is to be seen.
pub(super) fn reason(
    case: &Case<'_>,
    service: &Service,
    error: i64,
    most: Confidence,
) -> Option<Finding> {
    let found = reasons(case, service);
    let first = found.iter().find(|reason| reason.certain).or(found.first())?;
    let others = found.iter().map(|other| other.cause).filter(|cause| *cause != first.cause);
    let sure = if first.certain && found.len() == 1 { most } else { Confidence::Likely };
    let consequence =
        Consequence::NotRegistered { service: service.name.clone(), also: others.collect() };
    Some(finding(case, first, error, consequence).sure(sure))
}

/// The reason that shows, where no registration can succeed with it.
pub(super) fn certain_reason(
    case: &Case<'_>,
    service: &Service,
    error: i64,
    most: Confidence,
) -> Option<Finding> {
    let is_certain = reasons(case, service).iter().any(|reason| reason.certain);
    reason(case, service, error, most).filter(|_| is_certain)
}

fn reasons(case: &Case<'_>, service: &Service) -> Vec<Reason> {
    let found = [
        protocols(case),
        linkage(case),
        range(case),
        filter(case),
        static_port(case, service),
        account(case),
        exhausted(case),
        constrained(case),
    ];
    found.into_iter().flatten().collect()
}

/// A setting with which no registration succeeds, on a host whose service registered before it was
/// made: the next restart will show it.
pub(in super::super) fn breaks_at_restart(case: &Case<'_>) -> Option<Finding> {
    case.source_rpc?;
    let found = [protocols(case), linkage(case), range(case)];
    let certain = found.into_iter().flatten().find(|reason| reason.certain)?;
    Some(finding(case, &certain, 1753, Consequence::AtNextRestart).sure(Confidence::Likely))
}

fn finding(case: &Case<'_>, reason: &Reason, error: i64, consequence: Consequence) -> Finding {
    let (obstacle, dc) = (reason.obstacle.clone(), case.source().clone());
    Finding::failing(reason.cause, Side::Source, error).blames(Culprit::Obstacle {
        obstacle,
        dc,
        consequence,
    })
}
