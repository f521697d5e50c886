//! The scenario suite with its verdicts, each judged once for all tests of a file.

use std::sync::LazyLock;

use epmesh_common::{
    diagnosis::{Evidence, Verdict, diagnose},
    facts::Timestamp,
};

use crate::suite;

/// A scenario with its verdict.
#[derive(Clone)]
pub(crate) struct Judged {
    /// Its path within the suite, without `.toml`.
    pub(crate) name: String,
    /// When it is judged.
    #[allow(dead_code, reason = "not every test over the suite asks for it")]
    pub(crate) at: Timestamp,
    pub(crate) evidence: Evidence,
    pub(crate) verdict: Verdict,
}

/// Every scenario of the suite.
pub(crate) static JUDGED: LazyLock<Vec<Judged>> = LazyLock::new(|| {
    let judge = |file: suite::File| {
        let scenario = file.read().expect("it can be read");
        let (at, evidence) = (scenario.at(), scenario.evidence());
        let verdict = diagnose(&evidence, at);
        Judged { name: file.name, at, evidence, verdict }
    };
    suite::files().into_iter().map(judge).collect()
});
