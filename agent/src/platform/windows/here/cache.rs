//! The DNS client's cache.

use epmesh_common::facts::{Answer, Question, RecordType};

use super::super::ffi::dns_cache::{Cached, look};
use crate::probe::NameCache;

/// The cache of this host's DNS client.
#[derive(Clone, Copy, Debug)]
pub(super) struct DnsClient;

impl NameCache for DnsClient {
    fn look(&self, question: &Question) -> Answer {
        if question.kind == RecordType::Nb {
            return Answer::NotAsked("it holds no NetBIOS names".to_owned());
        }
        match look(&question.name, question.kind) {
            Ok(Cached::Records(records)) => Answer::Records(records),
            Ok(Cached::NoSuchName | Cached::Nothing) => Answer::NoSuchName,
            Err(error) => Answer::Unreachable(error.to_string()),
        }
    }
}
