//! The DNS client's cache.

use epmesh_facts::{Answer, Question, RecordType};

use crate::platform::name_cache::NameCache;
use crate::platform::windows::{cached::answer, ffi::dns_cache::look};

/// The cache of this host's DNS client.
#[derive(Clone, Copy, Debug)]
pub(super) struct DnsClient;

impl NameCache for DnsClient {
    fn look(&self, question: &Question) -> Answer {
        if question.kind == RecordType::Nb {
            return Answer::NotAsked("it holds no NetBIOS names".to_owned());
        }
        answer(look(&question.name, question.kind))
    }
}
