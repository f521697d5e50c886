//! The destination's own replication from the source, and whether its directory runs at all.

use epmesh_facts::BootMode;
use epmesh_rpc::windows_error::symbol;

use super::{
    super::super::{
        case::{Attempt, Case},
        cause::Step,
        culprit::Culprit,
        replication_error::Kind,
        rules::{Finding, not_serving},
        verdict::EvidenceItem,
    },
    item::item,
};

/// At most so many naming contexts are quoted, those that fail first.
const CONTEXTS: usize = 5;

/// Why the destination's own directory does not replicate, where that is so.
pub(super) fn own_directory(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    let Some(services) = case.destination_services else { return };
    let Some(Finding { culprit: Some(culprit), .. }) = not_serving(case) else { return };
    let fact = match &*culprit {
        Culprit::BootMode { mode, .. } => {
            let mode = if *mode == BootMode::DirectoryRepair {
                "Directory Services Repair Mode"
            } else {
                "a safe mode"
            };
            format!("it was started in {mode}, and its directory does not run")
        }
        Culprit::Service { service: Some(service), trouble, .. } => {
            format!("its service {service}: {trouble}")
        }
        _ => return,
    };
    items.push(item(Step::Know, case.destination(), services.at, fact, None));
}

/// The destination's own record of its last attempts: who, when last tried, the result, the last success, and
/// failures in a row.
pub(super) fn replication(case: &Case<'_>, items: &mut Vec<EvidenceItem>) {
    let Some(held) = &case.evidence.destination.replication else { return };
    let mut attempts: Vec<Attempt<'_>> = case.attempts().collect();
    // The sort is stable: else they stay in the order of their naming contexts.
    attempts.sort_by_key(|attempt| attempt.error == 0);
    items.extend(attempts.iter().take(CONTEXTS).map(|attempt| {
        let fact = words(case, attempt);
        let raw = Some(format!("{:#010x}", attempt.row.last_result));
        item(Step::Bind, case.destination(), held.at, fact, raw)
    }));
}

fn words(case: &Case<'_>, attempt: &Attempt<'_>) -> String {
    let (context, source) = (&attempt.row.naming_context, case.source());
    let what = format!("its own replication of {context} from {source}");
    let at =
        |time: Option<_>| time.map_or("at a time not told".to_owned(), |at| format!("at {at}"));
    if attempt.error == 0 {
        return match attempt.last_success() {
            Some(success) => format!("{what} last succeeded {success}"),
            None => format!("{what} has succeeded"),
        };
    }
    let kind = Kind::of(attempt.error, case.destination_platform());
    let name = symbol(attempt.error).map_or(String::new(), |name| format!(" ({name})"));
    let success = match attempt.success {
        Some(success) => format!("last success at {success}"),
        None => "no success recorded".to_owned(),
    };
    let tried = at(attempt.tried);
    let failures = match attempt.row.failures {
        0 => String::new(),
        failures => format!(", failures in a row: {failures}"),
    };
    format!(
        "{what} was last tried {tried} and ended with error {}{name}, {}; {success}{failures}",
        attempt.error,
        kind.meaning()
    )
}
