//! Operators' questions, and the documents that answer them.

mod documents;
mod explain;
mod join;
mod service;

pub(crate) use self::service::MOST_ALERTS;
pub use self::{
    documents::{
        AlertRow, Asked, Diagnosis, Endpoints, LinkRow, NewToken, OwnFacts, OwnView, PeerView,
    },
    explain::{ExplainedPair, Explanation},
    join::{JoinDiagnosis, REPORT_FRESH, SeenFrom},
    service::Operator,
};
