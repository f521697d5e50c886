//! What an operator said of one fault, and an incident that turns out to be another.

use epmesh_common::{
    diagnosis::{Cause, Fault, Traffic},
    facts::DnsName,
};

/// Whether what an operator said of a fault holds for `fault`, of this `cause`. An older record does not tell of which.
pub(super) fn holds(said: Option<&Fault>, fault: &Fault, cause: Cause) -> bool {
    said.is_none_or(|said| covers(said, fault, cause))
}

/// Whether what an operator `said` of a fault holds for `other`, of this `cause`: it is the same in other words, or what
/// is still seen of it. What is wider, or another thing, is news.
fn covers(said: &Fault, other: &Fault, cause: Cause) -> bool {
    let is_host = |dc: &DnsName| match other {
        Fault::Dc { dc: at, .. } | Fault::Condition { dc: at, cause: Cause::EpmUnreachable } => {
            at == dc
        }
        Fault::Path { to, .. } => to == dc,
        _ => false,
    };
    let is_client = |dc: &DnsName| match other {
        Fault::Client { dc: at, .. } => at == dc,
        Fault::Path { from, .. } => from == dc,
        _ => false,
    };
    let is_site = |site: &String| match other {
        Fault::SitePath { from, to, .. } => [from, to].contains(&site),
        Fault::BetweenSites { one, other, .. } => [one, other].contains(&site),
        _ => false,
    };
    // What does not get through is the same: of a host where nothing listens, port 135.
    let traffic = |fault: &Fault| match fault {
        Fault::Condition { .. } => Some(Traffic::EndpointMapper),
        fault => way(fault),
    };
    said == other
        || match said {
            Fault::Service { .. } => said.may_turn_out_to_be(other, cause),
            Fault::Condition { cause: Cause::EpmUnreachable, .. }
            | Fault::Dc { .. }
            | Fault::Client { .. }
            | Fault::Isolated { .. }
            | Fault::Between { .. }
            | Fault::BetweenSites { .. }
            | Fault::Site { .. }
                if traffic(said) != traffic(other) =>
            {
                false
            }
            Fault::Dc { dc, .. } | Fault::Condition { dc, cause: Cause::EpmUnreachable } => {
                is_host(dc)
            }
            Fault::Condition { .. } => said.may_turn_out_to_be(other, cause),
            Fault::Client { dc, .. } => is_client(dc),
            Fault::Isolated { dc, .. } => is_host(dc) || is_client(dc),
            Fault::Between { one, other: two, .. } => match other {
                Fault::Path { from, to, .. } => [(one, two), (two, one)].contains(&(from, to)),
                _ => false,
            },
            Fault::BetweenSites { one, other: two, .. } => match other {
                Fault::SitePath { from, to, .. } => [(one, two), (two, one)].contains(&(from, to)),
                _ => false,
            },
            Fault::Site { site, .. } => is_site(site),
            _ => false,
        }
}

/// The traffic that does not get through, of a fault on a way.
const fn way(fault: &Fault) -> Option<Traffic> {
    match fault {
        Fault::Path { traffic, .. }
        | Fault::Between { traffic, .. }
        | Fault::Dc { traffic, .. }
        | Fault::Client { traffic, .. }
        | Fault::Isolated { traffic, .. }
        | Fault::SitePath { traffic, .. }
        | Fault::BetweenSites { traffic, .. }
        | Fault::Site { traffic, .. } => Some(*traffic),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use epmesh_common::facts::RecordType;

    use super::*;

    #[test]
    fn what_was_said_of_a_fault_holds_for_what_is_left_of_it_and_for_no_other() {
        let dc =
            |number: u8| -> DnsName { format!("dc{number}.lab.test").parse().expect("a name") };
        let traffic = Traffic::EndpointMapper;
        let host = |number| Fault::Dc { dc: dc(number), traffic };
        let path = |from, to| Fault::Path { from: dc(from), to: dc(to), traffic };
        let closed = |number| Fault::Condition { dc: dc(number), cause: Cause::EpmUnreachable };
        let service = Fault::Service { dc: dc(1), service: "NTDS".to_owned() };
        let all = Fault::Application { dc: dc(1) };
        let names = Fault::Names { from: dc(2), of: dc(1) };
        let record = |value: &str| Fault::DnsRecord {
            name: dc(1),
            record: RecordType::A,
            value: Some(value.to_owned()),
        };
        let ports = Fault::Dc { dc: dc(1), traffic: Traffic::DynamicPorts };
        let rows = [
            (host(1), path(2, 1), Cause::EpmUnreachable, true),
            (path(2, 1), host(1), Cause::EpmUnreachable, false),
            (host(1), closed(1), Cause::EpmUnreachable, true),
            (closed(1), host(1), Cause::EpmUnreachable, true),
            (host(1), path(1, 2), Cause::EpmUnreachable, false),
            (host(1), ports, Cause::DynamicPortBlocked, false),
            (service.clone(), all.clone(), Cause::Unknown, true),
            (all, service, Cause::ServiceDied, false),
            (names, record("10.0.0.9"), Cause::DnsAStale, false),
            (record("10.0.0.9"), record("10.0.0.8"), Cause::DnsAStale, false),
            (record("10.0.0.9"), record("10.0.0.9"), Cause::DnsADuplicate, true),
        ];
        for (said, found, cause, holds) in rows {
            assert_eq!(covers(&said, &found, cause), holds, "{said}: {found}");
        }
    }
}
