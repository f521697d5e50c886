//! What operators ask, and the documents that answer.

mod documents;
mod service;

pub use self::{
    documents::{
        AlertRow, Asked, Diagnosis, Endpoints, LinkRow, NewToken, OwnFacts, OwnView, PeerView,
    },
    service::Operator,
};
