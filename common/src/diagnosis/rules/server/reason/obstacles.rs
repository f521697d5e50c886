//! Settings of RPC, services and filters with which a service does not register.

use epmesh_facts::{Reading, RpcFilterLayer, RpcSettings, ServiceState};
use epmesh_windows::{Release, other_account};

use super::super::{
    super::super::{
        case::Case,
        cause::Cause,
        culprit::{FilterName, Obstacle, ProtocolsTrouble, RpcServiceTrouble},
    },
    filtered::blocking,
};

/// The services without which no RPC server of a host registers (KB 2089874).
pub(in crate::diagnosis) const RPC_SERVICES: [&str; 3] = ["RpcSs", "RpcEptMapper", "DcomLaunch"];

/// The library of RPC, which every protocol sequence names.
const LIBRARY: &str = "rpcrt4.dll";

/// One reason why a service did not register.
pub(super) struct Reason {
    pub(super) cause: Cause,
    pub(super) obstacle: Obstacle,
    /// Whether no registration can succeed with it.
    pub(super) certain: bool,
}

/// The trouble with the protocol sequences of a host's RPC runtime, if TCP is not among them.
pub(in super::super::super) fn protocols_trouble(rpc: &RpcSettings) -> Option<ProtocolsTrouble> {
    Some(match &rpc.client_protocols {
        Reading::Absent => ProtocolsTrouble::NoKey,
        Reading::Value(values) if values.is_empty() => ProtocolsTrouble::NoValues,
        Reading::Value(values) => {
            let tcp = values.iter().find(|value| value.name.eq_ignore_ascii_case("ncacn_ip_tcp"));
            match tcp.map(|value| value.data.trim()) {
                None => ProtocolsTrouble::NoTcp,
                Some(data) if data.eq_ignore_ascii_case(LIBRARY) => return None,
                Some(data) => {
                    let file = data.rsplit('\\').next().unwrap_or(data);
                    if file.eq_ignore_ascii_case(LIBRARY) {
                        return None;
                    }
                    ProtocolsTrouble::OtherLibrary(data.to_owned())
                }
            }
        }
        Reading::NotApplicable | Reading::Unreadable(_) => return None,
    })
}

pub(super) fn protocols(case: &Case<'_>) -> Option<Reason> {
    let obstacle = Obstacle::ClientProtocols(protocols_trouble(case.source_rpc?)?);
    Some(Reason { cause: Cause::ClientProtocolsMissing, obstacle, certain: true })
}

pub(super) fn linkage(case: &Case<'_>) -> Option<Reason> {
    let lines = case.source_rpc?.bind.value()?;
    let is_empty = lines.iter().all(|line| line.trim().is_empty());
    let (cause, obstacle) = (Cause::RpcBindLinkageInvalid, Obstacle::EmptyBind);
    is_empty.then_some(Reason { cause, obstacle, certain: true })
}

/// An RPC service does not run as its release has it.
pub(super) fn account(case: &Case<'_>) -> Option<Reason> {
    let release = Release::of(case.source_host?.fact.version.value()?)?;
    let list = case.source_services?.fact.list.value()?;
    RPC_SERVICES.into_iter().find_map(|name| {
        let service = list.iter().find(|service| service.name.eq_ignore_ascii_case(name))?;
        let stopped = service.state == ServiceState::Stopped;
        let trouble = match other_account(release, service) {
            Some((is, default)) => {
                RpcServiceTrouble::OtherAccount { is: is.to_owned(), release, default }
            }
            None if stopped => RpcServiceTrouble::NotRunning,
            None => return None,
        };
        let obstacle = Obstacle::RpcService { service: service.name.clone(), trouble };
        Some(Reason { cause: Cause::RpcServiceMisconfigured, obstacle, certain: false })
    })
}

pub(super) fn filter(case: &Case<'_>) -> Option<Reason> {
    let blocks = blocking(case, RpcFilterLayer::Registration)?;
    let obstacle = Obstacle::Filter(FilterName { name: blocks.name.clone(), key: blocks.key });
    Some(Reason { cause: Cause::RpcFiltered, obstacle, certain: false })
}
