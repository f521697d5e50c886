//! Port 135 of the right server: it cannot be reached, or no endpoint mapper's answer comes from it.

use std::net::IpAddr;

use epmesh_facts::{Failure, Platform, ServiceRole, ServiceState, StartType};
use epmesh_rpc::epm::TCP_PORT;

use super::{
    super::{
        super::{
            case::{Case, Reach, connect_code, windows_code},
            cause::{Cause, Confidence, Side},
            culprit::{AnsweredTo, Culprit, MapperStage, PortAt, PortTrouble},
        },
        finding::Finding,
    },
    hangs::never_answers,
    pattern::pattern,
    port::host_firewall,
    registration::{lost, not_up},
};

/// The bind's answer of an RPC server that is no endpoint mapper: "abstract syntax not supported" (C706 12.6.4.4).
const NO_SUCH_INTERFACE: Failure = Failure::BindRejected { result: 2, reason: 1 };

/// Port 135 of the right server cannot be reached.
pub(in super::super) fn unreached(case: &Case<'_>, address: IpAddr, failure: &Failure) -> Finding {
    let error = connect_code(failure);
    let services = case.source_services.map(|services| &services.fact);
    let stopped = |role| {
        let service = services.and_then(|all| all.with_role(role));
        service.filter(|service| service.state == ServiceState::Stopped)
    };
    let listens = case.source_listens(address, TCP_PORT);
    let windows = case.source_platform() == Some(Platform::Windows);
    let mapper = stopped(ServiceRole::EndpointMapper);
    // On Samba one process is the endpoint mapper and serves the interface. On Windows nothing
    // starts without the endpoint mapper: that the directory does not run follows from it.
    let serves = mapper.is_some_and(|mapper| case.service() == Some(mapper)) && !windows;
    let directory = stopped(ServiceRole::Directory).is_some() && !(windows && mapper.is_some());
    if (directory || serves) && listens != Some(true) {
        return lost(case, error);
    }
    let dc = case.source().clone();
    if listens == Some(false)
        && let Some(mapper) = services.and_then(|all| all.with_role(ServiceRole::EndpointMapper))
        && let Some(finding) = not_up(case, mapper, error)
    {
        return finding;
    }
    if let Some(mapper) = mapper {
        let is_disabled = matches!(mapper.start.value(), Some(StartType::Disabled));
        // Only Windows has a table of defaults to be off.
        let cause = if windows { Cause::RpcServiceMisconfigured } else { Cause::NotError1753 };
        let service = mapper.name.clone();
        return Finding::failing(cause, Side::Source, error)
            .blames(Culprit::MapperService { service, dc, is_disabled, address })
            .sure(Confidence::Proven);
    }
    let at = PortAt { address, port: TCP_PORT, dc };
    if listens == Some(false) {
        let trouble = PortTrouble::Closed(failure.clone());
        return Finding::failing(Cause::EpmUnreachable, Side::Source, error)
            .blames(Culprit::Port { at, trouble })
            .sure(Confidence::Proven);
    }
    let pattern = pattern(
        case,
        address,
        |reach| matches!(reach, Reach::Unreached(_)),
        |reach| !matches!(reach, Reach::Unreached(_) | Reach::NotSeen),
    );
    if let Some(finding) = host_firewall(&at, case, failure, &pattern, listens) {
        return finding;
    }
    let sure = pattern.confidence(case, listens);
    let trouble = PortTrouble::Unreached(failure.clone(), pattern.witnesses(case, failure));
    let missing = pattern.missing(address);
    let finding = Finding::failing(Cause::EpmUnreachable, pattern.side(case, failure), error)
        .blames(Culprit::Port { at, trouble })
        .sure(sure);
    Finding { missing, ..finding }
}

/// Port 135 is open, and no endpoint mapper's answer comes from it.
pub(in super::super) fn mapper(
    case: &Case<'_>,
    address: IpAddr,
    stage: MapperStage,
    failure: &Failure,
) -> Finding {
    let is_denied = matches!(failure, Failure::AccessDenied(_));
    let at = PortAt { address, port: TCP_PORT, dc: case.source().clone() };
    let pattern = pattern(
        case,
        address,
        |reach| matches!(reach, Reach::Mapper(..)),
        |reach| match reach {
            Reach::NotSeen | Reach::Unreached(_) | Reach::Mapper(MapperStage::Bind, _) => false,
            // It was bound, and asked.
            Reach::Mapper(MapperStage::Map, _) => stage == MapperStage::Bind,
            _ => true,
        },
    );
    let served = if pattern.is_served() {
        Some(AnsweredTo::Others(pattern.served()))
    } else {
        let between = !is_denied && pattern.is_between_sites(case);
        between.then_some(AnsweredTo::Itself)
    };
    if served.is_some() {
        // A policy of the source's would hold for all of them.
        // What speaks another protocol, or does not know the endpoint mapper's interface, is not the endpoint mapper
        // that answers the others.
        let is_unknown = *failure == NO_SUCH_INTERFACE && stage == MapperStage::Bind;
        let is_other = matches!(failure, Failure::Protocol(_)) || is_unknown;
        let cause = if is_other { Cause::AnswerAltered } else { Cause::RpcFiltered };
        let (failure, restrict_remote_clients) = (failure.clone(), None);
        let error = windows_code(&failure);
        let culprit = Culprit::MapperAnswer { at, stage, failure, restrict_remote_clients, served };
        let finding = Finding::failing(cause, Side::Network, error);
        return finding.blames(culprit).sure(Confidence::Likely);
    }
    if stage == MapperStage::Bind
        && let Some(hangs) = never_answers(case, address, TCP_PORT, failure, true)
    {
        return hangs;
    }
    let cause = if is_denied { Cause::EpmAccessDenied } else { Cause::NotError1753 };
    let policy = case.source_rpc.and_then(|rpc| rpc.restrict_remote_clients.value()).copied();
    let refuses = policy.filter(|policy| is_denied && *policy >= 1);
    let culprit = Culprit::MapperAnswer {
        at,
        stage,
        failure: failure.clone(),
        restrict_remote_clients: refuses,
        served: None,
    };
    // Those who got through before have not looked again: it may be the way of this one alone.
    let sure = match refuses {
        Some(_) => Confidence::Proven,
        None if pattern.was_served() => Confidence::Possible,
        None => Confidence::Likely,
    };
    Finding::failing(cause, Side::Source, windows_code(failure)).blames(culprit).sure(sure)
}
