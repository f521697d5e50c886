//! The causes at the destination that its own word rules out.

use epmesh_facts::{ServiceRole, ServiceState};

use super::super::super::{case::Case, cause::Cause, verdict::RuledOut};

/// Its directory runs, and the last attempts of its own worked.
pub(super) fn destination(case: &Case<'_>, all: &mut Vec<RuledOut>) {
    let mut rule = |cause, why| all.push(RuledOut { cause, why });
    let (source, destination) = (case.source(), case.destination());
    if case.is_replication()
        && let Some(services) = case.destination_services
        && let Some(service) = case.destination_service(ServiceRole::Directory)
        && service.state == ServiceState::Running
    {
        let (name, at) = (&service.name, services.at);
        let why = format!("{destination} reports that {name} runs (at {at})");
        rule(Cause::DestinationNotServing, why);
    }
    let count = case.attempts().count();
    let last = case.attempts().max_by_key(|attempt| attempt.success);
    let last = last.and_then(|last| last.last_success());
    if let Some(last) = last.filter(|_| case.attempts().all(|attempt| attempt.error == 0)) {
        let why = format!(
            "the last attempt of {destination} to replicate from {source} succeeded for each of its naming \
             contexts ({count}), {last}"
        );
        rule(Cause::ReplicationRefused, why);
    }
}
