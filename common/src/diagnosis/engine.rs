//! The engine's face: evidence in, verdict out.

use epmesh_facts::Timestamp;
use epmesh_rpc::{names, windows_error};

use super::{
    candidates::candidates,
    case::{Case, name_sources, works},
    cause::State,
    evidence::Evidence,
    explain::{proof, remedy, ruled_out},
    name_source::NameSource,
    rules::{Finding, decide},
    verdict::{Verdict, WindowsError},
};

/// Names the one cause that the evidence on a link supports, or says that it does not decide.
///
/// Facts older than the evidence's `fresh_for_ms` at `now` are not looked at. The same evidence and
/// the same `now` always give the same verdict.
#[must_use]
pub fn diagnose(evidence: &Evidence, now: Timestamp) -> Verdict {
    judge_for(evidence, now, |_| true)
}

/// The verdict without what only a reader needs: no proof, nothing ruled out, no remedy. For fleets, whose
/// links are judged by the thousand and read one by one.
#[must_use]
pub fn judge(evidence: &Evidence, now: Timestamp) -> Verdict {
    judge_for(evidence, now, |_| false)
}

/// As [`diagnose`] where a link of this state `is_read`, else as [`judge`]. The decision is made once, whoever
/// reads it.
#[must_use]
pub fn judge_for(
    evidence: &Evidence,
    now: Timestamp,
    is_read: impl FnOnce(State) -> bool,
) -> Verdict {
    let case = Case::new(evidence, now);
    let name_sources = name_sources(&case);
    let finding = decide(&case, &name_sources);
    if !is_read(finding.state) {
        return plain(&case, &name_sources, finding);
    }
    Verdict {
        evidence: proof(&case),
        ruled_out: ruled_out(&case, &name_sources, &finding),
        remedy: remedy(&case, &finding),
        ..plain(&case, &name_sources, finding)
    }
}

fn plain(case: &Case<'_>, name_sources: &[NameSource<'_>], finding: Finding) -> Verdict {
    let error = WindowsError {
        code: finding.error,
        name: windows_error::symbol(finding.error).unwrap_or("").into(),
    };
    Verdict {
        destination: case.destination().clone(),
        source: case.source().clone(),
        interface: names::label(case.interface()),
        state: finding.state,
        cause: finding.cause,
        side: finding.side,
        confidence: finding.confidence,
        error,
        evidence: Vec::new(),
        ruled_out: Vec::new(),
        remedy: Vec::new(),
        candidates: candidates(case, name_sources, &finding),
        works: works(case, name_sources),
        intermittent: finding.intermittent,
        culprit: finding.culprit.map(Into::into),
    }
}
