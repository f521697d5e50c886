//! What operators ask, and the documents that answer.

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
