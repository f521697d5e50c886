//! A verdict against the model: the error that it names, and whether anything works.

use epmesh_common::diagnosis::{State, Verdict};

use super::lived::{Lived, Stands};

/// In what a verdict differs from what a Windows destination lives through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The error is none that may come of it.
    Error(String),
    /// It is said to fail where every attempt gets there, or not to fail where none does.
    State(String),
}

/// The difference, where there is one; `None` in the outer place where the two cannot be compared.
#[must_use]
pub fn differs(lived: &Lived, verdict: &Verdict) -> Option<Option<Difference>> {
    let stands = lived.stands()?;
    let said = format!(
        "said {} {}, error {}; model: {lived}",
        verdict.state, verdict.cause, verdict.error.code
    );
    let difference = match (verdict.state, stands) {
        (State::Failing, Stands::Works) | (State::Latent | State::Healthy, Stands::Fails) => {
            Some(Difference::State(said))
        }
        (State::Failing, _) => {
            let codes = lived.codes();
            // Where not even an attempt is made there is nothing to report.
            let is_so = codes.contains(&verdict.error.code) || lived.is_untried();
            (!is_so).then_some(Difference::Error(said))
        }
        (State::Latent | State::Healthy, _) => None,
        (State::Unknown, _) => return None,
    };
    Some(difference)
}
