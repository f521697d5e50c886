//! The engine's face: evidence in, verdict out.

use epmesh_facts::Timestamp;

use super::{
    Evidence, Verdict,
    candidates::candidates,
    case::Case,
    decide::decide,
    finding::Finding,
    naming::{View, views},
    proof::proof,
    words::{interface_name, remedy, ruled_out, windows_error},
    works::works,
};

/// Names the one cause that the evidence on a link supports, or says that it does not decide.
///
/// Facts older than the evidence's `fresh_for_ms` at `now` are not looked at. The same evidence and
/// the same `now` always give the same verdict.
#[must_use]
pub fn diagnose(evidence: &Evidence, now: Timestamp) -> Verdict {
    let case = Case::new(evidence, now);
    let views = views(&case);
    let finding = decide(&case, &views);
    Verdict {
        evidence: proof(&case),
        ruled_out: ruled_out(&case, &views, &finding),
        remedy: remedy(&case, &finding),
        ..plain(&case, &views, finding)
    }
}

/// The same without what only a reader needs: no proof, nothing ruled out, no remedy. For fleets,
/// whose links are judged by the thousand and read one by one.
#[must_use]
pub fn judge(evidence: &Evidence, now: Timestamp) -> Verdict {
    let case = Case::new(evidence, now);
    let views = views(&case);
    let finding = decide(&case, &views);
    plain(&case, &views, finding)
}

fn plain(case: &Case<'_>, views: &[View<'_>], finding: Finding) -> Verdict {
    Verdict {
        destination: case.destination().clone(),
        source: case.source().clone(),
        interface: interface_name(case.interface()),
        state: finding.state,
        cause: finding.cause,
        side: finding.side,
        confidence: finding.confidence,
        error: windows_error(finding.error),
        evidence: Vec::new(),
        ruled_out: Vec::new(),
        remedy: Vec::new(),
        candidates: candidates(case, views, &finding),
        works: works(case, views),
        intermittent: finding.intermittent,
        culprit: finding.culprit,
    }
}
