//! Why a service that runs did not register: the reason, where the settings of its host show it.

mod ports;

use epmesh_facts::{Reading, RpcFilterLayer, Service, ServiceState};
use epmesh_windows::{Release, other_account};

pub(in super::super) use self::ports::dynamic_used_up;
use self::ports::{constrained, exhausted, range, static_port};
use super::{
    super::{Cause, Confidence, Side, case::Case, finding::Finding},
    filtered::blocking,
};

/// The services without which no RPC server of a host registers (KB 2089874).
pub(in super::super) const RPC_SERVICES: [&str; 3] = ["RpcSs", "RpcEptMapper", "DcomLaunch"];

/// One reason: its cause, the thing, what it says, and whether a registration cannot succeed with it.
struct Reason {
    cause: Cause,
    kind: &'static str,
    name: String,
    value: String,
    certain: bool,
}

/// The reason that shows. It is proven only where registration cannot succeed with it and no other
/// is to be seen.
pub(super) fn reason(
    case: &Case<'_>,
    service: &Service,
    error: i64,
    most: Confidence,
) -> Option<Finding> {
    let found: Vec<Reason> = [
        protocols(case),
        linkage(case),
        range(case),
        filter(case),
        static_port(case, service),
        account(case),
        exhausted(case),
        constrained(case),
    ]
    .into_iter()
    .flatten()
    .collect();
    let first = found.iter().find(|reason| reason.certain).or(found.first())?;
    let also: Vec<&str> = found
        .iter()
        .filter(|other| other.cause != first.cause)
        .map(|other| other.cause.as_str())
        .collect();
    let also =
        if also.is_empty() { String::new() } else { format!("; also seen: {}", also.join(", ")) };
    let sure = if first.certain && found.len() == 1 { most } else { Confidence::Likely };
    Some(
        Finding::failing(first.cause, Side::Source, error)
            .culprit(
                first.kind,
                format!("{} on {}", first.name, case.source()),
                format!(
                    "{}; {} has not registered since it started{also}",
                    first.value, service.name
                ),
            )
            .sure(sure),
    )
}

fn protocols(case: &Case<'_>) -> Option<Reason> {
    let value = match &case.source_rpc?.client_protocols {
        Reading::Absent => "the key is missing".to_owned(),
        Reading::Value(values) if values.is_empty() => "the key has no values".to_owned(),
        Reading::Value(values) => {
            let tcp = values.iter().find(|value| value.name.eq_ignore_ascii_case("ncacn_ip_tcp"));
            match tcp.map(|value| value.data.trim()) {
                None => "ncacn_ip_tcp is missing".to_owned(),
                Some(data) => {
                    let file = data.rsplit('\\').next().unwrap_or(data);
                    if file.eq_ignore_ascii_case("rpcrt4.dll") {
                        return None;
                    }
                    format!("ncacn_ip_tcp is {data:?}, not rpcrt4.dll")
                }
            }
        }
        Reading::NotApplicable | Reading::Unreadable(_) => return None,
    };
    Some(Reason {
        cause: Cause::ClientProtocolsMissing,
        kind: "registry-value",
        name: r"HKLM\SOFTWARE\Microsoft\Rpc\ClientProtocols".to_owned(),
        value,
        certain: true,
    })
}

fn linkage(case: &Case<'_>) -> Option<Reason> {
    let lines = case.source_rpc?.bind.value()?;
    lines.iter().all(|line| line.trim().is_empty()).then(|| Reason {
        cause: Cause::RpcBindLinkageInvalid,
        kind: "registry-value",
        name: r"HKLM\SYSTEM\CurrentControlSet\Services\Rpc\Linkage, Bind".to_owned(),
        value: "it is there and empty".to_owned(),
        certain: true,
    })
}

/// One of the RPC services does not run as its release has it.
fn account(case: &Case<'_>) -> Option<Reason> {
    let release = Release::of(case.source_host?.fact.version.value()?)?;
    let list = case.source_services?.fact.list.value()?;
    RPC_SERVICES.into_iter().find_map(|name| {
        let service = list.iter().find(|service| service.name.eq_ignore_ascii_case(name))?;
        let stopped = service.state == ServiceState::Stopped;
        let value = match other_account(release, service) {
            Some((is, wanted)) => {
                format!("it runs as {is}; the default of {release} is {wanted}")
            }
            None if stopped => "it does not run".to_owned(),
            None => return None,
        };
        Some(Reason {
            cause: Cause::RpcServiceMisconfigured,
            kind: "service",
            name: service.name.clone(),
            value,
            certain: false,
        })
    })
}

/// A setting with which no registration succeeds, on a host whose service registered before it was
/// made: the next restart will show it.
pub(in super::super) fn breaks_at_restart(case: &Case<'_>) -> Option<Finding> {
    case.source_rpc?;
    let found = [protocols(case), linkage(case), range(case)];
    let certain = found.into_iter().flatten().find(|reason| reason.certain)?;
    Some(
        Finding::failing(certain.cause, Side::Source, 1753)
            .culprit(
                certain.kind,
                format!("{} on {}", certain.name, case.source()),
                format!("{}; it counts from the next restart on", certain.value),
            )
            .sure(Confidence::Likely),
    )
}

fn filter(case: &Case<'_>) -> Option<Reason> {
    let blocks = blocking(case, RpcFilterLayer::Registration)?;
    Some(Reason {
        cause: Cause::RpcFiltered,
        kind: "rpc-filter",
        name: format!("{} ({})", blocks.name, blocks.key),
        value: "it blocks registrations".to_owned(),
        certain: false,
    })
}
