//! The settings that can keep a service from registering, where they were read and do not.

use std::time::Duration;

use epmesh_facts::{RangeUse, Reading, Timestamp, Transport};
use epmesh_windows::{RpcPorts, rpc_ports};

use super::super::super::{
    case::Case,
    cause::{Cause, Side, State},
    rules::Finding,
    verdict::RuledOut,
};

/// The causes that are reasons for a registration that failed.
const REASONS: [Cause; 6] = [
    Cause::PortRangeExhausted,
    Cause::PortRangeConstrained,
    Cause::RpcInternetPortsInvalid,
    Cause::RpcBindLinkageInvalid,
    Cause::StaticPortConflict,
    Cause::ClientProtocolsMissing,
];

/// The time that the report on ports in use covers.
const TOLD: Duration = Duration::from_secs(15 * 60);

/// A range of which so much was in use at one time may have been used up at another, in percent.
const BUSY: u8 = 80;

/// Each reason that does not hold, beside a registration that failed.
pub(super) fn reasons(case: &Case<'_>, finding: &Finding, all: &mut Vec<RuledOut>) {
    let failed = finding.cause == Cause::RegistrationFailed || REASONS.contains(&finding.cause);
    let failed = failed && finding.state == State::Failing && finding.side == Side::Source;
    let Some(rpc) = case.source_rpc.filter(|_| failed) else {
        return;
    };
    let (source, facts) = (case.source(), &case.evidence.source);
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let tcp = rpc.client_protocols.value().and_then(|values| {
        values.iter().find(|value| value.name.eq_ignore_ascii_case("ncacn_ip_tcp"))
    });
    if tcp.is_some_and(|tcp| tcp.data.trim().eq_ignore_ascii_case("rpcrt4.dll")) {
        let why = format!("ClientProtocols of {source} has ncacn_ip_tcp, with rpcrt4.dll");
        rule(Cause::ClientProtocolsMissing, why);
    }
    // Adapters that Bind names may be gone, so that only a value that is absent rules it out.
    if matches!(rpc.bind, Reading::Absent) {
        let why = format!("Bind is not set on {source}: RPC binds to every adapter");
        rule(Cause::RpcBindLinkageInvalid, why);
    }
    match rpc_ports(rpc) {
        RpcPorts::Dynamic => {
            // Samba has no such setting, and nothing of it was seen there.
            if matches!(rpc.internet_ports, Reading::Absent) {
                let why = format!("{source} has no value Ports in Rpc\\Internet");
                rule(Cause::RpcInternetPortsInvalid, why);
            }
            // What is told of ports is of the last quarter of an hour, and a service registers as it starts.
            let started = case.process().map(|process| case.on_our_clock(process.started));
            let ports = facts.port_use.as_ref().filter(|_| case.source_port_use.is_some());
            let is_told = |at: Timestamp| started.is_some_and(|since| since.until(at) < TOLD);
            let ports = ports.filter(|ports| is_told(ports.at));
            let ranges = ports.and_then(|ports| ports.fact.ranges.value());
            let of_tcp = |row: &&RangeUse| row.range.transport == Transport::Tcp;
            let used = ranges.into_iter().flatten().filter(of_tcp).map(|row| row.used_percent);
            if let Some(most) = used.max().filter(|most| *most < BUSY) {
                let why = format!(
                    "at most {most} % of the dynamic TCP ports of {source} were in use since its \
                     service started"
                );
                rule(Cause::PortRangeExhausted, why);
            }
        }
        RpcPorts::Listed(_) | RpcPorts::NotListed(_) => {
            let why = format!("every entry of Ports in Rpc\\Internet of {source} is valid");
            rule(Cause::RpcInternetPortsInvalid, why);
        }
        _ => {}
    }
    if rpc.static_ports.iter().all(|row| matches!(row.port, Reading::Absent)) {
        let why = format!("no service of {source} has a static port");
        rule(Cause::StaticPortConflict, why);
    }
}
